#include "query/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace odometer {
namespace {

TEST(WorkerPool, RunsWhatIsSubmitted) {
  std::promise<void> all_ran;
  std::atomic<int> ran = 0;
  WorkerPool pool(3, 1000);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(pool.Submit("acme", [&] {
      if (++ran == 500) all_ran.set_value();
    }));
  }
  all_ran.get_future().wait();
  pool.Stop();
  EXPECT_FALSE(pool.Submit("acme", [&] { ++ran; }));
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, StopDropsWhatIsQueued) {
  std::promise<void> started, all_queued;
  std::atomic<int> ran = 0;
  auto queued = std::make_shared<int>();
  WorkerPool pool(1, 10);
  ASSERT_TRUE(pool.Submit("acme", [&, queued] {
    started.set_value();
    all_queued.get_future().wait();
    while (queued.use_count() > 2) std::this_thread::yield();  // until Stop has dropped the others
    ++ran;
  }));
  started.get_future().wait();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.Submit("acme", [&, queued] { ++ran; }));
  all_queued.set_value();
  pool.Stop();
  pool.Stop();
  EXPECT_EQ(ran, 1);
}

TEST(WorkerPool, ATaskThatThrowsEndsNothingButItself) {
  std::promise<void> ran;
  WorkerPool pool(1, 10);
  ASSERT_TRUE(pool.Submit("acme", [] { throw std::runtime_error("no memory"); }));
  ASSERT_TRUE(pool.Submit("acme", [&] { ran.set_value(); }));
  ran.get_future().wait();
}

TEST(WorkerPool, RefusesMoreThanMayWait) {
  std::promise<void> started, release;
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.Submit("acme", [&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.Submit("acme", [] {}));
  EXPECT_TRUE(pool.Submit("acme", [] {}));
  EXPECT_FALSE(pool.Submit("acme", [] {}));
  release.set_value();
}

// All threads but one are the flooding tenant's, and its queue is full.
TEST(WorkerPool, OneTenantsFloodDoesNotHoldUpAnother) {
  constexpr int kThreads = 3;
  constexpr size_t kQueue = 5;
  std::latch started(kThreads), others_ran(20);
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> flood_ran = 0;
  WorkerPool pool(kThreads, kQueue);
  for (int i = 0; i < kThreads; ++i) {
    ASSERT_TRUE(pool.Submit("flood", [&] {
      started.count_down();
      released.wait();
      ++flood_ran;
    }));
  }
  started.wait();
  for (size_t i = 0; i < kQueue; ++i) ASSERT_TRUE(pool.Submit("flood", [&] { ++flood_ran; }));
  EXPECT_FALSE(pool.Submit("flood", [] {}));
  for (int i = 0; i < 20; ++i) {
    const std::string tenant = "tenant" + std::to_string(i % 4);
    while (!pool.Submit(tenant, [&] { others_ran.count_down(); })) std::this_thread::yield();
  }
  others_ran.wait();
  EXPECT_EQ(flood_ran, 0);
  release.set_value();
}

// A thread is held by "holder", so that the others' tasks run one after the other.
TEST(WorkerPool, TenantsTakeTurns) {
  std::latch held(2);
  std::promise<void> release_holder, release_first, all_ran;
  std::string order;
  WorkerPool pool(1, 10);
  ASSERT_TRUE(pool.Submit("holder", [&] {
    held.count_down();
    release_holder.get_future().wait();
  }));
  ASSERT_TRUE(pool.Submit("a", [&] {
    held.count_down();
    release_first.get_future().wait();
  }));
  held.wait();
  for (const char* tenant : {"a", "a", "a", "b", "c", "b"}) {
    ASSERT_TRUE(pool.Submit(tenant, [&, tenant] {
      order += tenant;
      if (order.size() == 6) all_ran.set_value();
    }));
  }
  release_first.set_value();
  all_ran.get_future().wait();
  EXPECT_EQ(order, "abcaba");
  release_holder.set_value();
}

}  // namespace
}  // namespace odometer
