// Runs one job at a time beside the consuming thread.
#pragma once

#include <functional>
#include <memory>

namespace odometer {

// Submit, Idle and Wait from one thread.
class Executor {
 public:
  virtual ~Executor() = default;
  // Requires Idle().
  virtual void Submit(std::function<void()> job) = 0;
  // The last job has ended, and what it wrote is visible here.
  virtual bool Idle() const = 0;
  virtual void Wait() = 0;
};

// Runs the job inside Submit: for tests and simulation.
std::unique_ptr<Executor> NewInlineExecutor();
// Runs it on a thread of its own, which ends with the executor, after the job under way.
std::unique_ptr<Executor> NewThreadExecutor();

}  // namespace odometer
