#include "processor/source_task.h"

#include <algorithm>
#include <span>
#include <utility>

namespace odometer {

SourceTask::SourceTask(int32_t number, std::string topic, const TaskOptions& options, CurrentRules* rules,
                       const TaskMeta& meta, SeriesDictionary series)
    : PartitionTask(number, options.dead_letter_max_bytes, meta),
      topic_(std::move(topic)),
      dead_letter_late_(options.dead_letter_late),
      rules_(rules),
      counter_(options.tiers, options.limits, options.judge, std::move(series)) {}

void SourceTask::Process(const RecordView& record, EventDecoder*) {
  if (!Take(record)) return;
  FollowRules(record);
  // A topic that is compacted deletes its keys so: there is nothing to count, and nothing wrong.
  if (!record.has_value) {
    ++state_.accounting.applied;
    ++state_.rules.without_events;
    return;
  }
  const RejectReason reason = rules_->evaluator().Evaluate(record.value, record.timestamp_ms, topic_index_);
  if (reason != RejectReason::kNone) return Reject(reason, record);
  Apply(record);
}

void SourceTask::FollowRules(const RecordView& record) {
  if (version_ == rules_->version()) return;
  version_ = rules_->version();
  topic_index_ = rules_->TopicIndex(topic_);
  state_.rules.Follow(*version_, record.offset, record.timestamp_ms);
}

void SourceTask::Apply(const RecordView& record) {
  const std::span<const Event> events = rules_->evaluator().events();
  if (events.empty()) {
    ++state_.accounting.applied;
    ++state_.rules.without_events;
    return;
  }
  // All or none, judged by the stream time before the record: a late one that is read again must not count twice.
  const int64_t stream_time_ms = state_.stream_time_ms;
  const bool late = std::any_of(events.begin(), events.end(), [&](const Event& event) {
    return !counter_.Retains(event.ts_ms, stream_time_ms);
  });
  if (late) {
    ++state_.accounting.late;
    if (dead_letter_late_) AddDeadLetter(kLateReason, record);
    return;
  }
  bool in_their_own = true;
  for (size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    state_.stream_time_ms = std::max(state_.stream_time_ms, event.ts_ms);
    in_their_own = counter_.Count(event, {record.partition, record.offset}, &epoch_) && in_their_own;
    alert_bytes_ += counter_.Judge(event, {topic_, record.partition, record.offset, i}, &epoch_);
  }
  state_.rules.events += events.size();
  ++(in_their_own ? state_.accounting.applied : state_.accounting.overflowed);
}

size_t SourceTask::PendingBytes() const {
  const size_t series_bytes = epoch_.added.size() * 128;  // identities: tens of bytes each
  return epoch_.overlay.MemoryBytes() + dead_letter_bytes_ + alert_bytes_ + series_bytes;
}

Epoch SourceTask::Seal() {
  alert_bytes_ = 0;
  Epoch sealed = PartitionTask::Seal();
  sealed.meta.next_series_id = counter_.series().next_id();
  return sealed;
}

}  // namespace odometer
