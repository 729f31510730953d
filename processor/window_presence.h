// Which windows of a series are certainly not in the store yet, so that the commit need not ask it. Most windows that
// a commit writes are new, and a look-up of what is not there costs as much as one of what is.
#pragma once

#include <cstdint>
#include <vector>

#include "common/model/series.h"
#include "common/model/tier.h"

namespace odometer {

// Of one task and one tier (or the total). Errs only towards "may be there". Not thread-safe.
class WindowPresence {
 public:
  // Series below `first_new_id` may have any window up to the one that holds `stream_time_ms`, and none after it;
  // series from there on have none. `tier` null: the total, whose only window starts at 0.
  WindowPresence(const Tier* tier, SeriesId first_new_id, int64_t stream_time_ms);

  // What a series takes here; the table grows by doubling.
  static constexpr uint64_t kBytesPerSeries = 24;

  // Whether the store may hold that window; from now on it does.
  bool TestAndSet(SeriesId series, int64_t window_start_ms);

 private:
  // The highest window seen and, by bit, the 63 before it.
  struct Recent {
    int64_t highest;
    uint64_t seen;
  };
  int64_t IndexOf(int64_t window_start_ms) const { return size_ms_ == 0 ? 0 : window_start_ms / size_ms_; }

  const int64_t size_ms_;
  const SeriesId first_new_id_;
  const int64_t restored_highest_;
  std::vector<Recent> recent_;  // by series id
};

}  // namespace odometer
