#include "processor/memory_budget.h"

#include <gtest/gtest.h>

namespace odometer {
namespace {

constexpr uint64_t kMiB = 1 << 20;

uint64_t Sum(const MemoryBudget& budget) {
  return kFixedMemoryBytes + budget.write_buffer_bytes + budget.prefetch_bytes + budget.block_cache_bytes +
         budget.overlay_bytes * kBytesPerOverlayByte;
}

TEST(SplitMemory, UsesTheLimitAndNoMore) {
  for (uint64_t limit : {kLeastMemoryLimitBytes, 640 * kMiB, 64'000 * kMiB}) {
    const MemoryBudget budget = SplitMemory(limit, 0);
    EXPECT_TRUE(budget.fits) << limit;
    EXPECT_LE(Sum(budget), limit);
    EXPECT_GT(Sum(budget), limit - 32);
  }
}

TEST(SplitMemory, WhatLastsTakesFromCacheAndOverlays) {
  const MemoryBudget before = SplitMemory(640 * kMiB, 0);
  const MemoryBudget after = SplitMemory(640 * kMiB, 200 * kMiB);
  EXPECT_EQ(after.write_buffer_bytes, before.write_buffer_bytes);
  EXPECT_EQ(after.prefetch_bytes, before.prefetch_bytes);
  EXPECT_LT(after.block_cache_bytes, before.block_cache_bytes);
  EXPECT_LT(after.overlay_bytes, before.overlay_bytes);
  EXPECT_TRUE(after.fits);
  EXPECT_LE(Sum(after) + 200 * kMiB, 640 * kMiB);
}

TEST(SplitMemory, WhenTooMuchLastsTheLeastIsLeftAndItSaysSo) {
  const MemoryBudget budget = SplitMemory(640 * kMiB, 640 * kMiB);
  EXPECT_FALSE(budget.fits);
  EXPECT_EQ(budget.block_cache_bytes, kLeastBlockCacheBytes);
  EXPECT_EQ(budget.overlay_bytes, kLeastOverlayBytes);
}

}  // namespace
}  // namespace odometer
