// Random choices that a seed repeats exactly, on every machine: the standard library's distributions do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace odometer {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // In [0, n); n > 0.
  uint64_t Below(uint64_t n) { return engine_() % n; }
  // In [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  // True so many times of a million.
  bool PerMillion(uint64_t chance) { return Below(1'000'000) < chance; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  template <typename T>
  const T& Of(const std::vector<T>& choices) {
    return choices[static_cast<size_t>(Below(choices.size()))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace odometer
