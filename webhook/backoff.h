// How long to wait before the next attempt.
#pragma once

#include <algorithm>
#include <cstdint>

namespace odometer {

inline constexpr int64_t kFirstBackoffMs = 1'000;
inline constexpr int64_t kLongestBackoffMs = 300'000;

// After so many failures in a row, at least 1. It doubles, up to 5 min, and lies at random in the upper half of that, so
// that what failed together does not come back together. `random` is in [0, 1).
inline int64_t BackoffMs(int failures, double random) {
  const int doublings = std::clamp(failures - 1, 0, 20);
  const int64_t longest_ms = std::min(kFirstBackoffMs << doublings, kLongestBackoffMs);
  return longest_ms / 2 + static_cast<int64_t>(random * static_cast<double>(longest_ms / 2));
}

}  // namespace odometer
