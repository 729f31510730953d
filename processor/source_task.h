// The work on one partition of a source of the rules: each record gives as many events as the rules say, and they are
// counted as those of the events' topic are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "processor/current_rules.h"
#include "processor/event_counter.h"
#include "processor/partition_task.h"
#include "processor/task.h"

namespace odometer {

// What is accounted for is the record, once: applied, late, rejected or overflowed, whole. One that gives no events is
// applied; the task's RulesHistory tells how many did. Used by the consuming thread only.
class SourceTask final : public PartitionTask {
 public:
  // `meta` and `series`: as restored. The rules must outlive the task.
  SourceTask(int32_t number, std::string topic, const TaskOptions& options, CurrentRules* rules, const TaskMeta& meta,
             SeriesDictionary series);

  void Process(const RecordView& record, EventDecoder* decoder) override;

  size_t series_count() const override { return counter_.series().size(); }
  uint64_t series_ids() const override { return counter_.series().next_id(); }
  size_t LastingBytes() const override { return counter_.series().MemoryBytes(); }
  size_t PendingBytes() const override;

  Epoch Seal() override;

 private:
  // Notes the version of the rules where it is another one than before.
  void FollowRules(const RecordView& record);
  void Apply(const RecordView& record);

  const std::string topic_;
  const bool dead_letter_late_;
  CurrentRules* const rules_;
  std::optional<uint64_t> version_;  // that topic_index_ is of
  size_t topic_index_ = 0;
  EventCounter counter_;
  size_t alert_bytes_ = 0;  // of alerts not yet sealed
};

}  // namespace odometer
