// A quantile sketch with bounded relative error, after DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
// fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019), with the cubically interpolated index
// mapping of its reference implementation: no logarithm is computed, so a value falls in the same bucket on every
// machine. docs/formats/aggregate.md has the formula and the bytes.
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

  // Requires a finite value. Magnitudes below 2^-1022 count as zero; counts stop at 2^64-1.
  void Add(double value, uint64_t count = 1);
  void Merge(const Sketch& other);

  uint64_t count() const { return count_; }
  // The value at rank floor(q * (count - 1)), counted from 0 in ascending order, within 1 %. q in [0, 1].
  // Nothing when empty.
  std::optional<double> Quantile(double q) const;

  void Encode(ByteWriter* out) const;
  // On malformed or non-canonical input nothing is returned.
  static std::optional<Sketch> Decode(ByteReader* in);

  size_t MemoryBytes() const;

  friend bool operator==(const Sketch& a, const Sketch& b) = default;

 private:
  struct Bucket {
    int32_t index;
    uint64_t count;
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };
  // Sorted by index, no index twice, no count of zero.
  using Buckets = std::vector<Bucket>;

  // The bucket of the smallest normal double, 2^-1022.
  static constexpr int32_t kMinIndex = -36154;

  void AddToBucket(Buckets* buckets, int32_t index, uint64_t count);
  void MergeBuckets(Buckets* to, const Buckets& from);
  void RaiseFloor(int32_t floor);
  void FoldUntilItFits();

  static int32_t IndexOf(double magnitude);
  static double ValueOf(int32_t index);
  static size_t EncodedBytes(int32_t previous_index, const Bucket& bucket);
  static size_t EncodedBytes(const Buckets& buckets);
  static void EncodeBuckets(const Buckets& buckets, ByteWriter* out);
  static bool DecodeBuckets(ByteReader* in, uint64_t size, int32_t floor, Buckets* out);

  Buckets positive_;
  Buckets negative_;  // by the index of the magnitude
  uint64_t zero_count_ = 0;
  uint64_t count_ = 0;
  // Buckets below were folded into the zero bucket, and so will be everything that would fall there.
  int32_t floor_ = kMinIndex;
  // What both lists take when encoded; never above the limit.
  uint32_t bucket_bytes_ = 0;
};

}  // namespace odometer
