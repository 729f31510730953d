// Delivers the alerts of a topic to the webhooks of their orgs, at least once: the member of the consumer group.
//
// Life of a partition here: assigned → (its committed offset is known) delivered → revoked or lost
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "webhook/deliveries.h"
#include "webhook/poster.h"

namespace odometer {

struct WebhookOptions {
  std::string topic = "metrics.alerts";
  DeliveryOptions delivery;
};

// What it works with. Everything must outlive it.
struct WebhookParts {
  Consumer* consumer;
  Admin* admin;
  Poster* poster;
  const Clock* clock;
  std::function<double()> random;  // in [0, 1)
  WebhookMetrics* metrics;
};

// Used by one thread, NotReadyReasons by any. An error that Start or RunOnce returns is final for this object: kRetry and
// kRecover ask for a new one with a new consumer, which goes on from the committed offsets.
class Webhook final : public ConsumerEvents {
 public:
  Webhook(WebhookOptions options, WebhookParts parts);

  // Joins the group. kRetry while there is no topic.
  Status Start();
  // One round: takes in what has arrived, delivers what is due, commits now and then. Blocks for about 100 ms at most while
  // brokers answer.
  Status RunOnce();
  // Waits for the requests under way, commits, and leaves the group. Idempotent.
  void Shutdown();

  // Empty: it is in the group, and reads its partitions.
  std::vector<std::string> NotReadyReasons() const;

  // ConsumerEvents; called by the consumer inside Poll and Close.
  void OnRecord(const RecordView& record) override { deliveries_.OnRecord(record); }
  void OnEnd(const TopicPartition& tp, int64_t next_offset) override { deliveries_.OnPassed(tp.partition, next_offset); }
  void OnAssigned(const std::vector<TopicPartition>& partitions) override;
  void OnRevoked(const std::vector<TopicPartition>& partitions) override;
  void OnLost(const std::vector<TopicPartition>& partitions) override;

 private:
  Status StartAssigned();
  Result<int64_t> StartOffset(const TopicPartition& tp);
  Status ReadAgain();
  // Commits what has changed. kRetry is logged, and tried again at the next time.
  Status Commit();
  Status CommitOffsets();
  void Drop(const std::vector<TopicPartition>& partitions);
  void UpdateReadiness();
  void SetNotReady(std::string reason);

  const WebhookOptions options_;
  const WebhookParts parts_;
  Deliveries deliveries_;
  bool assigned_ = false;  // at least once, though it may have been to nothing
  bool closed_ = false;
  std::set<int32_t> to_start_;            // assigned, and not yet read
  std::map<int32_t, int64_t> committed_;  // of the partitions that are read
  int64_t start_at_ms_ = 0;               // steady; the next attempt to start what is assigned
  int64_t commit_at_ms_ = 0;
  mutable Mutex mutex_;
  std::string not_ready_ ODOMETER_GUARDED_BY(mutex_) = "not in the group yet";
};

}  // namespace odometer
