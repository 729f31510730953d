#include "webhook/deliveries.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "webhook/alert.h"
#include "webhook/backoff.h"
#include "webhook/signature.h"

namespace odometer {
namespace {

constexpr const char* kLog = "webhook";

}  // namespace

Deliveries::Deliveries(DeliveryOptions options, Poster* poster, const Clock* clock, std::function<double()> random,
                       WebhookMetrics* metrics)
    : options_(std::move(options)), poster_(poster), clock_(clock), random_(std::move(random)), metrics_(metrics) {
  for (const WebhookTarget& target : options_.targets) orgs_[target.org].target = target;
}

void Deliveries::Assign(int32_t partition, int64_t offset) {
  partitions_.insert_or_assign(partition, PartitionCursor(offset));
}

void Deliveries::Revoke(int32_t partition) {
  partitions_.erase(partition);
  for (auto& [name, org] : orgs_) {
    if (org.queue.empty()) continue;
    if (org.queue.front().partition == partition) org.head_is_posted = false;
    std::erase_if(org.queue, [partition](const Alert& alert) { return alert.partition == partition; });
    org.bytes = 0;
    for (const Alert& alert : org.queue) org.bytes += alert.MemoryBytes();
  }
}

void Deliveries::OnRecord(const RecordView& record) {
  auto cursor = partitions_.find(record.partition);
  if (cursor == partitions_.end()) return;
  const bool first = cursor->second.PassTo(record.offset + 1);
  Take(record, first, &cursor->second);
}

void Deliveries::OnPassed(int32_t partition, int64_t next_offset) {
  if (auto cursor = partitions_.find(partition); cursor != partitions_.end()) cursor->second.PassTo(next_offset);
}

void Deliveries::Take(const RecordView& record, bool first, PartitionCursor* cursor) {
  std::optional<AlertHead> head = record.has_value ? ReadAlertHead(record.value) : std::nullopt;
  if (!head) {
    if (!first) return;
    metrics_->Ended(AlertEnd::kMalformed);
    LogWarn(kLog, "no alert, left out partition={} offset={}", record.partition, record.offset);
    return;
  }
  auto found = orgs_.find(head->org);
  if (found == orgs_.end()) {
    if (first) metrics_->Ended(AlertEnd::kNoWebhook);
    return;
  }
  Org& org = found->second;
  if (!cursor->Wants(head->org, record.offset)) return;
  if (org.failures > 0 && Expired(record.timestamp_ms)) {
    cursor->Took(head->org, record.offset);
    metrics_->Ended(AlertEnd::kGivenUp);
    LogError(kLog, "given up, older than the retention org={} id={}", head->org, head->id);
    return;
  }
  Alert alert{record.partition, record.offset, record.timestamp_ms, std::move(head->id), std::string(record.value)};
  if (!HasRoom(org, alert.MemoryBytes())) {
    return cursor->Left(head->org, record.offset, alert.MemoryBytes());
  }
  cursor->Took(head->org, record.offset);
  org.bytes += alert.MemoryBytes();
  org.queue.push_back(std::move(alert));
}

bool Deliveries::HasRoom(const Org& org, size_t alert_bytes) const {
  return org.queue.empty() ||
         (org.queue.size() < options_.max_queued_alerts && org.bytes + alert_bytes <= options_.max_queued_bytes);
}

void Deliveries::Step(int wait_ms) {
  for (const PostResult& result : poster_->Take(wait_ms)) Finish(result);
  BeginDue();
}

void Deliveries::Finish(const PostResult& result) {
  auto found = posts_.find(result.ticket);
  if (found == posts_.end()) return;
  const Post post = std::move(found->second);
  posts_.erase(found);
  metrics_->Attempted(result.outcome, clock_->SteadyMs() - post.began_ms);
  Org& org = orgs_.at(post.org);
  org.posting = false;
  if (result.outcome == PostOutcome::kDelivered) {
    Delivered(&org);
  } else {
    Failed(result, post.id, &org);
  }
  org.head_is_posted = false;
}

void Deliveries::Delivered(Org* org) {
  if (std::exchange(org->failures, 0) > 0) LogInfo(kLog, "delivering again org={}", org->target.org);
  if (!org->head_is_posted) return;
  metrics_->Ended(AlertEnd::kDelivered);
  PopFront(org);
}

void Deliveries::Failed(const PostResult& result, const std::string& id, Org* org) {
  ++org->failures;
  const int64_t wait_ms = BackoffMs(org->failures, random_());
  org->not_before_ms = clock_->SteadyMs() + wait_ms;
  LogWarn(kLog, "not delivered, trying again in {} ms org={} host={} id={} attempts={}: {}", wait_ms, org->target.org,
          org->target.host, id, org->failures, result.error);
  uint64_t given_up = 0;
  while (!org->queue.empty() && Expired(org->queue.front().timestamp_ms)) {
    LogError(kLog, "given up, older than the retention org={} id={}", org->target.org, org->queue.front().id);
    PopFront(org);
    ++given_up;
  }
  metrics_->Ended(AlertEnd::kGivenUp, given_up);
}

void Deliveries::PopFront(Org* org) {
  org->bytes -= org->queue.front().MemoryBytes();
  org->queue.pop_front();
}

void Deliveries::BeginDue() {
  if (!begins_) return;
  const int64_t now_ms = clock_->SteadyMs();
  auto next = orgs_.upper_bound(last_begun_);
  for (size_t looked = 0; looked < orgs_.size() && posts_.size() < options_.max_posts; ++looked, ++next) {
    if (next == orgs_.end()) next = orgs_.begin();
    Org& org = next->second;
    if (org.posting || org.queue.empty() || now_ms < org.not_before_ms) continue;
    Begin(next->first, &org);
    last_begun_ = next->first;
  }
}

void Deliveries::Begin(const std::string& name, Org* org) {
  const Alert& alert = org->queue.front();
  const int64_t timestamp_s = clock_->WallMs() / 1000;
  PostRequest request;
  request.url = org->target.url;
  request.headers = {{"Content-Type", "application/json"},
                     {"User-Agent", "odometer"},
                     {"Odometer-Alert-Id", alert.id},
                     {"Odometer-Timestamp", std::to_string(timestamp_s)},
                     {"Odometer-Signature", WebhookSignature(options_.secret, timestamp_s, alert.body)}};
  request.body = alert.body;
  org->posting = true;
  org->head_is_posted = true;
  posts_[++last_ticket_] = {name, alert.id, clock_->SteadyMs()};
  poster_->Begin(last_ticket_, std::move(request));
}

std::map<int32_t, int64_t> Deliveries::TakeRewinds() {
  auto has_room = [this](const std::string& name, size_t alert_bytes) {
    const Org& org = orgs_.at(name);
    // Half empty, or each alert that is delivered would have the partition read again for the next one.
    const bool half_empty =
        org.queue.size() <= options_.max_queued_alerts / 2 && org.bytes <= options_.max_queued_bytes / 2;
    return HasRoom(org, alert_bytes) && (org.queue.empty() || half_empty);
  };
  std::map<int32_t, int64_t> rewinds;
  for (auto& [partition, cursor] : partitions_) {
    if (std::optional<int64_t> from = cursor.Rewind(has_room)) rewinds[partition] = *from;
  }
  return rewinds;
}

std::map<int32_t, int64_t> Deliveries::DeliveredTo() const {
  std::map<int32_t, int64_t> offsets;
  for (const auto& [partition, cursor] : partitions_) offsets[partition] = cursor.TakenTo();
  for (const auto& [name, org] : orgs_) {
    for (const Alert& alert : org.queue) {
      int64_t& offset = offsets.at(alert.partition);
      offset = std::min(offset, alert.offset);
    }
  }
  return offsets;
}

WebhookMetrics::Backlog Deliveries::backlog() const {
  WebhookMetrics::Backlog backlog;
  for (const auto& [name, org] : orgs_) {
    backlog.alerts += org.queue.size();
    backlog.failing_orgs += org.failures > 0 ? 1 : 0;
    for (const Alert& alert : org.queue) {
      backlog.oldest_age_ms = std::max(backlog.oldest_age_ms, clock_->WallMs() - alert.timestamp_ms);
    }
  }
  return backlog;
}

}  // namespace odometer
