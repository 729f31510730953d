#include "webhook/webhook.h"

#include <utility>

#include "common/base/log.h"

namespace odometer {
namespace {

constexpr const char* kLog = "webhook";
constexpr int kPollMs = 100;
// While requests are under way their results are waited for, and records are looked for in between.
constexpr int kResultMs = 20;
constexpr int64_t kCommitEveryMs = 500;
constexpr int64_t kRetryMs = 1'000;

}  // namespace

Webhook::Webhook(WebhookOptions options, WebhookParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      deliveries_(options_.delivery, parts_.poster, parts_.clock, parts_.random, parts_.metrics) {}

Status Webhook::Start() {
  Result<std::optional<TopicInfo>> info = parts_.admin->Describe(options_.topic);
  if (!info.ok()) return info.status();
  if (!info->has_value()) return Status::Retry("topic " + options_.topic + " does not exist: the processor creates it");
  return parts_.consumer->Subscribe({options_.topic});
}

Status Webhook::RunOnce() {
  ODOMETER_RETURN_IF_ERROR(parts_.consumer->Poll(deliveries_.posting() ? 0 : kPollMs, this));
  ODOMETER_RETURN_IF_ERROR(StartAssigned());
  ODOMETER_RETURN_IF_ERROR(ReadAgain());
  deliveries_.Step(deliveries_.posting() ? kResultMs : 0);
  if (parts_.clock->SteadyMs() < commit_at_ms_) return Status::Ok();
  parts_.metrics->SetBacklog(deliveries_.backlog());
  UpdateReadiness();
  return Commit();
}

void Webhook::UpdateReadiness() {
  if (!assigned_ || !to_start_.empty()) return;  // told already
  for (const auto& [partition, offset] : committed_) {
    if (parts_.consumer->CachedEnd({options_.topic, partition})) continue;
    return SetNotReady("partition " + std::to_string(partition) + ": its end is not known, no broker is reached");
  }
  SetNotReady("");
}

void Webhook::Shutdown() {
  if (std::exchange(closed_, true)) return;
  SetNotReady("stopping");
  deliveries_.BeginNoMore();
  while (deliveries_.posting()) deliveries_.Step(kResultMs);  // each ends within its time-out
  if (Status status = CommitOffsets(); !status.ok()) {
    LogWarn(kLog, "offsets are not committed, so alerts will be delivered again: {}", status.message());
  }
  parts_.consumer->Close(this);
}

std::vector<std::string> Webhook::NotReadyReasons() const {
  MutexLock lock(mutex_);
  return not_ready_.empty() ? std::vector<std::string>{} : std::vector<std::string>{not_ready_};
}

void Webhook::SetNotReady(std::string reason) {
  MutexLock lock(mutex_);
  not_ready_ = std::move(reason);
}

void Webhook::OnAssigned(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& tp : partitions) to_start_.insert(tp.partition);
  start_at_ms_ = 0;
  assigned_ = true;
  if (!to_start_.empty()) SetNotReady("partitions are not read yet");
}

void Webhook::OnRevoked(const std::vector<TopicPartition>& partitions) {
  if (Status status = CommitOffsets(); !status.ok()) {
    LogWarn(kLog, "offsets are not committed, so alerts will be delivered again: {}", status.message());
  }
  Drop(partitions);
}

void Webhook::OnLost(const std::vector<TopicPartition>& partitions) {
  LogWarn(kLog, "lost partitions={}", partitions.size());
  Drop(partitions);
}

void Webhook::Drop(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& tp : partitions) {
    to_start_.erase(tp.partition);
    committed_.erase(tp.partition);
    deliveries_.Revoke(tp.partition);
  }
}

Status Webhook::StartAssigned() {
  const int64_t now_ms = parts_.clock->SteadyMs();
  if (to_start_.empty() || now_ms < start_at_ms_) return Status::Ok();
  while (!to_start_.empty()) {
    const TopicPartition tp{options_.topic, *to_start_.begin()};
    Result<int64_t> offset = StartOffset(tp);
    if (!offset.ok() && offset.status().Is(ErrorKind::kRetry)) {
      LogWarn(kLog, "{} cannot be read yet: {}", ToString(tp), offset.status().message());
      SetNotReady(ToString(tp) + ": " + offset.status().message());
      start_at_ms_ = now_ms + kRetryMs;
      return Status::Ok();
    }
    if (!offset.ok()) return offset.status();
    ODOMETER_RETURN_IF_ERROR(parts_.consumer->Start(tp, *offset));
    deliveries_.Assign(tp.partition, *offset);
    committed_[tp.partition] = *offset;
    to_start_.erase(to_start_.begin());
  }
  return Status::Ok();
}

Result<int64_t> Webhook::StartOffset(const TopicPartition& tp) {
  Result<std::optional<int64_t>> committed = parts_.consumer->Committed(tp);
  if (!committed.ok()) return committed.status();
  Result<OffsetRange> range = parts_.admin->Offsets(tp);
  if (!range.ok()) return range.status();
  // A topic from its beginning: at least once is promised from there on too.
  if (!committed->has_value()) return range->begin;
  const int64_t offset = **committed;
  if (offset >= range->begin && offset <= range->end) return offset;
  LogError(kLog, "{}: alerts from offset {} on were deleted before they were delivered, or the topic was created again: "
           "going on at {}", ToString(tp), offset, range->begin);
  return range->begin;
}

Status Webhook::ReadAgain() {
  for (const auto& [partition, offset] : deliveries_.TakeRewinds()) {
    ODOMETER_RETURN_IF_ERROR(parts_.consumer->Start({options_.topic, partition}, offset));
  }
  return Status::Ok();
}

Status Webhook::Commit() {
  const Status status = CommitOffsets();
  commit_at_ms_ = parts_.clock->SteadyMs() + kCommitEveryMs;
  if (!status.Is(ErrorKind::kRetry)) return status;
  LogWarn(kLog, "offsets are not committed yet: {}", status.message());
  return Status::Ok();
}

Status Webhook::CommitOffsets() {
  std::vector<std::pair<TopicPartition, int64_t>> offsets;
  for (const auto& [partition, offset] : deliveries_.DeliveredTo()) {
    if (committed_.at(partition) != offset) offsets.push_back({{options_.topic, partition}, offset});
  }
  if (offsets.empty()) return Status::Ok();
  ODOMETER_RETURN_IF_ERROR(parts_.consumer->CommitOffsets(offsets));
  for (const auto& [tp, offset] : offsets) committed_[tp.partition] = offset;
  return Status::Ok();
}

}  // namespace odometer
