#include "common/state/input_record.h"

#include "common/model/control.h"
#include "common/model/raw_event.h"
#include "common/model/timestamp.h"
#include "common/model/utf8.h"

namespace odometer {
namespace {

constexpr std::string_view kContentTypeHeader = "content-type";
constexpr std::string_view kJson = "application/json";

bool IsOrg(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes && text != kOverflowName && IsValidUtf8(text);
}

}  // namespace

InputRecord::InputRecord(const RecordView& record) : record_(record) {
  for (const Header& header : record.Headers()) {
    if (header.name == kControlHeader) control_ = true;
    if (header.name == kContentTypeHeader) readable_ = readable_ && header.value.starts_with(kJson);
    if (header.name == kKindHeader) {
      raw_ = header.value == kRawKind;
      reading_ = header.value == kReadingKind;
      readable_ = readable_ && (raw_ || reading_);
    }
    if (header.name == kOrgHeader) org_ = header.value;
    if (header.name == kTsHeader) ts_ = header.value;
    if (header.name == kIdHeader) id_ = header.value;
  }
}

RejectReason InputRecord::Decode(EventDecoder* decoder, Event* event) const {
  if (!readable_) return RejectReason::kMalformed;
  RejectReason reason = raw_ ? decoder->DecodeRaw(record_.value, event)
                             : decoder->Decode(record_.value, record_.timestamp_ms, event);
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
