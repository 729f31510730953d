#include "tests/simulation/disk_check.h"

#include <fmt/core.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/state/local_reader.h"

namespace odometer {
namespace {

// The last record of a key before the checkpoint, and the last one of all.
struct Written {
  const MemoryRecord* before = nullptr;
  const MemoryRecord* last = nullptr;
};
using WrittenByKey = std::map<std::string_view, Written>;

WrittenByKey ReadLog(const MemoryLog& log, int64_t checkpoint) {
  WrittenByKey by_key;
  for (const MemoryRecord* record = log.NextCommitted(0); record != nullptr;
       record = log.NextCommitted(record->offset + 1)) {
    Written& written = by_key[record->key];
    if (record->offset < checkpoint) written.before = record;
    written.last = record;
  }
  return by_key;
}

std::string CompareValue(const std::optional<std::string>& stored, const Written& written) {
  auto is = [&stored](const MemoryRecord& record) {
    return record.tombstone ? !stored : stored && *stored == record.value;
  };
  if (written.before == nullptr) {
    // Compaction may have removed what was there.
    return stored && is(*written.last) ? "a value is newer than the checkpoint" : "";
  }
  if (is(*written.before)) return "";
  return stored ? "a value is another one, or should be gone" : "a key is missing";
}

std::string CompareFamily(const Store& store, int32_t task, const ChangelogStore& changelog,
                          const WrittenByKey& by_key) {
  const bool meta = changelog.family == StateLayout::kMeta;
  const std::string begin = TaskKey(task);
  for (const auto& [key, written] : by_key) {
    std::string value;
    std::optional<std::string> stored;
    if (store.Get(changelog.family, meta ? MetaKey(task) : begin + std::string(key), &value).ok()) stored = value;
    std::string difference = CompareValue(stored, written);
    if (!difference.empty()) return difference;
  }
  if (meta) return "";
  const std::unique_ptr<StoreView> view = store.View();
  for (auto it = view->Scan(changelog.family, begin, PrefixEnd(begin)); it->Valid(); it->Next()) {
    if (!by_key.contains(it->Key().substr(begin.size()))) return "a key is there that was never committed";
  }
  return "";
}

std::string CompareTask(const Store& store, int32_t task, const SimulatedTasks& tasks, MemoryBroker* broker) {
  std::string bytes;
  if (!store.Get(StateLayout::kMeta, CheckpointKey(task), &bytes).ok()) return "no checkpoint";
  Result<TaskCheckpoint> checkpoint = DecodeTaskCheckpoint(bytes);
  if (!checkpoint.ok()) return checkpoint.status().message();
  for (const ChangelogStore& changelog : tasks.ChangelogsOf(task)) {
    const MemoryLog* log = broker->FindLog({changelog.topic, TaskPartition(task)});
    auto next = checkpoint->changelog_next.find(changelog.store);
    if (next == checkpoint->changelog_next.end()) return changelog.store + " is not in the checkpoint";
    // What is behind a transaction that is still open cannot be seen.
    if (log == nullptr || log->LastStableOffset() < next->second) continue;
    const std::string difference = CompareFamily(store, task, changelog, ReadLog(*log, next->second));
    if (!difference.empty()) return fmt::format("{} up to {}: {}", changelog.store, next->second, difference);
  }
  return "";
}

}  // namespace

std::string CompareDisk(Store* store, const StateLayout& layout, const SimulatedTasks& tasks, MemoryBroker* broker) {
  Result<StatePosition> position = NewLocalReader(store, layout)->Position();
  if (!position.ok()) return position.status().ToString();
  std::vector<int32_t> shown;
  for (const TaskPosition& task : position->tasks) shown.push_back(task.partition);
  for (const TaskPosition& task : position->command_tasks) shown.push_back(CommandTaskNumber(task.partition));
  for (const SourcePosition& source : position->sources) {
    for (const TaskPosition& task : source.tasks) shown.push_back(SourceTaskNumber(source.slot, task.partition));
  }
  for (int32_t task : shown) {
    const std::string difference = CompareTask(*store, task, tasks, broker);
    if (!difference.empty()) return fmt::format("task {}: {}", task, difference);
  }
  return "";
}

}  // namespace odometer
