// The work on one input partition: decodes, counts, and gathers what is to be committed. It owns the partition's
// series, stream time and overlay, and knows nothing of brokers or disks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/kafka/types.h"
#include "common/model/event_decoder.h"
#include "common/model/tier.h"
#include "processor/epoch.h"
#include "processor/series_dictionary.h"

namespace odometer {

struct TaskOptions {
  TierSet tiers;
  bool dead_letter_late = false;
};

// Used by the consuming thread only.
class Task {
 public:
  // `meta` and `series`: as restored; an empty dictionary and a default TaskMeta for a partition never seen before.
  Task(int32_t partition, const TaskOptions& options, const TaskMeta& meta, SeriesDictionary series);

  int32_t partition() const { return partition_; }

  // Applies, rejects or counts one record. Records below next_input_offset() are ignored: they were seen before.
  void Process(const RecordView& record, EventDecoder* decoder);

  // Something is there to be committed.
  bool dirty() const { return sealed_through_ < state_.next_input_offset; }
  int64_t next_input_offset() const { return state_.next_input_offset; }
  int64_t stream_time_ms() const { return state_.stream_time_ms; }
  // The timestamp of the last record processed, epoch ms; 0 before the first.
  int64_t last_record_ms() const { return last_record_ms_; }
  const Accounting& accounting() const { return state_.accounting; }
  size_t series_count() const { return series_.size(); }
  // Of what is not yet sealed.
  size_t PendingBytes() const;

  // Hands over everything since the last Seal; the task goes on with an empty overlay.
  Epoch Seal();

 private:
  void Apply(const Event& event, const RecordView& record);
  void ApplyControl(std::string_view body, const RecordView& record);
  void Reject(RejectReason reason, const RecordView& record);
  void AddDeadLetter(std::string_view reason, const RecordView& record);
  int64_t FinestWindow(int64_t ts_ms) const;

  const int32_t partition_;
  const TaskOptions options_;
  TaskMeta state_;
  SeriesDictionary series_;
  Epoch epoch_;
  int64_t sealed_through_;
  int64_t last_record_ms_ = 0;
  size_t dead_letter_bytes_ = 0;
  // Reused for every event.
  std::string identity_;
  std::vector<Label> labels_;
};

}  // namespace odometer
