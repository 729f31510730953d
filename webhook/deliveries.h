// Which alert goes where, and when: the logic of the delivery. It knows nothing of brokers or sockets.
//
// Each org has a queue, and one request under way at a time: its alerts arrive in the order of their partition. What
// fails is tried again, after a growing time, for ever, but for alerts that are older than the retention: those are given
// up when their org's attempts fail. Queues are bounded: an alert that finds no room is left in the log, and the partition
// is read again from there once there is room. So an org that takes nothing costs others neither memory nor time.
//
// What may be committed of a partition ends before its first alert that is neither delivered nor given up. After a restart
// alerts behind that are delivered once more, under the same id.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/kafka/types.h"
#include "webhook/partition_cursor.h"
#include "webhook/poster.h"
#include "webhook/target.h"
#include "webhook/webhook_metrics.h"

namespace odometer {

struct DeliveryOptions {
  std::vector<WebhookTarget> targets;
  std::string secret;
  int64_t retention_ms = 24 * 3'600'000;  // by the alert's record
  // Of each org: alerts in memory. One alert always has room.
  size_t max_queued_alerts = 1'000;
  size_t max_queued_bytes = 1 << 20;
  size_t max_posts = 64;  // under way, of all orgs together
};

// Used by one thread.
class Deliveries {
 public:
  // `random` gives numbers in [0, 1). All pointers must outlive it.
  Deliveries(DeliveryOptions options, Poster* poster, const Clock* clock, std::function<double()> random,
             WebhookMetrics* metrics);

  // The partition is ours, and is read from that offset.
  void Assign(int32_t partition, int64_t offset);
  // It is no longer; what is under way may still arrive.
  void Revoke(int32_t partition);
  // In the order of the partition. Records of a partition that is not ours are ignored.
  void OnRecord(const RecordView& record);
  // There is nothing more before that offset.
  void OnPassed(int32_t partition, int64_t next_offset);

  // Takes results, waiting at most wait_ms for the first, and begins what is due.
  void Step(int wait_ms);
  // From now on nothing begins.
  void BeginNoMore() { begins_ = false; }
  // Results are still to come.
  bool posting() const { return !posts_.empty(); }

  // Partitions that are to be read again, and from where.
  std::map<int32_t, int64_t> TakeRewinds();
  // Of each partition: the offset that may be committed.
  std::map<int32_t, int64_t> DeliveredTo() const;

  WebhookMetrics::Backlog backlog() const;

 private:
  struct Alert {
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms;
    std::string id;
    std::string body;
    size_t MemoryBytes() const { return sizeof(Alert) + id.size() + body.size(); }
  };
  struct Org {
    WebhookTarget target;
    std::deque<Alert> queue;
    size_t bytes = 0;
    int failures = 0;           // in a row
    int64_t not_before_ms = 0;  // steady
    bool posting = false;
    bool head_is_posted = false;  // the one under way is the queue's first: not when that was revoked meanwhile
  };
  struct Post {
    std::string org;
    std::string id;
    int64_t began_ms;  // steady
  };

  void Take(const RecordView& record, bool first, PartitionCursor* cursor);
  bool HasRoom(const Org& org, size_t alert_bytes) const;
  bool Expired(int64_t timestamp_ms) const { return clock_->WallMs() - timestamp_ms >= options_.retention_ms; }
  void Finish(const PostResult& result);
  void Delivered(Org* org);
  void Failed(const PostResult& result, const std::string& id, Org* org);
  void BeginDue();
  void Begin(const std::string& name, Org* org);
  void PopFront(Org* org);

  const DeliveryOptions options_;
  Poster* const poster_;
  const Clock* const clock_;
  const std::function<double()> random_;
  WebhookMetrics* const metrics_;
  std::map<std::string, Org> orgs_;
  std::map<int32_t, PartitionCursor> partitions_;
  std::map<uint64_t, Post> posts_;  // by ticket
  uint64_t last_ticket_ = 0;
  std::string last_begun_;  // the org after which the next turn begins
  bool begins_ = true;
};

}  // namespace odometer
