// The processor's input: a member of a consumer group.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/types.h"

namespace odometer {

// Called from inside Consumer::Poll, on the polling thread.
class ConsumerEvents {
 public:
  virtual ~ConsumerEvents() = default;
  virtual void OnRecord(const RecordView& record) = 0;
  // All before next_offset was handed over or will never be: what was left is control records and aborted ones. Only
  // called when that is past the last record handed over.
  virtual void OnEnd(const TopicPartition& /*partition*/, int64_t /*next_offset*/) {}
  // These partitions, in addition to those that we have, are ours from now on; none when there are more members than
  // partitions. They deliver nothing until Consumer::Start was called for them.
  virtual void OnAssigned(const std::vector<TopicPartition>& partitions) = 0;
  // About to be given to another member: commit now; after the return they are no longer ours.
  virtual void OnRevoked(const std::vector<TopicPartition>& partitions) = 0;
  // Already somebody else's: what is not committed must be dropped.
  virtual void OnLost(const std::vector<TopicPartition>& partitions) = 0;
};

// The generation of the group, to be sent with a transaction's offsets. Opaque; valid as long as it is held.
class GroupMetadata {
 public:
  virtual ~GroupMetadata() = default;
};

// One thread polls; Group() may be called from another.
class Consumer {
 public:
  virtual ~Consumer() = default;

  virtual Status Subscribe(const std::vector<std::string>& topics) = 0;
  // Hands over what has arrived, waiting at most timeout_ms for the first record. kRecover when the client must be
  // re-created, kStop when the broker says no for good (authorisation, unknown topic), another member has our instance id, or
  // records cannot be read (deleted before they were consumed, a batch that stays damaged when fetched again); passing
  // trouble is logged.
  virtual Status Poll(int timeout_ms, ConsumerEvents* events) = 0;

  // Begins to deliver the partition from that offset. Also used to go back: records fetched before are not delivered.
  virtual Status Start(const TopicPartition& partition, int64_t offset) = 0;
  // All partitions, those assigned or started meanwhile too: nothing is fetched or delivered while paused. Idempotent.
  virtual Status Pause() = 0;
  virtual Status Resume() = 0;

  // The group's committed offset; nothing when there is none. Waits for transactions that are still open.
  virtual Result<std::optional<int64_t>> Committed(const TopicPartition& partition) = 0;
  // Without a transaction; for at_least_once.
  virtual Status CommitOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets) = 0;
  // Null when this member is not in the group.
  virtual std::unique_ptr<GroupMetadata> Group() = 0;

  // The end of the partition as last seen in a fetch; nothing before the first, and while no broker is reached. Never
  // blocks.
  virtual std::optional<int64_t> CachedEnd(const TopicPartition& partition) = 0;

  // The partitions that cannot be read on because a transaction has been open there for a while.
  virtual std::vector<TopicPartition> HeldUp() const { return {}; }

  // Leaves the group; OnRevoked is called first. Idempotent.
  virtual void Close(ConsumerEvents* events) = 0;
};

struct ConsumerOptions {
  KafkaProperties properties;
  std::string group_id;
  std::string instance_id;  // static membership; empty: none. Nor is there any in a cooperative group (ADR 3)
  std::string client_id;    // "odometer@<advertised address>"
  size_t prefetch_records = 50'000;
  size_t prefetch_bytes = 64u << 20;
};
Result<std::unique_ptr<Consumer>> NewRdConsumer(const ConsumerOptions& options);

}  // namespace odometer
