// An executor that runs its job when the simulation says so: rounds of the consuming thread go by while a commit is
// under way.
#pragma once

#include <functional>
#include <utility>

#include "processor/executor.h"

namespace odometer {

class DeferredExecutor final : public Executor {
 public:
  void Submit(std::function<void()> job) override { job_ = std::move(job); }
  bool Idle() const override { return !job_; }
  void Wait() override { Run(); }

  // Runs the job that waits, if one does.
  void Run() {
    if (job_) std::exchange(job_, nullptr)();
  }
  // The process died before its job began.
  void Drop() { job_ = nullptr; }

 private:
  std::function<void()> job_;
};

}  // namespace odometer
