// The tasks of a simulated deployment, their inputs and their changelogs.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/memory_broker.h"
#include "common/state/state_layout.h"
#include "tests/scenarios/processor_instance.h"
#include "tests/simulation/order_workload.h"

namespace odometer {

// `layout` must outlive it.
class SimulatedTasks {
 public:
  SimulatedTasks(const StateLayout* layout, bool commands, bool rules, int32_t partitions)
      : changelogs_(ChangelogStores(kApplication, kTopic, *layout)),
        of_commands_(CommandChangelogStores(kApplication, kCommands, *layout)),
        of_orders_(SourceChangelogStores(kApplication, kOrders, *layout)),
        commands_(commands),
        rules_(rules),
        partitions_(partitions) {}

  int32_t partitions() const { return partitions_; }  // of the events' topic
  void AddPartition() { ++partitions_; }

  // Their numbers.
  std::vector<int32_t> All() const {
    std::vector<int32_t> tasks;
    for (int32_t partition = 0; partition < partitions_; ++partition) tasks.push_back(partition);
    for (int32_t partition = 0; commands_ && partition < kCommandPartitions; ++partition) {
      tasks.push_back(CommandTaskNumber(partition));
    }
    for (int32_t partition = 0; rules_ && partition < kOrderPartitions; ++partition) {
      tasks.push_back(SourceTaskNumber(0, partition));  // the only source of every store
    }
    return tasks;
  }
  static TopicPartition InputOf(int32_t task) {
    const char* topic = IsSourceTask(task) ? kOrders : kTopic;
    return {IsCommandTask(task) ? kCommands : topic, TaskPartition(task)};
  }

  // Of the events' topic.
  const std::vector<ChangelogStore>& changelogs() const { return changelogs_; }
  const std::vector<ChangelogStore>& ChangelogsOf(int32_t task) const {
    if (IsSourceTask(task)) return of_orders_;
    return IsCommandTask(task) ? of_commands_ : changelogs_;
  }
  // Those that are there.
  template <typename Visit>
  void ForEachChangelog(MemoryBroker* broker, Visit&& visit) const {
    for (int32_t task : All()) {
      for (const ChangelogStore& changelog : ChangelogsOf(task)) {
        if (MemoryLog* log = broker->FindLog({changelog.topic, TaskPartition(task)})) visit(log, changelog);
      }
    }
  }

 private:
  const std::vector<ChangelogStore> changelogs_, of_commands_, of_orders_;
  const bool commands_, rules_;
  int32_t partitions_;
};

}  // namespace odometer
