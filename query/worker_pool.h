// Threads that run what must not hold up the server's I/O threads.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "common/base/mutex.h"

namespace odometer {

// Thread-safe.
class WorkerPool {
 public:
  // `max_queued`: tasks that may wait for a thread.
  WorkerPool(int threads, size_t max_queued);
  ~WorkerPool();

  // False, and the task is not run, when the queue is full or the pool was stopped. What a task throws is logged.
  bool Submit(std::function<void()> task);
  // Lets the tasks under way end, and drops those that are queued: nobody waits for them any more. Idempotent. Not
  // from a task.
  void Stop();

 private:
  void Run();

  const size_t max_queued_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> queue_ ODOMETER_GUARDED_BY(mutex_);
  bool stopping_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace odometer
