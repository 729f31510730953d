// The state of one series in one window, or for all time. Every type of metric is a view of it (views.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/distinct_sketch.h"
#include "common/model/exact_sum.h"
#include "common/model/number.h"
#include "common/model/saturating_add.h"
#include "common/model/sketch.h"

namespace odometer {

// Where a value came from. Of two values of one event time the later partition, then the later offset, is "the last".
struct Origin {
  int32_t partition = 0;
  int64_t offset = 0;
};

// Merge is associative and commutative: to the bit for whole numbers, within 1e-12 of the sum of magnitudes for
// fractions. Movable, copyable (sketches are copied). Not thread-safe.
class Aggregate {
 public:
  Aggregate() = default;
  Aggregate(const Aggregate& other);
  Aggregate& operator=(const Aggregate& other);
  Aggregate(Aggregate&&) noexcept = default;
  Aggregate& operator=(Aggregate&&) noexcept = default;

  // `with_sketch` is true for timers, and then for every value of the series.
  void Add(const Number& value, int64_t ts_ms, const Origin& origin, bool with_sketch) {
    AddRange(value, value, ts_ms);
    AddLast(value, ts_ms, origin);
    count_ = SaturatingAdd(count_, 1);
    sum_.Add(value);
    if (with_sketch) AddToSketch(value);
  }
  // Of a set: a value that is a member and no number, by its hash (DistinctSketch::HashOf). As a number it is 0.
  void AddMember(uint64_t hash, int64_t ts_ms, const Origin& origin) {
    Add(Number(), ts_ms, origin, /*with_sketch=*/false);
    AddToMembers(hash);
  }
  void Merge(const Aggregate& other);

  // The aggregate that a record of another system stands for ("set"). Without sketches. A count of 0 gives an empty
  // aggregate, whatever else the parts say.
  struct Parts {
    uint64_t count = 0;
    ExactSum sum;
    Number min, max, last;
    int64_t first_ts_ms = 0, last_ts_ms = 0;
    Origin last_origin;
  };
  static Aggregate FromParts(const Parts& parts);
  // All but the sketches.
  Parts parts() const;

  // Nothing was added; then the other accessors mean nothing.
  bool empty() const { return count_ == 0; }
  uint64_t count() const { return count_; }
  const ExactSum& sum() const { return sum_; }
  const Number& min() const { return min_; }
  const Number& max() const { return max_; }
  // Event times of the earliest and the latest value, epoch ms.
  int64_t first_ts_ms() const { return first_ts_ms_; }
  int64_t last_ts_ms() const { return last_ts_ms_; }
  // The last value: highest event time, then partition, then offset.
  const Number& last() const { return last_; }
  const Origin& last_origin() const { return last_origin_; }
  // Null when no value was added with a sketch.
  const Sketch* sketch() const { return sketch_.get(); }
  // Null when no member was added.
  const DistinctSketch* members() const { return members_.get(); }

  // sum / count. Requires !empty().
  double Mean() const;

  void DropSketch() { sketch_.reset(); }
  void DropMembers() { members_.reset(); }

  // Bytes on the heap, besides sizeof(Aggregate).
  size_t HeapBytes() const {
    return (sketch_ ? sketch_->MemoryBytes() : 0) + (members_ ? members_->MemoryBytes() : 0);
  }

 private:
  friend struct AggregateCodec;

  // Both before count_ changes: they ask whether anything was there.
  void AddRange(const Number& min, const Number& max, int64_t first_ts_ms) {
    if (empty()) {
      min_ = min;
      max_ = max;
      first_ts_ms_ = first_ts_ms;
      return;
    }
    if (min < min_) min_ = min;
    if (max_ < max) max_ = max;
    if (first_ts_ms < first_ts_ms_) first_ts_ms_ = first_ts_ms;
  }
  void AddLast(const Number& value, int64_t ts_ms, const Origin& origin) {
    if (!empty() && !IsLater(value, ts_ms, origin)) return;
    last_ = value;
    last_ts_ms_ = ts_ms;
    last_origin_ = origin;
  }
  bool IsLater(const Number& value, int64_t ts_ms, const Origin& origin) const {
    if (ts_ms != last_ts_ms_) return ts_ms > last_ts_ms_;
    if (origin.partition != last_origin_.partition) return origin.partition > last_origin_.partition;
    if (origin.offset != last_origin_.offset) return origin.offset > last_origin_.offset;
    return last_ < value;  // no two records are at one offset; the order must be total all the same
  }
  void AddToSketch(const Number& value);
  void AddToMembers(uint64_t hash);

  uint64_t count_ = 0;
  ExactSum sum_;
  Number min_, max_, last_;
  int64_t first_ts_ms_ = 0;
  int64_t last_ts_ms_ = 0;
  Origin last_origin_;
  std::unique_ptr<Sketch> sketch_;
  std::unique_ptr<DistinctSketch> members_;
};

}  // namespace odometer
