#include "cli/rebuild/rebuild_progress.h"

#include <fmt/core.h>

#include <algorithm>

namespace odometer::cli {
namespace {

constexpr int64_t kSampleMs = 3'000;
constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 3600;

int64_t OffsetOf(const PartitionOffsets& offsets, const TopicPartition& partition) {
  const auto found = offsets.find(partition);
  return found == offsets.end() ? 0 : found->second;
}

}  // namespace

int64_t RebuildLag(const PartitionOffsets& up_to, const PartitionOffsets& committed) {
  int64_t lag = 0;
  for (const auto& [partition, offset] : up_to) lag += std::max<int64_t>(0, offset - OffsetOf(committed, partition));
  return lag;
}

void RebuildProgress::Add(int64_t now_ms, const PartitionOffsets& up_to, const PartitionOffsets& committed) {
  counted_ = RebuildLag(committed, begin_);
  lag_ = 0;
  for (const auto& [partition, offset] : up_to) {
    const int64_t from = std::max(OffsetOf(begin_, partition), OffsetOf(committed, partition));
    lag_ += std::max<int64_t>(0, offset - from);
  }
  if (!last_) last_ = Sample{now_ms, counted_};
  if (now_ms - last_->at_ms < kSampleMs) return;
  rate_ = (counted_ - last_->counted) * 1000 / (now_ms - last_->at_ms);
  last_ = Sample{now_ms, counted_};
}

std::string RebuildProgress::Text() const {
  const int64_t all = counted_ + lag_;
  const int64_t percent = all == 0 ? 100 : counted_ * 100 / all;
  std::string text =
      fmt::format("{} of {} records, {} %, {} records/s, lag {}", counted_, all, percent, rate_, lag_);
  if (rate_ > 0 && lag_ > 0) text += fmt::format(", {} left", TimeLeft(lag_ / rate_));
  return text;
}

std::string TimeLeft(int64_t seconds) {
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", seconds / kMinute);
  return fmt::format("{} h", seconds / kHour);
}

}  // namespace odometer::cli
