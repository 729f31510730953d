// Random choices that a seed repeats exactly, on every machine: the standard library's distributions do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace odometer {

// SplitMix64 (Steele, Lea, Flood, 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // The stream of one kind of choice: those of other kinds do not change it.
  Random(uint64_t seed, std::string_view kind) : state_(seed) {
    for (char c : kind) state_ = Next() ^ static_cast<unsigned char>(c);
  }
  // A stream of its own, for one draw of this one, however many are taken from it.
  Random Fork() { return Random(Next()); }

  // In [0, n); n > 0.
  uint64_t Below(uint64_t n) { return Next() % n; }
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
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  uint64_t state_;
};

}  // namespace odometer
