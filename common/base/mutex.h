// A mutex whose locking clang can check at compile time (-Wthread-safety).
// The annotations: https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define ODOMETER_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define ODOMETER_THREAD_ANNOTATION(x)
#endif

#define ODOMETER_GUARDED_BY(mutex) ODOMETER_THREAD_ANNOTATION(guarded_by(mutex))
#define ODOMETER_REQUIRES(...) ODOMETER_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ODOMETER_EXCLUDES(...) ODOMETER_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace odometer {

class ODOMETER_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void Lock() ODOMETER_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void Unlock() ODOMETER_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class ODOMETER_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ODOMETER_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ODOMETER_THREAD_ANNOTATION(release_capability()) { mutex_.Unlock(); }

  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class CondVar {
 public:
  // Waits until notified; may wake for no reason, so callers loop on their condition.
  void Wait(Mutex& mutex) ODOMETER_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    cv_.wait(lock);
    lock.release();
  }
  // Like Wait, for at most `ms` milliseconds.
  void WaitFor(Mutex& mutex, int64_t ms) ODOMETER_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    cv_.wait_for(lock, std::chrono::milliseconds(ms));
    lock.release();
  }
  void NotifyOne() { cv_.notify_one(); }
  void NotifyAll() { cv_.notify_all(); }

 private:
  std::condition_variable cv_;
};

}  // namespace odometer
