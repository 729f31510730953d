// Between which offsets a processor counts that builds another generation of the state. It never passes what the
// running generation has counted: so at the switch both can be at the same record, and what the running one has written
// because of a record, an alert or a dead letter, is neither written twice nor left out.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "common/base/mutex.h"
#include "common/kafka/types.h"

namespace odometer {

using PartitionOffsets = std::map<TopicPartition, int64_t>;

// Thread-safe.
class RebuildBounds {
 public:
  // Where each partition begins; at its beginning where it is not named.
  explicit RebuildBounds(PartitionOffsets from) : from_(std::move(from)) {}

  int64_t From(const TopicPartition& partition) const {
    const auto found = from_.find(partition);
    return found == from_.end() ? 0 : found->second;
  }

  // Up to where each partition may be counted, exclusive. A bound never goes back. Partitions that are not named wait.
  void SetUpTo(const PartitionOffsets& up_to) {
    MutexLock lock(mutex_);
    for (const auto& [partition, offset] : up_to) up_to_[partition] = offset;
    ++version_;
  }
  // Changes with each SetUpTo.
  uint64_t version() const {
    MutexLock lock(mutex_);
    return version_;
  }
  PartitionOffsets up_to() const {
    MutexLock lock(mutex_);
    return up_to_;
  }

  // The processor has opened the partition there, or committed so far.
  void Committed(const TopicPartition& partition, int64_t next_offset) {
    MutexLock lock(mutex_);
    committed_[partition] = next_offset;
  }
  PartitionOffsets committed() const {
    MutexLock lock(mutex_);
    return committed_;
  }

 private:
  const PartitionOffsets from_;
  mutable Mutex mutex_;
  PartitionOffsets up_to_ ODOMETER_GUARDED_BY(mutex_);
  PartitionOffsets committed_ ODOMETER_GUARDED_BY(mutex_);
  uint64_t version_ ODOMETER_GUARDED_BY(mutex_) = 0;
};

}  // namespace odometer
