// SIGTERM and SIGINT as something that can be waited for.
#pragma once

#include <thread>

#include "common/base/mutex.h"

namespace odometer::cli {

// Made in main before any other thread, because it blocks the two signals for all threads that come after it.
// The first signal asks to stop. A second one, or kHardExitMs without an end, ends the process at once with code 1.
// Thread-safe.
class StopSignal {
 public:
  static constexpr int kHardExitMs = 25'000;

  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // True once asked to stop; waits for that at most ms.
  bool WaitFor(int ms);

 private:
  void Run();

  int signal_fd_ = -1;
  int end_fd_ = -1;
  Mutex mutex_;
  CondVar changed_;
  bool asked_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace odometer::cli
