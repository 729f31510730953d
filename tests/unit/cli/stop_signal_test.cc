#include "cli/stop_signal.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace odometer::cli {
namespace {

constexpr int kHardExitMs = 100;
// Far more than a process has that is ending.
constexpr int kForeverMs = 60'000;

TEST(StopSignalDeathTest, AsksToStopOnce) {
  EXPECT_EXIT(
      {
        StopSignal stop(kForeverMs);
        kill(getpid(), SIGTERM);
        std::exit(stop.WaitFor(kForeverMs) ? 7 : 8);
      },
      testing::ExitedWithCode(7), "");
}

TEST(StopSignalDeathTest, EndsAProcessThatDoesNotStop) {
  EXPECT_EXIT(
      {
        StopSignal stop(kHardExitMs);
        kill(getpid(), SIGTERM);
        while (true) pause();
      },
      testing::ExitedWithCode(1), "");
}

TEST(StopSignalDeathTest, EndsAtTheSecondSignal) {
  EXPECT_EXIT(
      {
        StopSignal stop(kForeverMs);
        kill(getpid(), SIGTERM);
        stop.WaitFor(kForeverMs);
        kill(getpid(), SIGTERM);
        while (true) pause();
      },
      testing::ExitedWithCode(1), "");
}

TEST(StopSignalDeathTest, LimitsAnEndThatNobodyHasAskedFor) {
  EXPECT_EXIT(
      {
        StopSignal stop(kHardExitMs);
        stop.LimitEnd();
        while (true) pause();
      },
      testing::ExitedWithCode(1), "");
}

TEST(StopSignalDeathTest, GoesOnAfterAnEndThatWasReached) {
  EXPECT_EXIT(
      {
        StopSignal stop(kHardExitMs);
        stop.LimitEnd();
        stop.EndReached();
        std::exit(stop.WaitFor(3 * kHardExitMs) ? 8 : 7);
      },
      testing::ExitedWithCode(7), "");
}

// Once asked to stop, something that ends on the way gives no more time.
TEST(StopSignalDeathTest, AnEndThatWasReachedDoesNotLiftTheLimitOfASignal) {
  EXPECT_EXIT(
      {
        StopSignal stop(kHardExitMs);
        kill(getpid(), SIGTERM);
        stop.WaitFor(kForeverMs);
        stop.LimitEnd();
        stop.EndReached();
        while (true) pause();
      },
      testing::ExitedWithCode(1), "");
}

TEST(StopSignalDeathTest, AHangupIsACallAndNoEnd) {
  EXPECT_EXIT(
      {
        StopSignal stop(kForeverMs, /*takes_hangup=*/true);
        kill(getpid(), SIGHUP);  // before anything is there to be called
        std::atomic<int> calls{0};
        StopSignal::OnHangup on_hangup(&stop, [&] { ++calls; });
        while (calls < 1) sched_yield();
        kill(getpid(), SIGHUP);
        while (calls < 2) sched_yield();
        kill(getpid(), SIGTERM);
        std::exit(stop.WaitFor(kForeverMs) ? 7 : 8);
      },
      testing::ExitedWithCode(7), "");
}

TEST(StopSignalDeathTest, WithoutTakingItAHangupEndsTheProcess) {
  EXPECT_EXIT(
      {
        StopSignal stop(kForeverMs);
        kill(getpid(), SIGHUP);
        while (true) pause();
      },
      testing::KilledBySignal(SIGHUP), "");
}

}  // namespace
}  // namespace odometer::cli
