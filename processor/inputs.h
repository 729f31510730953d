// The topics that a processor consumes: events, and commands. A task works on one partition of one of them; in the store,
// and everywhere here, it goes by one number.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/kafka/types.h"
#include "common/state/state_layout.h"
#include "processor/changelog_topics.h"

namespace odometer {

struct Input {
  std::string topic;
  std::vector<ChangelogStore> changelogs;
};

class Inputs {
 public:
  // An empty topic of `commands`: there are none.
  explicit Inputs(Input events, Input commands = {}) : events_(std::move(events)), commands_(std::move(commands)) {}

  const Input& events() const { return events_; }
  const Input& commands() const { return commands_; }
  bool has_commands() const { return !commands_.topic.empty(); }

  const Input& Of(int32_t task) const { return IsCommandTask(task) ? commands_ : events_; }
  TopicPartition PartitionOf(int32_t task) const { return {Of(task).topic, TaskPartition(task)}; }
  int32_t TaskOf(std::string_view topic, int32_t partition) const {
    return topic == events_.topic ? partition : CommandTaskNumber(partition);
  }

 private:
  const Input events_;
  const Input commands_;
};

}  // namespace odometer
