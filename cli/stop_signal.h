// SIGTERM and SIGINT as something that can be waited for.
#pragma once

#include <atomic>
#include <thread>

#include "common/base/mutex.h"

namespace odometer::cli {

// Made in main before any other thread, because it blocks the two signals for all threads that come after it.
// The first signal asks to stop. A second one, or hard_exit_ms without an end, ends the process at once with code 1: what
// was acknowledged or committed is not lost by that.
// Thread-safe.
class StopSignal {
 public:
  static constexpr int kHardExitMs = 18'000;

  explicit StopSignal(int hard_exit_ms = kHardExitMs);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // True once asked to stop; waits for that at most ms.
  bool WaitFor(int ms);
  // Something is ending by itself: from now on it has hard_exit_ms for it, as after a signal. Idempotent.
  void LimitEnd();
  // It has ended, and the process goes on. Nothing changes once asked to stop.
  void EndReached();

 private:
  void Run();
  void Wake();

  const int hard_exit_ms_;
  int signal_fd_ = -1;
  int wake_fd_ = -1;  // limited_ has changed, or this object ends
  Mutex mutex_;
  CondVar changed_;
  bool asked_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::atomic<bool> limited_{false};
  std::atomic<bool> destroyed_{false};
  std::thread thread_;
};

}  // namespace odometer::cli
