// The work on one partition of the events' topic: decodes, counts, and gathers what is to be committed. It owns the
// partition's series, stream time and overlay, and knows nothing of brokers or disks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/kafka/types.h"
#include "common/model/event_decoder.h"
#include "common/model/tier.h"
#include "processor/event_counter.h"
#include "processor/partition_task.h"
#include "processor/seen_ids.h"

namespace odometer {

struct TaskOptions {
  TierSet tiers;
  int64_t events_retention_ms = kForever;  // of raw events
  SeriesLimitOptions limits;
  bool dead_letter_late = false;
  int64_t dead_letter_max_bytes = 1'000'000;  // that the dead-letter topic and the producer take as one batch
  EventJudgeOptions judge;
};

// Used by the consuming thread only.
class Task final : public PartitionTask {
 public:
  // `meta`, `series` and `ids`: as restored; empty ones and a default TaskMeta for a partition never seen before.
  Task(int32_t partition, const TaskOptions& options, const TaskMeta& meta, SeriesDictionary series, SeenIds ids);

  void Process(const RecordView& record, EventDecoder* decoder) override;

  size_t series_count() const override { return counter_.series().size(); }
  uint64_t series_ids() const override { return counter_.series().next_id(); }
  // Of its series and remembered ids.
  size_t LastingBytes() const override { return counter_.series().MemoryBytes() + ids_.MemoryBytes(); }
  size_t PendingBytes() const override;

  Epoch Seal() override;

 private:
  // `body`: the event as JSON. `judged`: it was when it was recorded.
  void Apply(const Event& event, std::string_view body, const RecordView& record, bool judged);
  void Keep(const Event& event, std::string_view body, const RecordView& record);
  void ApplyControl(std::string_view body, const RecordView& record);
  // `its_own`: the series of an event has it, else an overflow series.
  void AccountForCounted(bool its_own) { ++(its_own ? state_.accounting.applied : state_.accounting.overflowed); }
  // Whether a raw event of that time is still kept.
  bool EventRetained(int64_t ts_ms) const;

  const int32_t partition_;
  const TaskOptions options_;
  EventCounter counter_;
  SeenIds ids_;
  size_t event_bytes_ = 0;  // of raw events not yet sealed
  size_t alert_bytes_ = 0;  // of alerts not yet sealed
  // Reused for every event.
  std::string id_bytes_;
  std::vector<Label> labels_;
};

}  // namespace odometer
