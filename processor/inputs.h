// The topics that a processor consumes: events, commands, and the sources of the rules. A task works on one partition of
// one of them; in the store, and everywhere here, it goes by one number.
#pragma once

#include <cstdint>
#include <map>
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

// Any thread may read it once it is complete.
class Inputs {
 public:
  // An empty topic of `commands`: there are none.
  explicit Inputs(Input events, Input commands = {}) : events_(std::move(events)), commands_(std::move(commands)) {}
  // By slot (StoredSource). Before the first task; no topic may be another input too.
  void SetSources(std::map<int32_t, Input> sources) { sources_ = std::move(sources); }

  const Input& events() const { return events_; }
  const Input& commands() const { return commands_; }
  bool has_commands() const { return !commands_.topic.empty(); }
  const std::map<int32_t, Input>& sources() const { return sources_; }

  // All of them.
  std::vector<std::string> Topics() const;

  const Input& Of(int32_t task) const {
    if (IsCommandTask(task)) return commands_;
    return IsSourceTask(task) ? sources_.at(SourceSlot(task)) : events_;
  }
  TopicPartition PartitionOf(int32_t task) const { return {Of(task).topic, TaskPartition(task)}; }
  // Of one of the topics.
  int32_t TaskOf(std::string_view topic, int32_t partition) const {
    if (topic == events_.topic) return partition;
    for (const auto& [slot, source] : sources_) {
      if (topic == source.topic) return SourceTaskNumber(slot, partition);
    }
    return CommandTaskNumber(partition);
  }
  // How logs and metrics name the task: "3", "commands/3", "shop.orders/3".
  std::string LabelOf(int32_t task) const;

 private:
  const Input events_;
  const Input commands_;
  std::map<int32_t, Input> sources_;
};

}  // namespace odometer
