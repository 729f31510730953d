// The ids of the events that a task has applied, so that one that comes again is not applied again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace odometer {

struct SeenIdsOptions {
  int64_t retention_ms = 3'600'000;  // by stream time
  uint32_t max_ids = 1'000'000;      // 0: no id is remembered
};

// 128 bits that stand for (org, id).
struct IdHash {
  uint64_t high = 0;
  uint64_t low = 0;
  friend bool operator==(const IdHash&, const IdHash&) = default;
};
// `buffer` is used for the bytes that are hashed; whatever it holds is replaced.
IdHash HashId(std::string_view org, std::string_view id, std::string* buffer);

// An id as the store and its changelog hold it: docs/formats/store.md.
struct SeenId {
  uint64_t sequence = 0;      // of the task's ids, from 0 on
  int64_t seen_ms = 0;        // stream time just after its event
  IdHash hash;
  friend bool operator==(const SeenId&, const SeenId&) = default;
};
void EncodeSeenId(const SeenId& id, std::string* out);  // appends
Result<SeenId> DecodeSeenId(std::string_view bytes);

// A ring of `max_ids` slots, of which each new id takes the next one, and an open-addressing index over it. The store
// keeps the same slots, so what was restored remembers and forgets as this one would have. Memory is taken as ids come, 32
// to 64 bytes each, and bounded by max_ids; none is allocated per id once every slot was used. Not thread-safe.
class SeenIds {
 public:
  explicit SeenIds(const SeenIdsOptions& options) : options_(options) {}

  bool enabled() const { return options_.max_ids > 0; }
  // Whether the id was added, not over the retention ago, and is not forgotten.
  bool Contains(const IdHash& hash, int64_t stream_time_ms) const;

  struct Added {
    uint32_t slot;
    SeenId id;
    bool forgot;  // the slot's last id, which was still within the retention
  };
  // Requires enabled(), and an id that it does not contain.
  Added Add(const IdHash& hash, int64_t stream_time_ms);
  // For what was restored, in any order. A slot beyond max_ids, from a time when that was higher, is left out.
  void Load(uint32_t slot, const SeenId& id);

  size_t MemoryBytes() const { return ring_.capacity() * sizeof(Entry) + index_.capacity() * sizeof(uint32_t); }

 private:
  struct Entry {
    IdHash hash;
    int64_t seen_ms = kNever;
  };
  static constexpr int64_t kNever = INT64_MIN;
  static constexpr uint32_t kFree = 0;

  bool Retained(const Entry& entry, int64_t stream_time_ms) const;
  // Where the index has that hash, or has a free place for it. Requires an index.
  size_t Find(const IdHash& hash) const;
  Entry& At(uint32_t slot);
  // Takes the slot's entry out of the index, if it is there.
  void Unindex(uint32_t slot);
  // Makes the index lead from the entry's hash to it.
  void Index(uint32_t slot);
  void GrowIndex();

  SeenIdsOptions options_;
  std::vector<Entry> ring_;      // by slot; grows up to max_ids
  std::vector<uint32_t> index_;  // slot plus one; a power of two long, at most half of it used
  size_t indexed_ = 0;
  uint64_t next_sequence_ = 0;
};

}  // namespace odometer
