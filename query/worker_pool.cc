#include "query/worker_pool.h"

#include <exception>
#include <utility>

#include "common/base/log.h"

namespace odometer {

WorkerPool::WorkerPool(int tenant_threads, size_t tenant_queue)
    : tenant_threads_(tenant_threads), tenant_queue_(tenant_queue) {
  for (int i = 0; i <= tenant_threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() { Stop(); }

bool WorkerPool::Submit(const std::string& tenant, Task task) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    std::deque<Task>& queued = tenants_[tenant].queued;
    if (queued.size() >= tenant_queue_) return false;
    if (queued.empty()) turns_.push_back(tenant);
    queued.push_back(std::move(task));
  }
  wake_.NotifyOne();
  return true;
}

void WorkerPool::Stop() {
  std::unordered_map<std::string, Tenant> dropped;  // outside of the lock: a task's end may do anything
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    turns_.clear();
    dropped.swap(tenants_);
  }
  wake_.NotifyAll();
  dropped.clear();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::deque<std::string>::iterator WorkerPool::NextTurn() {
  auto turn = turns_.begin();
  while (turn != turns_.end() && tenants_.at(*turn).running >= tenant_threads_) ++turn;
  return turn;
}

WorkerPool::Task WorkerPool::Take(std::string* tenant) {
  MutexLock lock(mutex_);
  auto turn = NextTurn();
  while (turn == turns_.end() && !stopping_) {
    wake_.Wait(mutex_);
    turn = NextTurn();
  }
  if (stopping_) return nullptr;
  *tenant = std::move(*turn);
  turns_.erase(turn);
  Tenant& its = tenants_.at(*tenant);
  Task task = std::move(its.queued.front());
  its.queued.pop_front();
  ++its.running;
  if (!its.queued.empty()) turns_.push_back(*tenant);
  return task;
}

void WorkerPool::Done(const std::string& tenant) {
  MutexLock lock(mutex_);
  auto its = tenants_.find(tenant);
  if (its == tenants_.end()) return;  // stopped
  --its->second.running;
  if (its->second.running == 0 && its->second.queued.empty()) tenants_.erase(its);
}

void WorkerPool::Run() {
  std::string tenant;
  while (Task task = Take(&tenant)) {
    try {
      task();
    } catch (const std::exception& e) {  // out of memory for one answer is that answer's failure only
      LogError("query", "request failed error={}", e.what());
    }
    task = nullptr;
    Done(tenant);
  }
}

}  // namespace odometer
