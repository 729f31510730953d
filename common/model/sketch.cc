#include "common/model/sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "common/model/canonical_reader.h"
#include "common/model/saturating_add.h"

namespace odometer {
namespace {

// The index of v = 2^e (1 + s), 0 <= s < 1, is floor(kMultiplier (e + P(s))) with P(s) = A s^3 + B s^2 + C s, which
// runs from 0 to 1 like log2(1 + s) and nearly as straight. d(e + P)/d(ln v) = (1 + s) P'(s) is at least 10/7 (at s = 0
// and s = 2/3), so a bucket spans at most 7 / (10 kMultiplier) in ln v; for the relative error a that may be
// ln((1 + a) / (1 - a)), so kMultiplier must be at least 7 / (10 ln((1 + a) / (1 - a))) = 35.3524 for a = 0.0099.
constexpr double kMultiplier = 35.375;
constexpr double kA = 6.0 / 35;
constexpr double kB = -3.0 / 5;
constexpr double kC = 10.0 / 7;
constexpr int32_t kMaxIndex = 36223;  // of the largest double

// Floor, zero count, and the sizes of both lists, as varints at their longest.
constexpr size_t kMaxHeaderBytes = 3 + 10 + 2 + 2;
constexpr size_t kMaxBucketBytes = Sketch::kMaxEncodedBytes - kMaxHeaderBytes;

// The smallest value of a bucket, as mantissa * 2^exponent with 1 <= mantissa < 2.
struct Bound {
  double mantissa;
  int exponent;
};

Bound LowerBound(int32_t index) {
  double position = index / kMultiplier;
  double exponent = std::floor(position);
  double target = position - exponent;
  double s = target;
  // Newton's method: P is smooth and its slope lies between 0.7 and 1.5, so this is far more than is needed.
  for (int i = 0; i < 8; ++i) s -= (((kA * s + kB) * s + kC) * s - target) / ((3 * kA * s + 2 * kB) * s + kC);
  return {1 + s, static_cast<int>(exponent)};
}

size_t VarintSize(uint64_t v) { return (static_cast<size_t>(std::bit_width(v | 1)) + 6) / 7; }

}  // namespace

int32_t Sketch::IndexOf(double magnitude) {
  constexpr uint64_t kMantissaBits = (uint64_t{1} << 52) - 1;
  uint64_t bits = std::bit_cast<uint64_t>(magnitude);
  double exponent = static_cast<double>(static_cast<int64_t>(bits >> 52) - 1023);
  double s = std::bit_cast<double>((bits & kMantissaBits) | std::bit_cast<uint64_t>(1.0)) - 1;
  double position = kMultiplier * (exponent + ((kA * s + kB) * s + kC) * s);
  int32_t truncated = static_cast<int32_t>(position);
  int32_t index = truncated > position ? truncated - 1 : truncated;
  return std::min(index, kMaxIndex);
}

// Relative to it, both ends of the bucket are equally far: 2 low high / (low + high).
double Sketch::ValueOf(int32_t index) {
  Bound low = LowerBound(index);
  Bound high = LowerBound(index + 1);
  double ratio = std::ldexp(high.mantissa, high.exponent - low.exponent) / low.mantissa;
  return std::ldexp(low.mantissa * (2 * ratio / (1 + ratio)), low.exponent);
}

void Sketch::Add(double value, uint64_t count) {
  if (count == 0) return;
  count_ = SaturatingAdd(count_, count);
  double magnitude = std::abs(value);
  int32_t index = magnitude < std::numeric_limits<double>::min() ? kMinIndex - 1 : IndexOf(magnitude);
  if (index < floor_) {
    zero_count_ = SaturatingAdd(zero_count_, count);
    return;
  }
  AddToBucket(value < 0 ? &negative_ : &positive_, index, count);
  FoldUntilItFits();
}

void Sketch::Merge(const Sketch& other) {
  count_ = SaturatingAdd(count_, other.count_);
  zero_count_ = SaturatingAdd(zero_count_, other.zero_count_);
  RaiseFloor(other.floor_);
  MergeBuckets(&positive_, other.positive_);
  MergeBuckets(&negative_, other.negative_);
  FoldUntilItFits();
}

void Sketch::AddToBucket(Buckets* buckets, int32_t index, uint64_t count) {
  auto at = std::lower_bound(buckets->begin(), buckets->end(), index,
                             [](const Bucket& bucket, int32_t i) { return bucket.index < i; });
  int32_t previous = at == buckets->begin() ? kMinIndex - 1 : std::prev(at)->index;
  size_t bytes = bucket_bytes_;
  if (at != buckets->end() && at->index == index) {
    bytes -= EncodedBytes(previous, *at);
    at->count = SaturatingAdd(at->count, count);
    bytes += EncodedBytes(previous, *at);
  } else {
    Bucket bucket{index, count};
    bytes += EncodedBytes(previous, bucket);
    if (at != buckets->end()) bytes += EncodedBytes(index, *at) - EncodedBytes(previous, *at);
    buckets->insert(at, bucket);
  }
  bucket_bytes_ = static_cast<uint32_t>(bytes);
}

void Sketch::MergeBuckets(Buckets* to, const Buckets& from) {
  auto next = std::lower_bound(from.begin(), from.end(), floor_,
                               [](const Bucket& bucket, int32_t i) { return bucket.index < i; });
  for (auto folded = from.begin(); folded != next; ++folded) {
    zero_count_ = SaturatingAdd(zero_count_, folded->count);
  }
  size_t added = static_cast<size_t>(from.end() - next);
  if (to != &from && added * 16 < to->size()) {
    for (; next != from.end(); ++next) AddToBucket(to, next->index, next->count);
    return;
  }
  Buckets merged;
  merged.reserve(to->size() + added);
  for (auto mine = to->begin(); mine != to->end() || next != from.end();) {
    if (next == from.end() || (mine != to->end() && mine->index < next->index)) {
      merged.push_back(*mine++);
    } else if (mine == to->end() || next->index < mine->index) {
      merged.push_back(*next++);
    } else {
      merged.push_back({mine->index, SaturatingAdd(mine->count, next->count)});
      ++mine;
      ++next;
    }
  }
  bucket_bytes_ += static_cast<uint32_t>(EncodedBytes(merged) - EncodedBytes(*to));
  *to = std::move(merged);
}

void Sketch::RaiseFloor(int32_t floor) {
  if (floor <= floor_) return;
  floor_ = floor;
  for (Buckets* buckets : {&positive_, &negative_}) {
    auto kept = buckets->begin();
    for (; kept != buckets->end() && kept->index < floor; ++kept) {
      zero_count_ = SaturatingAdd(zero_count_, kept->count);
    }
    if (kept == buckets->begin()) continue;
    buckets->erase(buckets->begin(), kept);
  }
  bucket_bytes_ = static_cast<uint32_t>(EncodedBytes(positive_) + EncodedBytes(negative_));
}

// Adding data never makes the encoding of the buckets above any floor shorter: a count's varint only grows, and a
// bucket put into a gap costs at least what the shorter gap saves. So the lowest floor at which the encoding fits
// only rises as data is added, and is the same whatever the order and the grouping.
void Sketch::FoldUntilItFits() {
  if (bucket_bytes_ <= kMaxBucketBytes) return;
  size_t bytes = bucket_bytes_;
  int32_t floor = floor_;
  size_t positive = 0;
  size_t negative = 0;
  auto drop_below_floor = [&](const Buckets& buckets, size_t* first) {
    if (*first == buckets.size() || buckets[*first].index >= floor) return;
    bytes -= EncodedBytes(kMinIndex - 1, buckets[*first]);
    if (++*first == buckets.size()) return;
    bytes -= EncodedBytes(buckets[*first - 1].index, buckets[*first]);
    bytes += EncodedBytes(kMinIndex - 1, buckets[*first]);
  };
  while (bytes > kMaxBucketBytes) {
    int32_t lowest = kMaxIndex;
    if (positive < positive_.size()) lowest = positive_[positive].index;
    if (negative < negative_.size()) lowest = std::min(lowest, negative_[negative].index);
    floor = lowest + 1;
    drop_below_floor(positive_, &positive);
    drop_below_floor(negative_, &negative);
  }
  RaiseFloor(floor);
}

std::optional<double> Sketch::Quantile(double q) const {
  if (count_ == 0) return std::nullopt;
  double last_rank = static_cast<double>(count_ - 1);
  double wanted = std::floor(q * last_rank);
  uint64_t rank = wanted >= last_rank ? count_ - 1 : static_cast<uint64_t>(std::max(wanted, 0.0));
  for (auto bucket = negative_.rbegin(); bucket != negative_.rend(); ++bucket) {
    if (rank < bucket->count) return -ValueOf(bucket->index);
    rank -= bucket->count;
  }
  if (rank < zero_count_) return 0.0;
  rank -= zero_count_;
  for (const Bucket& bucket : positive_) {
    if (rank < bucket.count) return ValueOf(bucket.index);
    rank -= bucket.count;
  }
  return 0.0;  // not reached: the ranks below count() are all taken
}

size_t Sketch::EncodedBytes(int32_t previous_index, const Bucket& bucket) {
  uint64_t gap = static_cast<uint64_t>(bucket.index - previous_index - 1);
  uint64_t twice = bucket.count >> 63 != 0 ? UINT64_MAX : bucket.count * 2;  // 65 bits take the 10 bytes of 64
  return gap == 0 ? VarintSize(twice) : VarintSize(twice - 1) + VarintSize(gap);
}

size_t Sketch::EncodedBytes(const Buckets& buckets) {
  size_t bytes = 0;
  int32_t previous = kMinIndex - 1;
  for (const Bucket& bucket : buckets) {
    bytes += EncodedBytes(previous, bucket);
    previous = bucket.index;
  }
  return bytes;
}

void Sketch::Encode(ByteWriter* out) const {
  out->Varint(static_cast<uint64_t>(floor_ - kMinIndex));
  out->Varint(zero_count_);
  out->Varint(positive_.size());
  out->Varint(negative_.size());
  EncodeBuckets(positive_, out);
  EncodeBuckets(negative_, out);
}

void Sketch::EncodeBuckets(const Buckets& buckets, ByteWriter* out) {
  int32_t previous = kMinIndex - 1;
  for (const Bucket& bucket : buckets) {
    uint64_t gap = static_cast<uint64_t>(bucket.index - previous - 1);
    Int128 count = static_cast<Int128>(bucket.count);
    out->SignedVarint128(gap == 0 ? count : -count);
    if (gap != 0) out->Varint(gap);
    previous = bucket.index;
  }
}

std::optional<Sketch> Sketch::Decode(ByteReader* in) {
  Sketch sketch;
  uint64_t floor = 0;
  uint64_t positive = 0;
  uint64_t negative = 0;
  if (!ReadVarint(in, &floor) || !ReadVarint(in, &sketch.zero_count_)) return std::nullopt;
  if (!ReadVarint(in, &positive) || !ReadVarint(in, &negative)) return std::nullopt;
  if (floor > static_cast<uint64_t>(kMaxIndex + 1 - kMinIndex)) return std::nullopt;
  // What raised the floor was folded into the zero bucket.
  if (floor != 0 && sketch.zero_count_ == 0) return std::nullopt;
  sketch.floor_ = kMinIndex + static_cast<int32_t>(floor);
  if (!DecodeBuckets(in, positive, sketch.floor_, &sketch.positive_)) return std::nullopt;
  if (!DecodeBuckets(in, negative, sketch.floor_, &sketch.negative_)) return std::nullopt;
  size_t bytes = EncodedBytes(sketch.positive_) + EncodedBytes(sketch.negative_);
  if (bytes > kMaxBucketBytes) return std::nullopt;
  sketch.bucket_bytes_ = static_cast<uint32_t>(bytes);
  sketch.count_ = sketch.zero_count_;
  for (const Buckets* buckets : {&sketch.positive_, &sketch.negative_}) {
    for (const Bucket& bucket : *buckets) sketch.count_ = SaturatingAdd(sketch.count_, bucket.count);
  }
  return sketch;
}

bool Sketch::DecodeBuckets(ByteReader* in, uint64_t size, int32_t floor, Buckets* out) {
  if (size > kMaxBucketBytes) return false;  // each takes a byte or more
  out->reserve(size);
  int32_t previous = kMinIndex - 1;
  for (uint64_t i = 0; i < size; ++i) {
    Int128 count = 0;
    uint64_t gap = 0;
    if (!ReadSignedVarint128(in, &count) || count == 0) return false;
    // Within these the sign can be changed.
    if (count > Int128{UINT64_MAX} || count < -Int128{UINT64_MAX}) return false;
    if (count < 0) {
      count = -count;
      if (!ReadVarint(in, &gap) || gap == 0) return false;
    }
    if (gap > static_cast<uint64_t>(kMaxIndex - kMinIndex)) return false;
    int32_t index = previous + 1 + static_cast<int32_t>(gap);
    if (index < floor || index > kMaxIndex) return false;
    out->push_back({index, static_cast<uint64_t>(count)});
    previous = index;
  }
  return true;
}

size_t Sketch::MemoryBytes() const {
  return sizeof(Sketch) + (positive_.capacity() + negative_.capacity()) * sizeof(Bucket);
}

}  // namespace odometer
