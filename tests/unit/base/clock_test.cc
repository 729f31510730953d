#include "common/base/clock.h"

#include <gtest/gtest.h>

namespace odometer {
namespace {

TEST(ManualClockTest, MovesOnlyWhenTold) {
  ManualClock clock(1000);
  EXPECT_EQ(clock.WallMs(), 1000);
  EXPECT_EQ(clock.SteadyMs(), 0);
  clock.Advance(250);
  EXPECT_EQ(clock.WallMs(), 1250);
  EXPECT_EQ(clock.SteadyMs(), 250);
}

TEST(SystemClockTest, WallTimeIsOfThisEraAndSteadyTimeNeverGoesBack) {
  SystemClock clock;
  EXPECT_GT(clock.WallMs(), 1'600'000'000'000);
  EXPECT_LT(clock.WallMs(), 4'000'000'000'000) << "milliseconds, not microseconds";
  int64_t before = clock.SteadyMs();
  EXPECT_GE(clock.SteadyMs(), before);
}

}  // namespace
}  // namespace odometer
