// A consumer group, seen from outside: who is in it, and how far it has come; and what only those ask for who look
// after it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/types.h"

namespace odometer {

struct GroupMember {
  std::string client_id;
  std::string host;
  std::vector<TopicPartition> partitions;  // in order
  friend bool operator==(const GroupMember&, const GroupMember&) = default;
};

// Each call blocks for about timeout_ms of NewRdGroupAdmin at most. Thread-safe.
class GroupAdmin {
 public:
  virtual ~GroupAdmin() = default;
  // A static member that has gone is one until its session has ended. None for a group that does not exist.
  virtual Result<std::vector<GroupMember>> Members() = 0;
  // Without the partitions that have no committed offset. kRetry while a transaction that commits some is open.
  virtual Result<std::map<TopicPartition, int64_t>> Committed(const std::vector<TopicPartition>& partitions) = 0;
  // The offset of the first record whose timestamp is not before that; without such a record the partition's end.
  virtual Result<int64_t> OffsetAt(const TopicPartition& partition, int64_t time_ms) = 0;
  // OK also when there is no such topic.
  virtual Status DeleteTopic(const std::string& topic) = 0;
};

// Does not join the group.
Result<std::unique_ptr<GroupAdmin>> NewRdGroupAdmin(const KafkaProperties& properties, const std::string& group,
                                                    const std::string& client_id, int timeout_ms);

}  // namespace odometer
