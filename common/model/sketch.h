// A quantile sketch with bounded relative error, after DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
// fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019), with the cubically interpolated index
// mapping of its reference implementation: no logarithm is computed, so a value falls in the same bucket on every
// machine.
//
// Bounded: the encoding takes at most kMaxEncodedBytes. Where it would not fit, the buckets of the smallest magnitudes
// are folded into the zero bucket. What is kept depends only on the values added, not on their order or grouping.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"

namespace odometer {

// Not thread-safe; a value type.
class Sketch {
 public:
  static constexpr double kRelativeError = 0.0099;  // promised: 1 %
  static constexpr size_t kMaxEncodedBytes = 5000;

  // Requires a finite value.
  void Add(double value, uint64_t count = 1);
  void Merge(const Sketch& other);

  uint64_t count() const { return count_; }
  // The value at rank floor(q * (count - 1)), counted from 0 in ascending order, within 1 %. q in [0, 1].
  // Nothing when empty.
  std::optional<double> Quantile(double q) const;

  void Encode(ByteWriter* out) const;
  static std::optional<Sketch> Decode(ByteReader* in);

  size_t MemoryBytes() const;

  friend bool operator==(const Sketch& a, const Sketch& b);

 private:
  struct Bucket {
    int32_t index;
    uint64_t count;
  };
  // Sorted by index, no index twice, no count of zero.
  std::vector<Bucket> positive_;
  std::vector<Bucket> negative_;  // by the index of the magnitude
  uint64_t zero_count_ = 0;
  uint64_t count_ = 0;
};

}  // namespace odometer
