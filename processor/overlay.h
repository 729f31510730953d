// What a task has seen since its last commit: one delta per series and window of the finest tier. Coarser tiers are
// sums of it and are rolled up at commit (rollup.h), so an event costs one table update whatever the number of tiers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/model/aggregate.h"
#include "common/model/series.h"

namespace odometer {

struct Delta {
  SeriesId series = 0;
  // From a "set": not an event, so only the total and the tiers kept for ever show it.
  bool forever_only = false;
  int64_t window_start_ms = 0;
  Aggregate aggregate;
};

// Open addressing over deltas that never move. Not thread-safe. Movable.
class Overlay {
 public:
  Overlay();
  Overlay(Overlay&&) = default;
  Overlay& operator=(Overlay&&) = default;

  // The delta of that series and window, empty when it is new. Valid until the overlay ends.
  Aggregate& At(SeriesId series, int64_t window_start_ms);
  // `window_start_ms` is where the finest tier would put it.
  void AddForeverOnly(SeriesId series, int64_t window_start_ms, const Aggregate& aggregate);
  // To be told when an aggregate's heap use changed; modulo 2^64.
  void AddHeapBytes(size_t bytes) { heap_bytes_ += bytes; }

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t MemoryBytes() const;

  // Every delta, sorted by (series, window start).
  std::vector<const Delta*> Sorted() const;

 private:
  static constexpr size_t kChunk = 1024;
  struct Slot {
    uint32_t hash = 0;
    uint32_t index = 0;  // plus one; 0: free
  };

  Delta& Append();
  Delta& DeltaAt(size_t index) { return chunks_[index / kChunk][index % kChunk]; }
  void Grow();

  std::vector<std::unique_ptr<Delta[]>> chunks_;
  std::vector<Slot> slots_;
  size_t size_ = 0;
  size_t heap_bytes_ = 0;
};

}  // namespace odometer
