// Counts stop at 2^64-1 instead of starting again from 0; stopping keeps addition associative and commutative.
#pragma once

#include <cstdint>

namespace odometer {

inline uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  uint64_t sum = a + b;
  return sum < a ? UINT64_MAX : sum;
}

}  // namespace odometer
