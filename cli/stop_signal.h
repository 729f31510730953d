// SIGTERM and SIGINT as something that can be waited for.
#pragma once

#include <atomic>
#include <thread>

#include "common/base/mutex.h"

namespace odometer::cli {

// Made in main before any other thread, because it blocks the two signals for all threads that come after it.
// The first signal asks to stop. A second one, or kHardExitMs without an end, ends the process at once with code 1: what
// was acknowledged or committed is not lost by that.
// Thread-safe.
class StopSignal {
 public:
  static constexpr int kHardExitMs = 18'000;

  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // True once asked to stop; waits for that at most ms.
  bool WaitFor(int ms);
  // The process is ending by itself: from now on it has kHardExitMs for it, as after a signal. Idempotent.
  void LimitEnd();

 private:
  void Run();

  int signal_fd_ = -1;
  int wake_fd_ = -1;  // LimitEnd, or the end of this object
  Mutex mutex_;
  CondVar changed_;
  bool asked_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::atomic<bool> destroyed_{false};
  std::thread thread_;
};

}  // namespace odometer::cli
