#include "processor/state_expiry.h"

#include "common/state/event_keys.h"

namespace odometer {

void StateExpiry::TaskOpened(int32_t partition, const TaskMeta& meta, const SeriesDictionary& series) {
  OpenTask task;
  task.stream_time_ms = meta.stream_time_ms;
  task.forgotten.assign(meta.next_series_id, true);
  series.ForEach([&](SeriesId id, std::string_view) { task.forgotten[id] = false; });
  MutexLock lock(mutex_);
  tasks_[partition] = std::move(task);
}

void StateExpiry::TaskCommitted(int32_t partition, const TaskMeta& meta,
                                const std::vector<std::pair<SeriesId, std::string>>& forgotten) {
  MutexLock lock(mutex_);
  OpenTask& task = tasks_[partition];
  task.stream_time_ms = meta.stream_time_ms;
  for (const auto& [id, identity] : forgotten) {
    if (task.forgotten.size() <= id) task.forgotten.resize(id + 1);
    task.forgotten[id] = true;
  }
}

void StateExpiry::TaskClosed(int32_t partition) {
  MutexLock lock(mutex_);
  tasks_.erase(partition);
}

bool StateExpiry::EventExpired(std::string_view key) const {
  if (layout_.events_retention_ms == kForever || key.size() < sizeof(int32_t) + kEventPlaceBytes) return false;
  const EventPlace place = ParseEventPlace(key);
  MutexLock lock(mutex_);
  auto task = tasks_.find(place.partition);
  return task != tasks_.end() && place.ts_ms < layout_.EventsRetainedFromMs(task->second.stream_time_ms);
}

bool StateExpiry::Expired(FamilyId family, std::string_view key) const {
  if (family == StateLayout::kEvents || family == StateLayout::kEventsByName) return EventExpired(key);
  const bool is_window = family >= StateLayout::kFirstWindows && key.size() == 16;
  if (!is_window && !(family == StateLayout::kTotals && key.size() == 8)) return false;
  const auto [partition, id] = ParseSeriesKey(key.substr(0, 8));
  MutexLock lock(mutex_);
  auto task = tasks_.find(partition);
  if (task == tasks_.end()) return false;
  if (id < task->second.forgotten.size() && task->second.forgotten[id]) return true;
  if (!is_window) return false;
  const size_t tier = family - StateLayout::kFirstWindows;
  return tier < layout_.tiers.windows.size() &&
         !layout_.tiers.windows[tier].Retains(ParseWindowKey(key).window_start_ms, task->second.stream_time_ms);
}

}  // namespace odometer
