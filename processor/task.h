// The work on one input partition: decodes, counts, and gathers what is to be committed. It owns the partition's
// series, stream time and overlay, and knows nothing of brokers or disks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/kafka/types.h"
#include "common/model/event_decoder.h"
#include "common/model/tier.h"
#include "processor/epoch.h"
#include "processor/seen_ids.h"
#include "processor/series_dictionary.h"
#include "processor/series_limits.h"

namespace odometer {

struct TaskOptions {
  TierSet tiers;
  int64_t events_retention_ms = kForever;  // of raw events
  SeriesLimitOptions limits;
  bool dead_letter_late = false;
  int64_t dead_letter_max_bytes = 1'000'000;  // that the dead-letter topic and the producer take as one batch
};

// Used by the consuming thread only.
class Task {
 public:
  // `meta`, `series` and `ids`: as restored; empty ones and a default TaskMeta for a partition never seen before.
  Task(int32_t partition, const TaskOptions& options, const TaskMeta& meta, SeriesDictionary series, SeenIds ids);

  int32_t partition() const { return partition_; }

  // Applies, rejects or counts one record. Records below next_input_offset() are ignored: they were seen before.
  void Process(const RecordView& record, EventDecoder* decoder);
  // There is nothing to count before that offset: control records, or those of aborted transactions.
  void SkipTo(int64_t offset) { state_.next_input_offset = std::max(state_.next_input_offset, offset); }

  // Something is there to be committed.
  bool dirty() const { return sealed_through_ < state_.next_input_offset; }
  int64_t next_input_offset() const { return state_.next_input_offset; }
  int64_t committed_offset() const { return committed_offset_; }
  // The timestamp of the oldest record that was processed and is not yet committed, epoch ms; of the last record when
  // there is none; nothing before the first.
  std::optional<int64_t> oldest_uncommitted_ms() const;
  const Accounting& accounting() const { return state_.accounting; }
  size_t series_count() const { return series_.size(); }
  // That were ever given out, those of forgotten series too.
  uint64_t series_ids() const { return series_.next_id(); }
  // Of its series and remembered ids: what no commit gives back.
  size_t LastingBytes() const { return series_.MemoryBytes() + ids_.MemoryBytes(); }
  // Of what is not yet sealed.
  size_t PendingBytes() const;

  // Hands over everything since the last Seal; the task goes on with an empty overlay.
  Epoch Seal();
  // The sealed epoch was committed.
  void Committed(const Epoch& epoch);

 private:
  // What the headers say of a record.
  void Apply(const Event& event, const RecordView& record);
  void Keep(const Event& event, const RecordView& record);
  void Count(const Event& event, const RecordView& record);
  void ApplyControl(std::string_view body, const RecordView& record);
  void Reject(RejectReason reason, const RecordView& record);
  void AddDeadLetter(std::string_view reason, const RecordView& record);
  // The series whose identity is in identity_, or past a limit the overflow series in its place; accounts for its event
  // as applied or overflowed.
  SeriesId CountedSeries(std::string_view org, MetricType type);
  int64_t FinestWindow(int64_t ts_ms) const;
  // Whether a raw event of that time is still kept.
  bool EventRetained(int64_t ts_ms) const;

  const int32_t partition_;
  const TaskOptions options_;
  TaskMeta state_;
  SeriesDictionary series_;
  SeriesLimits limits_;
  SeenIds ids_;
  Epoch epoch_;
  int64_t sealed_through_;
  int64_t committed_offset_;
  std::optional<int64_t> first_sealed_ms_, first_unsealed_ms_, last_record_ms_;  // timestamps of records
  size_t dead_letter_bytes_ = 0;
  size_t event_bytes_ = 0;  // of raw events not yet sealed
  // Reused for every event.
  std::string identity_, id_bytes_;
  std::vector<Label> labels_;
};

}  // namespace odometer
