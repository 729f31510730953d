// Tiers: window sizes with their retention.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace odometer {

inline constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
// "No event seen yet", and the start of all time.
inline constexpr int64_t kBeginningOfTime = std::numeric_limits<int64_t>::min();

struct Tier {
  int64_t size_ms = 0;
  int64_t retention_ms = kForever;

  // The start of the window that holds ts_ms: rounded towards minus infinity.
  int64_t WindowStart(int64_t ts_ms) const {
    int64_t remainder = ts_ms % size_ms;
    return ts_ms - (remainder < 0 ? remainder + size_ms : remainder);
  }
  // Whether the window that starts there is still kept when stream time is stream_time_ms
  // (kBeginningOfTime: everything is).
  bool Retains(int64_t window_start_ms, int64_t stream_time_ms) const {
    if (retention_ms == kForever || stream_time_ms == kBeginningOfTime) return true;
    return window_start_ms + size_ms > stream_time_ms - retention_ms;
  }
  // The store's name: "windows-1s", "windows-5m", "windows-1h", "windows-1d", else in ms: "windows-1500ms".
  std::string StoreName() const;

  friend bool operator==(const Tier&, const Tier&) = default;
};

// What a processor keeps. Sizes ascend, each divides the next, so that coarser windows are sums of finer ones.
struct TierSet {
  std::vector<Tier> windows;
  bool total = true;  // one aggregate per series for all time

  // 1s for 1 h, 1m for 7 d, 1h for ever, and the total.
  static TierSet Default();
  // kInvalid with the rule that is broken.
  Status Validate() const;
  // Whether any tier, the total included, still keeps an event of that time.
  bool RetainsEvent(int64_t ts_ms, int64_t stream_time_ms) const;

  friend bool operator==(const TierSet&, const TierSet&) = default;
};

// "250ms", "10s", "5m", "1h", "7d", "forever" → ms. For configuration files and options.
Result<int64_t> ParseDuration(std::string_view text);
// The shortest such text.
std::string FormatDuration(int64_t ms);

}  // namespace odometer
