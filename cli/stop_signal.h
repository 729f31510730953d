// SIGTERM and SIGINT as something that can be waited for, and SIGHUP as a call.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "common/base/mutex.h"

namespace odometer::cli {

// Made in main before any other thread, because it blocks the signals for all threads that come after it.
// The first signal asks to stop. A second one, or hard_exit_ms without an end, ends the process at once with code 1: what
// was acknowledged or committed is not lost by that.
// Thread-safe.
class StopSignal {
 public:
  static constexpr int kHardExitMs = 18'000;

  // Without `takes_hangup`, SIGHUP ends the process, as when its terminal is closed.
  explicit StopSignal(int hard_exit_ms = kHardExitMs, bool takes_hangup = false);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // While there is one, SIGHUP calls `what`, on the signal's thread, one call after the other. A SIGHUP that came before
  // is made up for. Its end waits for the end of a call. One at a time.
  class OnHangup {
   public:
    OnHangup(StopSignal* signal, std::function<void()> what);
    ~OnHangup();
    OnHangup(const OnHangup&) = delete;
    OnHangup& operator=(const OnHangup&) = delete;

   private:
    StopSignal& signal_;
  };

  // True once asked to stop; waits for that at most ms.
  bool WaitFor(int ms);
  // Something is ending by itself: from now on it has hard_exit_ms for it, as after a signal. Idempotent.
  void LimitEnd();
  // It has ended, and the process goes on. Nothing changes once asked to stop.
  void EndReached();

 private:
  void Run();
  void Wake();
  void HangUp();

  const int hard_exit_ms_;
  int signal_fd_ = -1;
  int wake_fd_ = -1;  // limited_ has changed, or this object ends
  Mutex mutex_;
  CondVar changed_;
  bool asked_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::atomic<bool> limited_{false};
  Mutex hangup_mutex_;
  std::function<void()> on_hangup_ ODOMETER_GUARDED_BY(hangup_mutex_);
  bool hung_up_ ODOMETER_GUARDED_BY(hangup_mutex_) = false;  // and nothing was there to be called
  std::atomic<bool> destroyed_{false};
  std::thread thread_;
};

}  // namespace odometer::cli
