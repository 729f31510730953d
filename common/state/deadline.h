// When an answer is no longer wanted, and how loops over rows notice.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/model/tier.h"

namespace odometer {

// A value; its clock must outlive it. Thread-safe.
class Deadline {
 public:
  Deadline() = default;  // never
  Deadline(const Clock* clock, int64_t at_steady_ms) : clock_(clock), at_ms_(at_steady_ms) {}

  bool Passed() const { return LeftMs() == 0; }
  // Not below 0; kForever: never.
  int64_t LeftMs() const {
    return clock_ == nullptr ? kForever : std::max<int64_t>(at_ms_ - clock_->SteadyMs(), 0);
  }

 private:
  const Clock* clock_ = nullptr;
  int64_t at_ms_ = kForever;
};

inline Status TookTooLong() { return Status::Retry("the answer took too long: ask for less at a time, or later"); }

// Counts rows, and looks at the clock once in a while. Not thread-safe.
class RowWatch {
 public:
  explicit RowWatch(const Deadline& deadline) : deadline_(deadline) {}

  // For every row that is read; kRetry once the deadline has passed.
  Status Next() {
    if (rows_++ % kRowsPerLook == 0 && deadline_.Passed()) return TookTooLong();
    return Status::Ok();
  }

 private:
  static constexpr uint64_t kRowsPerLook = 1'024;
  const Deadline deadline_;
  uint64_t rows_ = 0;
};

}  // namespace odometer
