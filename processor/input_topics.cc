#include "processor/input_topics.h"

#include <iterator>
#include <optional>

#include "common/base/log.h"
#include "common/state/state_layout.h"

namespace odometer {

namespace {
constexpr const char* kLog = "processor";

// The highest partition that is assigned of the tasks whose numbers begin at first_task; -1: none.
int32_t HighestAssigned(const std::set<int32_t>& assigned, int32_t first_task) {
  int32_t after = kFirstSourceTask;
  if (IsCommandTask(first_task)) after = INT32_MAX;
  if (IsSourceTask(first_task)) after = first_task + kMaxSourcePartitions;
  auto next = assigned.lower_bound(after);
  if (next == assigned.begin() || *std::prev(next) < first_task) return -1;
  return TaskPartition(*std::prev(next));
}
}  // namespace

Status InputTopics::Ensure(const std::set<int32_t>& assigned, bool* grown) {
  ODOMETER_RETURN_IF_ERROR(EnsureEvents(assigned, grown));
  for (const auto& [slot, source] : inputs_.sources()) {
    ODOMETER_RETURN_IF_ERROR(EnsureSource(slot, source, assigned, grown));
  }
  if (inputs_.has_commands()) ODOMETER_RETURN_IF_ERROR(EnsureCommands());
  return MarkReleased(assigned);
}

Result<int32_t> InputTopics::Partitions(const std::string& topic, int32_t first_task, const std::set<int32_t>& assigned) {
  Result<std::optional<TopicInfo>> info = admin_.Describe(topic);
  if (!info.ok()) return info.status();
  if (!info->has_value()) return Status::Retry("topic " + topic + " does not exist");
  if (HighestAssigned(assigned, first_task) >= (*info)->partitions) {
    return Status::Retry("the broker asked does not know yet that topic " + topic + " has grown");
  }
  return (*info)->partitions;
}

Status InputTopics::EnsureEvents(const std::set<int32_t>& assigned, bool* grown) {
  const Input& events = inputs_.events();
  Result<int32_t> partitions = Partitions(events.topic, 0, assigned);
  if (!partitions.ok()) return partitions.status();
  if (*partitions == event_partitions_) return Status::Ok();
  ODOMETER_RETURN_IF_ERROR(EnsureChangelogs(&admin_, events.changelogs, *partitions, replication_));
  auto batch = store_.NewBatch();
  batch->Put(StateLayout::kMeta, kPartitionCountKey, EncodePartitionCount(*partitions));
  ODOMETER_RETURN_IF_ERROR(store_.Write(std::move(batch)));
  if (event_partitions_ != 0) {
    LogInfo(kLog, "input topic has grown topic={} partitions={}", events.topic, *partitions);
    *grown = true;
  }
  event_partitions_ = *partitions;
  return Status::Ok();
}

Status InputTopics::EnsureSource(int32_t slot, const Input& source, const std::set<int32_t>& assigned, bool* grown) {
  Result<int32_t> partitions = Partitions(source.topic, SourceTaskNumber(slot, 0), assigned);
  if (!partitions.ok()) return partitions.status();
  int32_t& known = source_partitions_[slot];
  if (*partitions == known) return Status::Ok();
  if (*partitions > kMaxSourcePartitions) {
    return Status::Stop("topic " + source.topic + " of the rules has " + std::to_string(*partitions) +
                        " partitions: more than " + std::to_string(kMaxSourcePartitions) + " cannot be counted");
  }
  ODOMETER_RETURN_IF_ERROR(EnsureChangelogs(&admin_, source.changelogs, *partitions, replication_));
  auto batch = store_.NewBatch();
  batch->Put(StateLayout::kMeta, SourceKey(slot), EncodeSource({source.topic, *partitions, /*read=*/true}));
  ODOMETER_RETURN_IF_ERROR(store_.Write(std::move(batch)));
  if (known != 0) {
    LogInfo(kLog, "source has grown topic={} partitions={}", source.topic, *partitions);
    *grown = true;
  }
  known = *partitions;
  return Status::Ok();
}

Status InputTopics::EnsureCommands() {
  const Input& commands = inputs_.commands();
  Result<std::optional<TopicInfo>> info = admin_.Describe(commands.topic);
  if (!info.ok()) return info.status();
  if (!info->has_value()) return Status::Retry("topic " + commands.topic + " does not exist");
  const int32_t partitions = (*info)->partitions;
  if (partitions == command_partitions_) return Status::Ok();
  ODOMETER_RETURN_IF_ERROR(
      EnsureCommandChangelogs(&admin_, commands.topic, commands.changelogs, partitions, replication_));
  std::string applied;
  Status found = store_.Get(StateLayout::kMeta, kCommandsTopicKey, &applied);
  if (found.ok() && applied != commands.topic) {
    return Status::Stop("the state folder holds what was decided by commands of topic " + applied +
                        ", not of topic " + commands.topic + ": go back to that one, or use another application name");
  }
  if (!found.ok() && !found.Is(ErrorKind::kNotFound)) return found;
  auto batch = store_.NewBatch();
  batch->Put(StateLayout::kMeta, kCommandsTopicKey, commands.topic);
  ODOMETER_RETURN_IF_ERROR(store_.Write(std::move(batch)));
  command_partitions_ = partitions;
  return Status::Ok();
}

// Of all partitions that others have.
Status InputTopics::MarkReleased(const std::set<int32_t>& assigned) {
  auto mark = [&](int32_t first_task, int32_t partitions) {
    for (int32_t task = first_task; task < first_task + partitions; ++task) {
      if (!assigned.contains(task)) ODOMETER_RETURN_IF_ERROR(restorer_.MarkReleased(task));
    }
    return Status::Ok();
  };
  ODOMETER_RETURN_IF_ERROR(mark(0, event_partitions_));
  for (const auto& [slot, partitions] : source_partitions_) {
    ODOMETER_RETURN_IF_ERROR(mark(SourceTaskNumber(slot, 0), partitions));
  }
  return mark(kFirstCommandTask, command_partitions_);
}

}  // namespace odometer
