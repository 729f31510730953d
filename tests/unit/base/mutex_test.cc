#include "common/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace odometer {
namespace {

struct Shared {
  Mutex mutex;
  CondVar changed;
  int value ODOMETER_GUARDED_BY(mutex) = 0;
};

TEST(MutexTest, OneThreadAtATime) {
  Shared shared;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&shared] {
      for (int n = 0; n < 10'000; ++n) {
        MutexLock lock(shared.mutex);
        ++shared.value;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(shared.mutex);
  EXPECT_EQ(shared.value, 40'000);
}

TEST(CondVarTest, WakesTheWaiter) {
  Shared shared;
  std::thread waker([&shared] {
    MutexLock lock(shared.mutex);
    shared.value = 1;
    shared.changed.NotifyAll();
  });
  {
    MutexLock lock(shared.mutex);
    while (shared.value == 0) shared.changed.Wait(shared.mutex);
    EXPECT_EQ(shared.value, 1);
  }
  waker.join();
}

TEST(CondVarTest, GivesUpAfterItsTimeAndHoldsTheLockAgain) {
  Shared shared;
  MutexLock lock(shared.mutex);
  shared.changed.WaitFor(shared.mutex, 1);
  shared.value = 2;
  EXPECT_EQ(shared.value, 2);
}

}  // namespace
}  // namespace odometer
