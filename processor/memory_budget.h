// Who gets how much of `memory.limit`.
#pragma once

#include <algorithm>
#include <cstdint>

namespace odometer {

struct MemoryBudget {
  uint64_t write_buffer_bytes = 0;  // of the store, charged to its block cache
  uint64_t prefetch_bytes = 0;      // records fetched ahead
  uint64_t block_cache_bytes = 0;
  uint64_t overlay_bytes = 0;       // that gather for one commit
  bool fits = true;                 // false: the last two have only their least
};

// What is the same whatever the limit: the program, Kafka's clients with what they have under way, HTTP, and what the
// allocator keeps.
inline constexpr uint64_t kFixedMemoryBytes = 128ull << 20;
// A commit holds the overlay's deltas, their records and the store's batch, while the next overlay fills: measured.
inline constexpr uint64_t kBytesPerOverlayByte = 5;
inline constexpr uint64_t kLeastBlockCacheBytes = 8ull << 20;
inline constexpr uint64_t kLeastOverlayBytes = 2ull << 20;
inline constexpr uint64_t kLeastMemoryLimitBytes = 192ull << 20;

// `lasting_bytes`: what series (their names and recent windows) and remembered ids take now, which nothing can shrink.
// Write buffers and prefetch depend on the limit only, since they cannot change while the processor runs; block cache and
// overlays share what is left. Requires at least kLeastMemoryLimitBytes.
inline MemoryBudget SplitMemory(uint64_t limit_bytes, uint64_t lasting_bytes) {
  const uint64_t to_share = limit_bytes - kFixedMemoryBytes;
  MemoryBudget budget;
  budget.write_buffer_bytes = to_share / 8;
  budget.prefetch_bytes = to_share / 8;
  const uint64_t taken = budget.write_buffer_bytes + budget.prefetch_bytes + lasting_bytes;
  const uint64_t left = to_share > taken ? to_share - taken : 0;
  const uint64_t block_cache = left / 3;
  const uint64_t overlay = (left - block_cache) / kBytesPerOverlayByte;
  budget.fits = block_cache >= kLeastBlockCacheBytes && overlay >= kLeastOverlayBytes;
  budget.block_cache_bytes = std::max(block_cache, kLeastBlockCacheBytes);
  budget.overlay_bytes = std::max(overlay, kLeastOverlayBytes);
  return budget;
}

}  // namespace odometer
