// Threads that run what must not hold up the server's I/O threads. Tenants take turns, and none can have all threads or
// fill the queue, so that one's flood does not hold up the others.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/base/mutex.h"

namespace odometer {

// Thread-safe.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  // `tenant_threads` (≥ 1): how many one tenant may have at once; there is one more, which the others find free.
  // `tenant_queue`: its tasks that may wait for a thread.
  WorkerPool(int tenant_threads, size_t tenant_queue);
  ~WorkerPool();

  // False, and the task is not run, when the tenant's queue is full or the pool was stopped. What a task throws is logged.
  bool Submit(const std::string& tenant, Task task);
  // Lets the tasks under way end, and drops those that are queued: nobody waits for them any more. Idempotent. Not
  // from a task.
  void Stop();

 private:
  // Of a tenant that has tasks.
  struct Tenant {
    std::deque<Task> queued;
    int running = 0;
  };

  void Run();
  // Whose turn it is: the first of those that wait and may have one more thread.
  std::deque<std::string>::iterator NextTurn() ODOMETER_REQUIRES(mutex_);
  // Waits for a task and for leave to run it. An empty one: the pool was stopped.
  Task Take(std::string* tenant);
  void Done(const std::string& tenant);

  const int tenant_threads_;
  const size_t tenant_queue_;
  Mutex mutex_;
  CondVar wake_;
  std::unordered_map<std::string, Tenant> tenants_ ODOMETER_GUARDED_BY(mutex_);
  std::deque<std::string> turns_ ODOMETER_GUARDED_BY(mutex_);  // tenants with something queued, each once
  bool stopping_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace odometer
