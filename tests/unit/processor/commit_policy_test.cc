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

}  // namespace
}  // namespace odometer
