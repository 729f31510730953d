#include "processor/task.h"

#include <algorithm>
#include <utility>

#include "common/model/control.h"
#include "common/model/json_text.h"
#include "common/model/timestamp.h"
#include "common/state/event_keys.h"
#include "common/state/input_record.h"

namespace odometer {

Task::Task(int32_t partition, const TaskOptions& options, const TaskMeta& meta, SeriesDictionary series, SeenIds ids)
    : PartitionTask(partition, options.dead_letter_max_bytes, meta),
      partition_(partition),
      options_(options),
      counter_(options.tiers, options.limits, options.judge, std::move(series)),
      ids_(std::move(ids)) {}

void Task::Process(const RecordView& record, EventDecoder* decoder) {
  if (!Take(record)) return;
  InputRecord input(record);
  if (input.is_control()) return ApplyControl(record.value, record);
  Event event;
  std::swap(event.labels, labels_);
  const RejectReason reason = input.Decode(decoder, &event);
  if (reason == RejectReason::kNone) {
    Apply(event, input.body(), record, input.is_reading());
  } else {
    Reject(reason, record);
  }
  std::swap(event.labels, labels_);
}

void Task::Apply(const Event& event, std::string_view body, const RecordView& record, bool judged) {
  const bool has_id = !event.id.empty() && ids_.enabled();
  const IdHash id = has_id ? HashId(event.org, event.id, &id_bytes_) : IdHash{};
  if (has_id && ids_.Contains(id, state_.stream_time_ms)) {
    ++state_.accounting.duplicate;
    return;
  }
  const bool kept = event.type == MetricType::kEvent && EventRetained(event.ts_ms);
  const bool counted = event.counted && counter_.Retains(event.ts_ms, state_.stream_time_ms);
  if (!kept && !counted) {
    ++state_.accounting.late;
    if (options_.dead_letter_late) AddDeadLetter(kLateReason, record);
    return;
  }
  state_.stream_time_ms = std::max(state_.stream_time_ms, event.ts_ms);
  if (has_id) epoch_.ids.push_back(ids_.Add(id, state_.stream_time_ms));
  if (kept) Keep(event, body, record);
  if (!counted) {
    ++state_.accounting.applied;
    return;
  }
  AccountForCounted(counter_.Count(event, {partition_, record.offset}, &epoch_));
  if (!judged) alert_bytes_ += counter_.Judge(event, {{}, partition_, record.offset}, &epoch_);
}

bool Task::EventRetained(int64_t ts_ms) const {
  if (options_.events_retention_ms == kForever || state_.stream_time_ms == kBeginningOfTime) return true;
  return Int128{ts_ms} >= Int128{state_.stream_time_ms} - options_.events_retention_ms;
}

void Task::Keep(const Event& event, std::string_view body, const RecordView& record) {
  body.remove_prefix(body.find_first_not_of(kJsonWhiteSpace));  // an object is in it
  body = body.substr(0, body.find_last_not_of(kJsonWhiteSpace) + 1);
  EventRow row;
  row.key = EventKeyPrefix(partition_, event.org);
  AppendEventPlace({event.ts_ms, record.timestamp_ms, partition_, record.offset}, &row.key);
  row.value = EncodeStoredEvent({EventNamePart(event.name), body});
  event_bytes_ += sizeof(EventRow) + row.key.capacity() + row.value.capacity();
  epoch_.events.push_back(std::move(row));
}

void Task::ApplyControl(std::string_view body, const RecordView& record) {
  Result<Control> control = DecodeControl(body);
  if (!control.ok()) return Reject(RejectReason::kBadControl, record);
  const bool ours = control->set && control->set->partition == partition_;
  counter_.Forget(control->org, control->qualified_name, &epoch_);
  if (!ours) {
    ++state_.accounting.applied;
    return;
  }
  // The other tasks have forgotten the series by now, so this must not fail. An update time out of bounds is moved to
  // them: too far ahead it would make everything before it late.
  Aggregate::Parts parts = control->set->aggregate;
  const int64_t latest_ms = std::clamp(record.timestamp_ms, kMinTimestampMs, kMaxTimestampMs) + kMaxFutureMs;
  parts.first_ts_ms = std::clamp(parts.first_ts_ms, kMinTimestampMs, latest_ms);
  parts.last_ts_ms = std::clamp(parts.last_ts_ms, kMinTimestampMs, latest_ms);
  const Aggregate aggregate = Aggregate::FromParts(parts);
  AccountForCounted(counter_.Set(control->set->series, aggregate, &epoch_));
  // A restart takes windows after stream time for new: what was set must not lie there.
  state_.stream_time_ms = std::max(state_.stream_time_ms, aggregate.last_ts_ms());
}

size_t Task::PendingBytes() const {
  size_t series_bytes = (epoch_.added.size() + epoch_.forgotten.size()) * 128;  // identities: tens of bytes each
  const size_t id_bytes = epoch_.ids.size() * sizeof(SeenIds::Added);
  return epoch_.overlay.MemoryBytes() + dead_letter_bytes_ + event_bytes_ + alert_bytes_ + series_bytes + id_bytes;
}

Epoch Task::Seal() {
  event_bytes_ = 0;
  alert_bytes_ = 0;
  Epoch sealed = PartitionTask::Seal();
  sealed.meta.next_series_id = counter_.series().next_id();
  return sealed;
}

}  // namespace odometer
