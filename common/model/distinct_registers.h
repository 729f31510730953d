// The registers of a distinct sketch: what one holds, and what many of them say together.
//
// A hash falls to one register, where it has a rank j >= 1: with the probability 2^-j, and the last rank as often as the
// one before. A register holds u, the highest rank that occurred (0: none), and whether u-1 and u-2 occurred:
// 4u + 2 [u-1] + [u-2].
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace odometer {

// Of registers chosen by the first 14 of 64 bits, which leaves 50 bits for the rank.
inline constexpr int kMaxRank = 51;
inline constexpr size_t kRegisterValues = 4 * kMaxRank + 4;

inline constexpr uint8_t RegisterOf(int rank) { return static_cast<uint8_t>(rank << 2); }

// What a register holds that has seen what both have seen. Associative, commutative and idempotent; 0 is neutral.
inline constexpr uint8_t MergeRegisters(uint8_t a, uint8_t b) {
  const uint8_t high = std::max(a, b);
  const uint8_t low = std::min(a, b);
  if (low == 0) return high;
  // The lower one's three bits for u, u-1 and u-2, seen from the higher u.
  const int below = (high >> 2) - (low >> 2);
  return static_cast<uint8_t>(high | (((4 | (low & 3)) >> std::min(below, 3)) & 3));
}

// Whether a register can hold it: below the rank 3 not both of the lower ranks exist.
inline constexpr bool IsRegister(uint8_t value) {
  return value >= 12 ? value < kRegisterValues : value == 0 || value == 4 || value == 8 || value == 10;
}

// How many distinct hashes are the most likely to have made the registers, with the number of hashes of each register
// taken as Poisson distributed (Otmar Ertl: "New cardinality estimation algorithms for HyperLogLog sketches", 2017, there
// for registers without the two bits). Infinite when every register is full.
double EstimateDistinct(std::span<const uint8_t> registers);

}  // namespace odometer
