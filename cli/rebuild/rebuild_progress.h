// How far a generation that is being built has come, for who watches it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "processor/rebuild_bounds.h"

namespace odometer::cli {

// What there is still to be counted up to the bounds.
int64_t RebuildLag(const PartitionOffsets& up_to, const PartitionOffsets& committed);

// A value type.
class RebuildProgress {
 public:
  explicit RebuildProgress(PartitionOffsets begin) : begin_(std::move(begin)) {}

  // Takes in how far it has come by then; steady ms.
  void Add(int64_t now_ms, const PartitionOffsets& up_to, const PartitionOffsets& committed);

  int64_t lag() const { return lag_; }
  // Records per second, over the last seconds.
  int64_t rate() const { return rate_; }
  // "1200 of 50000 records, 2 %, 400 records/s, lag 48800, 2 min left"
  std::string Text() const;

 private:
  struct Sample {
    int64_t at_ms;
    int64_t counted;
  };
  PartitionOffsets begin_;  // where it began
  std::optional<Sample> last_;
  int64_t counted_ = 0;
  int64_t lag_ = 0;
  int64_t rate_ = 0;
};

// "45 s", "12 min", "3 h"
std::string TimeLeft(int64_t seconds);

}  // namespace odometer::cli
