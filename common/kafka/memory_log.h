// One partition's log in memory, with transactions as Kafka has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/types.h"

namespace odometer {

// A record that owns its bytes.
struct MemoryRecord {
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::string key;
  std::string value;
  bool tombstone = false;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Used by one thread. Offsets that compaction or deletion removed leave gaps.
class MemoryLog {
 public:
  // Of records that belong to no transaction.
  static constexpr int64_t kNoTransaction = 0;

  int64_t begin() const { return begin_; }
  int64_t end() const { return end_; }
  // Where read_committed ends: the first record of a transaction that is still open.
  int64_t LastStableOffset() const;

  // The record gets the next offset, which is returned.
  int64_t Append(MemoryRecord record, int64_t transaction = kNoTransaction);
  // Decides the transaction's records here, and appends the control record. Nothing when it has none.
  void EndTransaction(int64_t transaction, bool commit);

  // The first committed record at or after `from` and below the last stable offset; null when there is none.
  // Valid until the log is changed other than by appending.
  const MemoryRecord* NextCommitted(int64_t from) const;
  // The last committed record, stable or not; null when there is none. As long valid.
  const MemoryRecord* LastCommitted() const;

  // Retention: removes what is before the offset.
  void DeleteBefore(int64_t offset);
  // An unclean election, or a topic created anew: removes what is at or after the offset, which is the next one.
  void TruncateTo(int64_t offset);
  // Keeps of each key the last record; tombstones stay. Leaves what is not stable alone.
  // Returns how many it removed.
  size_t Compact();

 private:
  enum class State { kOpen, kCommitted, kAborted, kControl };
  struct Entry {
    MemoryRecord record;
    State state;
    int64_t transaction;
  };

  int64_t begin_ = 0;
  int64_t end_ = 0;
  std::map<int64_t, Entry> entries_;
  std::map<int64_t, int64_t> open_;  // transaction → its first offset
};

}  // namespace odometer
