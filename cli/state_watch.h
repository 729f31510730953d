// Whether the state can be read, asked now and then, so that /readyz need not wait for it.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "common/base/mutex.h"
#include "common/state/state_reader.h"

namespace odometer::cli {

// Thread-safe.
class StateWatch {
 public:
  // `state` must outlive the watch.
  explicit StateWatch(StateReader* state);
  ~StateWatch();
  StateWatch(const StateWatch&) = delete;
  StateWatch& operator=(const StateWatch&) = delete;

  // Empty: the state can be read.
  std::vector<std::string> NotReady() const;

 private:
  void Run();

  StateReader* const state_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool ending_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::string reason_ ODOMETER_GUARDED_BY(mutex_) = "the state was not asked yet";
  std::thread thread_;
};

}  // namespace odometer::cli
