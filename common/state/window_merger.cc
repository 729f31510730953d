#include "common/state/window_merger.h"

#include <algorithm>
#include <string>

#include "common/base/bytes.h"
#include "common/model/tier.h"
#include "common/state/local_reader.h"

namespace odometer {

Status WindowMerger::Add(int64_t start_ms, Aggregate aggregate) {
  if (aggregate.empty()) return Status::Ok();
  const bool inside = range_.size_ms != 0 && range_.from_ms <= start_ms &&
                      Int128{start_ms} + range_.size_ms - 1 <= Int128{range_.to_ms};
  if (inside) return MergeIntoBucket(start_ms, std::move(aggregate));

  auto held = std::find_if(held_back_.begin(), held_back_.end(), [&](const auto& h) { return h.first == start_ms; });
  if (held == held_back_.end()) {
    held_back_.emplace_back(start_ms, std::move(aggregate));
  } else {
    held->second.Merge(aggregate);
  }
  return Status::Ok();
}

Status WindowMerger::EndSeries() {
  for (auto& [start_ms, aggregate] : held_back_) {
    if (aggregate.first_ts_ms() > range_.to_ms || aggregate.last_ts_ms() < range_.from_ms) continue;
    if (aggregate.first_ts_ms() < range_.from_ms || aggregate.last_ts_ms() > range_.to_ms) cut_ = true;
    ODOMETER_RETURN_IF_ERROR(MergeIntoBucket(start_ms, std::move(aggregate)));
  }
  held_back_.clear();
  return Status::Ok();
}

Status WindowMerger::MergeIntoBucket(int64_t start_ms, Aggregate aggregate) {
  auto [bucket, added] = buckets_.try_emplace(range_.BucketOf(start_ms));
  if (added) bytes_ += sizeof(Bucket);
  bytes_ -= bucket->second.HeapBytes();
  if (added) {
    bucket->second = std::move(aggregate);
  } else {
    bucket->second.Merge(aggregate);
  }
  bytes_ += bucket->second.HeapBytes();
  if (buckets_.size() > kMaxBuckets) return TooManyBuckets();
  if (bytes_ > kMaxAnswerBytes) {
    return Status::Invalid("the answer would be too large: ask for a shorter range or a longer period");
  }
  return Status::Ok();
}

std::vector<Bucket> WindowMerger::TakeBuckets() {
  std::vector<Bucket> taken;
  taken.reserve(buckets_.size());
  for (auto& [start_ms, aggregate] : buckets_) taken.push_back({start_ms, std::move(aggregate)});
  return taken;
}

}  // namespace odometer
