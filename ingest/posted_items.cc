#include "ingest/posted_items.h"

#include <algorithm>
#include <utility>

#include "common/encoding/binary_json.h"
#include "common/encoding/cloud_event.h"
#include "common/encoding/event_json.h"
#include "common/encoding/statsd_line.h"
#include "common/http/uri.h"
#include "ingest/array_splitter.h"

namespace odometer {
namespace {

// Values packed in a line of statsd have its tags each: their JSON may be many times larger than the body.
constexpr size_t kMaxMadeBytes = 8 << 20;

constexpr std::string_view kUnspecific[] = {"application/x-www-form-urlencoded", "text/plain", "application/octet-stream"};

// An attribute of a CloudEvent in binary mode. Its header is percent-encoded; one that is not is taken as it is.
std::string CloudAttribute(const http::Request& request, std::string_view name) {
  const std::string_view text = request.Header(name).value_or("");
  Result<std::string> decoded = http::PercentDecode(text, /*plus_is_space=*/false);
  return decoded.ok() ? std::move(*decoded) : std::string(text);
}

}  // namespace

std::optional<Encoding> PostedEncoding(const http::Request& request) {
  const std::string_view content_type = request.Header("content-type").value_or("");
  const Encoding encoding = EncodingOf(content_type);
  if (encoding != Encoding::kUnknown) return encoding;
  for (std::string_view unspecific : kUnspecific) {
    if (IsContentType(content_type, unspecific)) return Encoding::kJson;
  }
  return std::nullopt;
}

http::Response UnknownEncodingResponse(std::string_view content_types) {
  return http::Response::Error(415, RejectReasonName(RejectReason::kUnknownEncoding),
                               std::string("the body's Content-Type must be ").append(content_types), "Content-Type");
}

PostedItems::PostedItems(const http::Request& request, Encoding encoding, size_t max_items) {
  Read(request, encoding, max_items);
}

void PostedItems::Read(const http::Request& request, Encoding encoding, size_t max_items) {
  const std::string_view body = request.body;
  const bool cloud = request.Header("ce-specversion").has_value() && encoding != Encoding::kCloudEvent;
  switch (encoding) {
    case Encoding::kCloudEventBatch: return ReadCloudEventBatch(TrimJson(body), max_items);
    case Encoding::kStatsd:
      if (!cloud) return ReadStatsd(body, max_items);
      break;
    case Encoding::kJson:
      if (!cloud) return ReadJson(TrimJson(body));
      break;
    case Encoding::kCbor:
    case Encoding::kMessagePack:
      if (cloud) break;
      reason_ = BinaryToJson(encoding, body, &text_);
      if (reason_ == RejectReason::kNone) ReadJson(text_);
      return;
    default: break;
  }
  if (!cloud) return ReadOne(EventToJson(encoding, body, &text_));
  std::string data;
  RejectReason reason = EventToJson(encoding, body, &data);
  if (reason == RejectReason::kNone) {
    const std::string version = CloudAttribute(request, "ce-specversion"), id = CloudAttribute(request, "ce-id"),
                      source = CloudAttribute(request, "ce-source"), time = CloudAttribute(request, "ce-time");
    reason = AddCloudAttributes({version, id, source, time}, data, &text_);
  }
  ReadOne(reason);
}

void PostedItems::ReadOne(RejectReason reason) {
  reason_ = reason;
  if (reason == RejectReason::kNone) items_.push_back({text_});
}

void PostedItems::ReadJson(std::string_view json) {
  batch_ = json.starts_with('[');
  if (!batch_) {
    items_.push_back({json});
    return;
  }
  const std::optional<std::vector<std::string_view>> split = SplitJsonArray(json);
  if (!split) {
    reason_ = RejectReason::kMalformed;
    return;
  }
  items_.reserve(split->size());
  for (std::string_view item : *split) items_.push_back({item});
}

// Views into text_ are made only once it has got its last byte.
template <typename Make>
void PostedItems::MakeItem(Make make) {
  const size_t begin = text_.size();
  const RejectReason reason = make();
  if (reason != RejectReason::kNone) text_.resize(begin);
  items_.push_back({{}, reason});
  ends_.push_back(text_.size());
}

void PostedItems::PointItems() {
  size_t begin = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    items_[i].json = std::string_view(text_).substr(begin, ends_[i] - begin);
    begin = ends_[i];
  }
}

void PostedItems::ReadCloudEventBatch(std::string_view body, size_t max_items) {
  batch_ = true;
  const std::optional<std::vector<std::string_view>> split =
      body.starts_with('[') ? SplitJsonArray(body) : std::nullopt;
  if (!split) {
    reason_ = RejectReason::kMalformed;
    return;
  }
  for (std::string_view item : *split) {
    if (items_.size() > max_items) break;
    MakeItem([&] { return CloudEventToJson(item, &text_); });
  }
  PointItems();
}

void PostedItems::ReadStatsd(std::string_view body, size_t max_items) {
  batch_ = true;
  StatsdLine line;
  while (!body.empty() && items_.size() <= max_items) {
    const std::string_view text = TakeStatsdLine(&body);
    if (text.empty()) continue;
    RejectReason reason = ParseStatsdLine(text, &line);
    if (reason == RejectReason::kNone && line.relative) reason = RejectReason::kUnsupported;
    if (reason != RejectReason::kNone) {
      MakeItem([&] { return reason; });
      continue;
    }
    for (const StatsdValue& value : line.values) {
      if (items_.size() > max_items) break;
      MakeItem([&] {
        StatsdEventToJson(line, value, &text_);
        return RejectReason::kNone;
      });
    }
    if (text_.size() <= kMaxMadeBytes) continue;
    reason_ = RejectReason::kTooLarge;
    return items_.clear();
  }
  PointItems();
}

std::string EncodingProblem(Encoding encoding, RejectReason reason) {
  if (reason == RejectReason::kTooDeep) return "nested over 16 deep";
  if (reason == RejectReason::kTooLarge) return "too large once it is made JSON";
  switch (encoding) {
    case Encoding::kCbor: return "not valid CBOR with what JSON can say";
    case Encoding::kMessagePack: return "not valid MessagePack with what JSON can say";
    case Encoding::kProtobuf: return "not a MetricEvent of schemas/metric_event.proto";
    case Encoding::kCloudEvent:
    case Encoding::kCloudEventBatch:
      if (reason == RejectReason::kUnsupported) return "the data of a CloudEvent must be JSON";
      return "not a CloudEvent of version 1";
    case Encoding::kStatsd: break;
    case Encoding::kJson:
    case Encoding::kUnknown: return "not valid JSON";
  }
  switch (reason) {
    case RejectReason::kUnsupported:
      return "events, service checks, changes of a gauge (+1, -1), and several values in a CloudEvent, are not taken "
             "here";
    case RejectReason::kMissingName: return "the name is missing";
    case RejectReason::kBadType: return "the type must be c, g, s, m, ms, h or d";
    case RejectReason::kBadValue: return "the value must be a number";
    case RejectReason::kBadTimestamp: return "T must be whole seconds since 1970";
    default: return "not a line of statsd: name:value|type|@rate|#tag:text";
  }
}

}  // namespace odometer
