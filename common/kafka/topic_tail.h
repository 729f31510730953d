// Follows a topic without a group: all of its partitions, committed records only, from wherever one likes. For what is
// told to whoever listens now; nothing is committed and nobody else notices.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/kafka/types.h"

namespace odometer {

// Called from inside TopicTail::Poll.
class TopicTailEvents {
 public:
  virtual ~TopicTailEvents() = default;
  virtual void OnRecord(const RecordView& record) = 0;
  // All before next_offset was handed over or will never be: what was left is control records and aborted ones.
  virtual void OnPassed(int32_t partition, int64_t next_offset) = 0;
  // The position is not in the log: deleted meanwhile, or the topic was created again. Nothing more comes from the
  // partition until it is started once more.
  virtual void OnOutOfRange(int32_t partition) = 0;
};

// One thread.
class TopicTail {
 public:
  virtual ~TopicTail() = default;
  // Delivers the partition from that offset on; again, to go on from elsewhere.
  virtual Status Start(int32_t partition, int64_t offset) = 0;
  // Hands over what has arrived, waiting at most timeout_ms for the first record. A broker that is away is waited for,
  // without an error. kRecover when the tail must be made anew, kStop when the broker says no for good.
  virtual Status Poll(int timeout_ms, TopicTailEvents* events) = 0;
};

struct TopicTailOptions {
  KafkaProperties properties;
  std::string client_id;
  std::string topic;
};
Result<std::unique_ptr<TopicTail>> NewRdTopicTail(const TopicTailOptions& options);

}  // namespace odometer
