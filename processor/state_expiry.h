// What compaction may remove: windows and raw events past their retention by stream time, and what belongs to forgotten
// series.
// Reads never show either; this merely frees the space.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/state/state_layout.h"
#include "common/store/store.h"
#include "processor/series_dictionary.h"

namespace odometer {

// Thread-safe. Knows committed facts only, and nothing of tasks that are not open: those keep everything.
class StateExpiry final : public StoreExpiry {
 public:
  explicit StateExpiry(const StateLayout& layout) : layout_(layout) {}

  void TaskOpened(int32_t partition, const TaskMeta& meta, const SeriesDictionary& series);
  void TaskCommitted(int32_t partition, const TaskMeta& meta,
                     const std::vector<std::pair<SeriesId, std::string>>& forgotten);
  void TaskClosed(int32_t partition);

  bool Expired(FamilyId family, std::string_view key) const override;

 private:
  struct OpenTask {
    int64_t stream_time_ms = kBeginningOfTime;
    std::vector<bool> forgotten;  // by series id; ids beyond are not
  };

  bool EventExpired(std::string_view key) const;

  const StateLayout layout_;
  mutable Mutex mutex_;
  std::map<int32_t, OpenTask> tasks_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer
