#include "query/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

namespace odometer {
namespace {

TEST(WorkerPool, RunsWhatIsSubmitted) {
  std::promise<void> all_ran;
  std::atomic<int> ran = 0;
  WorkerPool pool(3, 1000);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(pool.Submit([&] {
      if (++ran == 500) all_ran.set_value();
    }));
  }
  all_ran.get_future().wait();
  pool.Stop();
  EXPECT_FALSE(pool.Submit([&] { ++ran; }));
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, StopDropsWhatIsQueued) {
  std::promise<void> started, all_queued;
  std::atomic<int> ran = 0;
  auto queued = std::make_shared<int>();
  WorkerPool pool(1, 10);
  ASSERT_TRUE(pool.Submit([&, queued] {
    started.set_value();
    all_queued.get_future().wait();
    while (queued.use_count() > 2) std::this_thread::yield();  // until Stop has dropped the others
    ++ran;
  }));
  started.get_future().wait();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.Submit([&, queued] { ++ran; }));
  all_queued.set_value();
  pool.Stop();
  pool.Stop();
  EXPECT_EQ(ran, 1);
}

TEST(WorkerPool, ATaskThatThrowsEndsNothingButItself) {
  std::promise<void> ran;
  WorkerPool pool(1, 10);
  ASSERT_TRUE(pool.Submit([] { throw std::runtime_error("no memory"); }));
  ASSERT_TRUE(pool.Submit([&] { ran.set_value(); }));
  ran.get_future().wait();
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
