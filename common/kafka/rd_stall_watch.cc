#include "common/kafka/rd_stall_watch.h"

#include <string>
#include <utility>

namespace odometer::rd {

Status StallWatch::Check(const std::map<TopicPartition, AssignedPartition>& partitions, int64_t now_ms) {
  if (now_ms < next_check_ms_) return Status::Ok();
  next_check_ms_ = now_ms + kCheckMs;
  std::erase_if(watched_, [&](const auto& watched) { return !partitions.contains(watched.first); });
  for (const auto& [tp, partition] : partitions) ODOMETER_RETURN_IF_ERROR(CheckOne(partition, now_ms));
  return Status::Ok();
}

Status StallWatch::CheckOne(const AssignedPartition& partition, int64_t now_ms) {
  if (partition.state != AssignedPartition::State::kRunning) {
    watched_.erase(partition.tp);
    return Status::Ok();
  }
  auto [it, is_new] = watched_.try_emplace(partition.tp);
  Watched& watched = it->second;
  if (is_new || watched.next != partition.next) {
    watched = {.next = partition.next, .since_ms = now_ms};
    return Status::Ok();
  }
  const int64_t silent_ms = now_ms - watched.since_ms;
  if (silent_ms < kPatienceMs) return Status::Ok();
  Result<int64_t> end = end_of_(partition.tp);
  if (!end.ok()) return Status::Ok();  // a broker that does not answer has nothing to deliver either
  if (*end > partition.next) {
    // Once is not enough: they may have been written just now.
    if (!std::exchange(watched.suspected, true)) return Status::Ok();
    return Status::Recover(ToString(partition.tp) + " has records up to offset " + std::to_string(*end) +
                           ", but nothing after " + std::to_string(partition.next) + " has arrived for " +
                           std::to_string(silent_ms / 1000) + " s");
  }
  watched.suspected = false;
  watched.since_ms = now_ms;
  // Nor is it here: a transaction may have begun just now.
  const bool open = log_end_of_(partition.tp).value_or(0) > partition.next;
  watched.held_up = std::exchange(watched.open, open) && open;
  return Status::Ok();
}

std::vector<TopicPartition> StallWatch::HeldUp() const {
  std::vector<TopicPartition> held_up;
  for (const auto& [tp, watched] : watched_) {
    if (watched.held_up) held_up.push_back(tp);
  }
  return held_up;
}

}  // namespace odometer::rd
