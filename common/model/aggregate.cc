#include "common/model/aggregate.h"

namespace odometer {
namespace {

template <typename AnySketch>
std::unique_ptr<AnySketch> CopyOf(const std::unique_ptr<AnySketch>& sketch) {
  return sketch ? std::make_unique<AnySketch>(*sketch) : nullptr;
}

template <typename AnySketch>
void MergeSketch(const std::unique_ptr<AnySketch>& from, std::unique_ptr<AnySketch>* to) {
  if (!from) return;
  if (*to) {
    (*to)->Merge(*from);
  } else {
    *to = CopyOf(from);
  }
}

}  // namespace

Aggregate::Aggregate(const Aggregate& other)
    : count_(other.count_),
      sum_(other.sum_),
      min_(other.min_),
      max_(other.max_),
      last_(other.last_),
      first_ts_ms_(other.first_ts_ms_),
      last_ts_ms_(other.last_ts_ms_),
      last_origin_(other.last_origin_),
      sketch_(CopyOf(other.sketch_)),
      members_(CopyOf(other.members_)) {}

Aggregate& Aggregate::operator=(const Aggregate& other) {
  if (this != &other) *this = Aggregate(other);
  return *this;
}

void Aggregate::Merge(const Aggregate& other) {
  if (other.empty()) return;
  AddRange(other.min_, other.max_, other.first_ts_ms_);
  AddLast(other.last_, other.last_ts_ms_, other.last_origin_);
  count_ = SaturatingAdd(count_, other.count_);
  sum_.Merge(other.sum_);
  MergeSketch(other.sketch_, &sketch_);
  MergeSketch(other.members_, &members_);
}

Aggregate Aggregate::FromParts(const Parts& parts) {
  Aggregate aggregate;
  if (parts.count == 0) return aggregate;
  aggregate.count_ = parts.count;
  aggregate.sum_ = parts.sum;
  aggregate.min_ = parts.min;
  aggregate.max_ = parts.max;
  aggregate.last_ = parts.last;
  aggregate.first_ts_ms_ = parts.first_ts_ms;
  aggregate.last_ts_ms_ = parts.last_ts_ms;
  aggregate.last_origin_ = parts.last_origin;
  return aggregate;
}

Aggregate::Parts Aggregate::parts() const {
  return {.count = count_,
          .sum = sum_,
          .min = min_,
          .max = max_,
          .last = last_,
          .first_ts_ms = first_ts_ms_,
          .last_ts_ms = last_ts_ms_,
          .last_origin = last_origin_};
}

double Aggregate::Mean() const { return sum_.AsDouble() / static_cast<double>(count_); }

void Aggregate::AddToSketch(const Number& value) {
  if (!sketch_) sketch_ = std::make_unique<Sketch>();
  sketch_->Add(value.AsDouble());
}

void Aggregate::AddToMembers(uint64_t hash) {
  if (!members_) members_ = std::make_unique<DistinctSketch>();
  members_->Add(hash);
}

}  // namespace odometer
