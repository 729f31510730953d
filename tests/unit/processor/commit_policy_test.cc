#include "processor/commit_policy.h"

#include <gtest/gtest.h>

namespace odometer {
namespace {

constexpr CommitPolicy kPolicy{100, 10'000, 1000, 50};

TEST(CommitPolicy, NearTheEndItCommitsEachInterval) {
  EXPECT_FALSE(kPolicy.ShouldCommit({true, 10, 50, 99}));
  EXPECT_TRUE(kPolicy.ShouldCommit({true, 10, 50, 100}));
}

TEST(CommitPolicy, CatchingUpItWaitsForSizeOrTheLongInterval) {
  EXPECT_FALSE(kPolicy.ShouldCommit({true, 999, 51, 9'999}));
  EXPECT_TRUE(kPolicy.ShouldCommit({true, 1000, 51, 0}));
  EXPECT_TRUE(kPolicy.ShouldCommit({true, 1, 51, 10'000}));
}

TEST(CommitPolicy, NothingNewNeedsNoCommit) { EXPECT_FALSE(kPolicy.ShouldCommit({false, 5000, 0, 100'000})); }

TEST(EpochLimit, HalvesWhenCommitsTakeTooLongAndGrowsBackSlowly) {
  EpochLimit limit(64 << 20, 15'000);
  EXPECT_EQ(limit.bytes(), 64u << 20);
  limit.Committed(5'001, 1 << 20, 1 << 20);
  EXPECT_EQ(limit.bytes(), 32u << 20);
  limit.Lost();
  EXPECT_EQ(limit.bytes(), 16u << 20);
  limit.Committed(3'000, 1 << 20, 1 << 20);  // neither long nor short
  EXPECT_EQ(limit.bytes(), 16u << 20);
  limit.Committed(100, 1 << 20, 1 << 20);
  EXPECT_EQ(limit.bytes(), 20u << 20);
  for (int i = 0; i < 20; ++i) limit.Committed(100, 1 << 20, 1 << 20);
  EXPECT_EQ(limit.bytes(), 64u << 20);
}

TEST(EpochLimit, NeverVanishes) {
  EpochLimit limit(64 << 20, 15'000);
  for (int i = 0; i < 100; ++i) limit.Lost();
  EXPECT_EQ(limit.bytes(), 1u << 20);
  EpochLimit small(1000, 15'000);
  small.Lost();
  EXPECT_EQ(small.bytes(), 1000u);
}

TEST(EpochLimit, ShrinksToWhatWritesNoMoreThanTwiceWhatMayGather) {
  EpochLimit limit(64 << 20, 15'000);
  // 16 MiB of deltas had 512 MiB of sketches written: a quarter of them would have been right.
  limit.Committed(100, 16 << 20, 512 << 20);
  EXPECT_EQ(limit.bytes(), 4u << 20);
  limit.Committed(100, 4 << 20, 120 << 20);
  EXPECT_EQ(limit.bytes(), 4u << 20) << "a quarter more would be too much";
  limit.Committed(100, 4 << 20, 8 << 20);
  EXPECT_EQ(limit.bytes(), 5u << 20);
  limit.Committed(100, 1 << 10, 512 << 20);
  EXPECT_EQ(limit.bytes(), 1u << 20) << "but it does not vanish";
}

TEST(EpochLimit, FollowsALowerMaximumAtOnceAndAHigherOneBitByBit) {
  EpochLimit limit(64 << 20, 15'000);
  limit.set_max_bytes(8 << 20);
  EXPECT_EQ(limit.bytes(), 8u << 20);
  limit.set_max_bytes(16 << 20);
  EXPECT_EQ(limit.bytes(), 8u << 20);
  for (int i = 0; i < 10; ++i) limit.Committed(1, 1 << 20, 1 << 20);
  EXPECT_EQ(limit.bytes(), 16u << 20);
}

}  // namespace
}  // namespace odometer
