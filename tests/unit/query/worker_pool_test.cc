#include "query/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace odometer {
namespace {

TEST(WorkerPool, RunsWhatIsQueuedBeforeItStops) {
  std::atomic<int> ran = 0;
  WorkerPool pool(3, 1000);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }));
  pool.Stop();
  EXPECT_EQ(ran, 500);
  EXPECT_FALSE(pool.Submit([&] { ++ran; }));
  pool.Stop();
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, RefusesMoreThanMayWait) {
  std::promise<void> started, release;
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.Submit([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.Submit([] {}));
  EXPECT_TRUE(pool.Submit([] {}));
  EXPECT_FALSE(pool.Submit([] {}));
  release.set_value();
}

}  // namespace
}  // namespace odometer
