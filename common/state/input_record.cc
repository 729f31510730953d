#include "common/state/input_record.h"

#include <utility>

#include "common/encoding/event_json.h"
#include "common/model/control.h"
#include "common/model/raw_event.h"
#include "common/model/timestamp.h"
#include "common/model/utf8.h"

namespace odometer {
namespace {

// Of the binary mode, in Kafka's binding of CloudEvents.
constexpr std::string_view kCloudPrefix = "ce_";

bool IsOrg(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes && text != kOverflowName && IsValidUtf8(text);
}

void ReadCloudHeader(const Header& header, std::optional<CloudAttributes>* cloud) {
  const std::string_view name = header.name.substr(kCloudPrefix.size());
  std::string_view CloudAttributes::*attribute = nullptr;
  if (name == "specversion") attribute = &CloudAttributes::specversion;
  if (name == "id") attribute = &CloudAttributes::id;
  if (name == "source") attribute = &CloudAttributes::source;
  if (name == "time") attribute = &CloudAttributes::time;
  if (attribute == nullptr) return;
  if (!*cloud) cloud->emplace();
  **cloud.*attribute = header.value;
}

}  // namespace

InputRecord::InputRecord(const RecordView& record) : record_(record) {
  for (const Header& header : record.Headers()) {
    if (header.name == kControlHeader) control_ = true;
    if (header.name == kContentTypeHeader) encoding_ = EncodingOf(header.value);
    if (header.name == kKindHeader) {
      raw_ = header.value == kRawKind;
      reading_ = header.value == kReadingKind;
      known_kind_ = known_kind_ && (raw_ || reading_);
    }
    if (header.name == kOrgHeader) org_ = header.value;
    if (header.name == kTsHeader) ts_ = header.value;
    if (header.name == kIdHeader) id_ = header.value;
    if (header.name.starts_with(kCloudPrefix)) ReadCloudHeader(header, &cloud_);
  }
  // Without a version it is no CloudEvent. One in structured mode says all of it itself, and so does a raw event.
  if (cloud_ && (cloud_->specversion.empty() || encoding_ == Encoding::kCloudEvent || raw_)) cloud_.reset();
  plain_json_ = encoding_ == Encoding::kJson && !cloud_;
}

RejectReason InputRecord::ReadBody() {
  body_ = record_.value;
  if (plain_json_) return RejectReason::kNone;
  if (raw_) return RejectReason::kUnknownEncoding;  // its body is kept as it is, and told as JSON
  json_.clear();
  if (RejectReason bad = EventToJson(encoding_, record_.value, &json_); bad != RejectReason::kNone) return bad;
  if (cloud_) {
    const std::string data = std::move(json_);
    json_.clear();
    if (RejectReason bad = AddCloudAttributes(*cloud_, data, &json_); bad != RejectReason::kNone) return bad;
  }
  body_ = json_;
  return RejectReason::kNone;
}

RejectReason InputRecord::Decode(EventDecoder* decoder, Event* event) {
  if (!known_kind_) return RejectReason::kMalformed;
  RejectReason reason = ReadBody();
  if (reason != RejectReason::kNone) return reason;
  reason = raw_ ? decoder->DecodeRaw(body_, event) : decoder->Decode(body_, record_.timestamp_ms, event);
  if (reason == RejectReason::kNone && raw_) reason = CompleteRaw(event);
  if (reason != RejectReason::kNone) return reason;
  // The record's own time, when the event has none, is whatever its producer said if the topic takes CreateTime.
  const bool in_bounds = event->ts_ms >= kMinTimestampMs && event->ts_ms <= kMaxTimestampMs;
  return in_bounds ? RejectReason::kNone : RejectReason::kBadTimestamp;
}

// Its body has been read: what its headers say.
RejectReason InputRecord::CompleteRaw(Event* event) const {
  event->labels.clear();
  event->org = org_.value_or(kDefaultOrg);
  if (!IsOrg(event->org)) return RejectReason::kBadOrg;
  event->id = id_;
  if (id_.size() > kMaxNameBytes) return RejectReason::kBadId;
  event->ts_ms = record_.timestamp_ms;
  if (!ts_) return RejectReason::kNone;
  const std::optional<int64_t> ts_ms = ParseRawTs(*ts_);
  if (!ts_ms) return RejectReason::kBadTimestamp;
  event->ts_ms = *ts_ms;
  return *ts_ms - kMaxFutureMs > record_.timestamp_ms ? RejectReason::kFromTheFuture : RejectReason::kNone;
}

}  // namespace odometer
