// Where a process has written to a topic, so that its own reads can wait until they show it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "common/base/mutex.h"

namespace odometer {

// Thread-safe.
class WrittenOffsets {
 public:
  // Acknowledged there. A negative offset is not known, and ignored.
  void Add(int32_t partition, int64_t offset) {
    if (offset < 0) return;
    MutexLock lock(mutex_);
    auto [at, is_new] = highest_.emplace(partition, offset);
    if (!is_new) at->second = std::max(at->second, offset);
  }
  // The highest of each partition.
  std::vector<std::pair<int32_t, int64_t>> Get() const {
    MutexLock lock(mutex_);
    return {highest_.begin(), highest_.end()};
  }

 private:
  mutable Mutex mutex_;
  std::map<int32_t, int64_t> highest_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer
