// The events of the benchmark, the same for the same seed. Shares no code with the product.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace bench {

inline constexpr int64_t kWindowMs = 60'000;
inline constexpr int64_t kStartMs = 1'699'999'200'000;  // a full minute in November 2023
inline constexpr int64_t kSpanMs = 30 * kWindowMs;
inline constexpr int64_t kDisorderMs = 5'000;           // an event is at most this much older than its place in the log
inline constexpr int64_t kMaxValue = 1'000;

// SplitMix64: small, fast, and the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // In [0, bound), for bounds far below 2^32.
  uint64_t Below(uint64_t bound) { return ((Next() >> 32) * bound) >> 32; }
  // In [0, 1).
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

struct Event {
  uint32_t key = 0;
  int64_t value = 0;
  int64_t ts_ms = 0;
};

// Which keys occur, and how often.
struct Distribution {
  uint32_t keys = 0;
  bool skewed = false;  // the k-th key occurs in proportion to 1/k
};
inline constexpr Distribution kSetA{1'000, true};
inline constexpr Distribution kSetB{100'000, false};

// `events` events that span kSpanMs, out of order by up to kDisorderMs.
class Workload {
 public:
  Workload(const Distribution& distribution, uint64_t events, uint64_t seed)
      : distribution_(distribution), events_(events), random_(seed) {
    if (!distribution.skewed) return;
    double sum = 0;
    for (uint32_t k = 1; k <= distribution.keys; ++k) cumulative_.push_back(sum += 1.0 / k);
  }

  // Requires fewer than `events` calls so far.
  Event Next() {
    Event event;
    event.key = NextKey();
    event.value = 1 + static_cast<int64_t>(random_.Below(kMaxValue));
    auto place_ms = static_cast<int64_t>(made_ * static_cast<uint64_t>(kSpanMs) / events_);
    auto disorder_ms = static_cast<int64_t>(random_.Below(kDisorderMs));
    event.ts_ms = kStartMs + std::max<int64_t>(0, place_ms - disorder_ms);
    ++made_;
    return event;
  }

 private:
  uint32_t NextKey() {
    if (!distribution_.skewed) return static_cast<uint32_t>(random_.Below(distribution_.keys));
    double point = random_.Fraction() * cumulative_.back();
    auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), point);
    return std::min(static_cast<uint32_t>(found - cumulative_.begin()), distribution_.keys - 1);
  }

  Distribution distribution_;
  uint64_t events_;
  uint64_t made_ = 0;
  Random random_;
  std::vector<double> cumulative_;
};

inline std::string KeyName(uint32_t key) {
  char name[64];
  int size = std::snprintf(name, sizeof name, "shop.checkout.requests.item-%06u", key);
  return std::string(name, static_cast<size_t>(size));
}

}  // namespace bench
