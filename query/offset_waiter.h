// Requests that wait until the state reflects certain records. They occupy no worker: one thread asks for the state's
// position every few ms, on behalf of all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <thread>
#include <unordered_map>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/state/state_reader.h"
#include "query/min_offset.h"

namespace odometer {

// Thread-safe.
class OffsetWaiter {
 public:
  enum class Outcome { kReached, kTimedOut, kStopped };
  using Done = std::function<void(Outcome)>;

  // The state and the clock must outlive the waiter.
  // `max_parked`: of each tenant, so that one's flood takes no other's place.
  OffsetWaiter(StateReader* state, const Clock* clock, size_t max_parked);
  ~OffsetWaiter();

  // Calls `done` once, from the waiter's thread: it must not block. False, without a call, when too many of the tenant wait
  // already, or after Stop.
  bool Park(const std::string& tenant, OffsetSet wanted, int64_t deadline_steady_ms, Done done);

  void Start();
  // Ends what waits with kStopped. Idempotent.
  void Stop();

  // One look at the position; what the thread does again and again.
  void CheckOnce();
  size_t parked();

 private:
  struct Parked {
    std::string tenant;
    OffsetSet wanted;
    int64_t deadline_steady_ms;
    Done done;
  };
  void Run();
  // Moves it to `to`.
  void UnparkLocked(std::list<Parked>::iterator parked, std::list<Parked>* to) ODOMETER_REQUIRES(mutex_);

  StateReader* const state_;
  const Clock* const clock_;
  const size_t max_parked_;
  Mutex mutex_;
  CondVar wake_;
  std::list<Parked> parked_ ODOMETER_GUARDED_BY(mutex_);
  std::unordered_map<std::string, size_t> parked_of_ ODOMETER_GUARDED_BY(mutex_);  // by tenant; none has 0
  bool stopping_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace odometer
