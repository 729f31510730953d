#include "processor/executor.h"

#include <thread>

#include "common/base/mutex.h"

namespace odometer {

namespace {

class InlineExecutor final : public Executor {
 public:
  void Submit(std::function<void()> job) override { job(); }
  bool Idle() const override { return true; }
  void Wait() override {}
};

class ThreadExecutor final : public Executor {
 public:
  ThreadExecutor() : thread_([this] { Run(); }) {}
  ~ThreadExecutor() override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    changed_.NotifyAll();
    thread_.join();
  }

  void Submit(std::function<void()> job) override {
    {
      MutexLock lock(mutex_);
      job_ = std::move(job);
      busy_ = true;
    }
    changed_.NotifyAll();
  }
  bool Idle() const override {
    MutexLock lock(mutex_);
    return !busy_;
  }
  void Wait() override {
    MutexLock lock(mutex_);
    while (busy_) changed_.Wait(mutex_);
  }

 private:
  void Run() {
    while (true) {
      std::function<void()> job;
      {
        MutexLock lock(mutex_);
        while (!busy_ && !stopping_) changed_.Wait(mutex_);
        if (!busy_) return;
        job = std::move(job_);
      }
      job();
      job = nullptr;
      {
        MutexLock lock(mutex_);
        busy_ = false;
      }
      changed_.NotifyAll();
    }
  }

  mutable Mutex mutex_;
  CondVar changed_;
  bool busy_ ODOMETER_GUARDED_BY(mutex_) = false;
  bool stopping_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::function<void()> job_ ODOMETER_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Executor> NewInlineExecutor() { return std::make_unique<InlineExecutor>(); }
std::unique_ptr<Executor> NewThreadExecutor() { return std::make_unique<ThreadExecutor>(); }

}  // namespace odometer
