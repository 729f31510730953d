#include "common/kafka/rd_owner_watch.h"

#include <algorithm>

namespace odometer::rd {

std::vector<TopicPartition> OwnerWatch::Check(const std::vector<std::string>& topics, int64_t now_ms) {
  if (now_ms < next_check_ms_) return {};
  next_check_ms_ = now_ms + kCheckMs;
  Counts counts;
  for (const std::string& topic : topics) {
    Result<int32_t> count = count_of_(topic);
    if (!count.ok()) return {};
    counts[topic] = *count;
  }
  if (counts == owned_counts_) return {};
  Result<std::set<TopicPartition>> owned = owned_();
  if (!owned.ok()) return {};
  std::vector<TopicPartition> ownerless;
  for (const auto& [topic, count] : counts) {
    for (int32_t p = 0; p < count; ++p) {
      if (!owned->contains({topic, p})) ownerless.push_back({topic, p});
    }
  }
  if (ownerless.empty()) {
    owned_counts_ = std::move(counts);
    ownerless_since_ms_ = -1;
    patience_ms_ = kPatienceMs;
    return {};
  }
  if (ownerless_since_ms_ < 0) ownerless_since_ms_ = now_ms;
  if (now_ms - ownerless_since_ms_ < patience_ms_) return {};
  ownerless_since_ms_ = now_ms;
  patience_ms_ = std::min(2 * patience_ms_, kMostPatienceMs);
  return ownerless;
}

}  // namespace odometer::rd
