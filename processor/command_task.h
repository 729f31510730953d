// The work on one partition of the commands' topic: decides each command in the order of the log, and gathers what is to
// be committed: definitions, readings, the outcomes for those who ask, and what follows from a reading. It knows nothing of
// brokers or disks.
#pragma once

#include <cstdint>
#include <string>

#include "common/kafka/types.h"
#include "common/model/decision.h"
#include "processor/command_state.h"
#include "processor/partition_task.h"

namespace odometer {

struct CommandTaskOptions {
  std::string events_topic;  // readings are counted there, like events
  int32_t events_partitions = 1;
  std::string outcomes_topic;
  int32_t outcomes_partitions = 1;
  std::string alerts_topic;
  int32_t alerts_partitions = 1;
  int64_t dead_letter_max_bytes = 1'000'000;
};

// Used by the consuming thread only.
class CommandTask final : public PartitionTask {
 public:
  // `partitions`: of the commands' topic.
  CommandTask(int32_t partition, int32_t partitions, CommandTaskOptions options, const TaskMeta& meta,
              CommandState state);

  void Process(const RecordView& record, EventDecoder* decoder) override;
  size_t LastingBytes() const override { return commands_.MemoryBytes(); }
  size_t PendingBytes() const override { return pending_bytes_ + dead_letter_bytes_; }
  Epoch Seal() override;

 private:
  void Apply(const std::string& key, const Decision& decision);
  void AddReading(const Definition& definition, const Reading& reading, int64_t record_ms);
  void AddAlert(const std::string& key, const Decision& decision);
  void AddOutcome(const std::string& key, const CommandOutcome& outcome);
  void AddRow(EpochRow row);
  void AddOutput(EpochOutput output);

  const int32_t partition_;
  const int32_t partitions_;
  const CommandTaskOptions options_;
  CommandState commands_;
  size_t pending_bytes_ = 0;
};

}  // namespace odometer
