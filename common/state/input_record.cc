#include "common/state/input_record.h"

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
    if (header.name.starts_with(kCloudPrefix)) ReadCloudHeader(header);
  }
  if (encoding_ == Encoding::kJson && !IsCloudEvent()) {
    encoded_.reset();
  } else if (!encoded_) {
    encoded_ = std::make_unique<Encoded>();
  }
}

void InputRecord::ReadCloudHeader(const Header& header) {
  const std::string_view name = header.name.substr(kCloudPrefix.size());
  std::string_view CloudAttributes::*attribute = nullptr;
  if (name == "specversion") attribute = &CloudAttributes::specversion;
  if (name == "id") attribute = &CloudAttributes::id;
  if (name == "source") attribute = &CloudAttributes::source;
  if (name == "time") attribute = &CloudAttributes::time;
  if (attribute == nullptr) return;
  if (!encoded_) encoded_ = std::make_unique<Encoded>();
  encoded_->cloud.*attribute = header.value;
}

// In binary mode: one in structured mode says all of it itself, and so does a raw event.
bool InputRecord::IsCloudEvent() const {
  return encoded_ && !encoded_->cloud.specversion.empty() && encoding_ != Encoding::kCloudEvent && !raw_;
}

RejectReason InputRecord::MakeJson() {
  if (raw_) return RejectReason::kUnknownEncoding;  // its body is kept as it is, and told as JSON
  std::string& json = encoded_->json;
  json.clear();
  if (!IsCloudEvent()) return EventToJson(encoding_, record_.value, &json);
  std::string data;
  if (RejectReason bad = EventToJson(encoding_, record_.value, &data); bad != RejectReason::kNone) return bad;
  return AddCloudAttributes(encoded_->cloud, data, &json);
}

RejectReason InputRecord::Decode(EventDecoder* decoder, Event* event) {
  if (!known_kind_) return RejectReason::kMalformed;
  RejectReason reason = encoded_ ? MakeJson() : RejectReason::kNone;
  if (reason != RejectReason::kNone) return reason;
  reason = raw_ ? decoder->DecodeRaw(body(), event) : decoder->Decode(body(), record_.timestamp_ms, event);
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
