// Decides which windows count for a range, and merges them into buckets.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/model/aggregate.h"
#include "common/state/state_reader.h"

namespace odometer {

// A window counts if its [first_ts, last_ts] meets the range, where "its" means the series' window over all tasks: one
// task's part may lie outside while another's lies inside. So the series are added one after the other, each with all
// of its parts; only windows that the range's ends cut are held back until their series is complete.
// Not thread-safe.
class WindowMerger {
 public:
  explicit WindowMerger(const WindowRange& range) : range_(range) {}

  // One task's part of a window of the current series; start_ms means nothing for the total.
  // kInvalid when there are too many buckets, or they take too much memory.
  Status Add(int64_t start_ms, Aggregate aggregate);
  // The current series has no further parts. Same errors as Add.
  Status EndSeries();

  bool cut() const { return cut_; }
  // Ascending. Ends the merger's use.
  std::vector<Bucket> TakeBuckets();

 private:
  Status MergeIntoBucket(int64_t start_ms, Aggregate aggregate);

  const WindowRange range_;
  std::vector<std::pair<int64_t, Aggregate>> held_back_;  // at most one per end of the range
  std::map<int64_t, Aggregate> buckets_;
  size_t bytes_ = 0;
  bool cut_ = false;
};

}  // namespace odometer
