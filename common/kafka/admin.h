// Topics, and the ends of partitions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/types.h"

namespace odometer {

struct TopicSpec {
  std::string name;
  int32_t partitions = 1;
  int16_t replication = -1;  // -1: the broker's default
  std::map<std::string, std::string> config;
};

struct TopicInfo {
  int32_t partitions = 0;
  std::map<std::string, std::string> config;
  // The setting as a number; nothing when the topic does not tell it.
  std::optional<int64_t> Number(const std::string& setting) const;
  // The largest batch that the topic takes; Kafka's own default when the configuration does not say.
  int64_t MaxMessageBytes() const;
};

struct OffsetRange {
  int64_t begin = 0;  // the oldest record that is still there
  int64_t end = 0;    // one past the newest, uncommitted transactions included
};

// Each call blocks for about timeout_ms of NewRdAdmin at most. Thread-safe.
class Admin {
 public:
  virtual ~Admin() = default;
  // Nothing when there is no such topic.
  virtual Result<std::optional<TopicInfo>> Describe(const std::string& topic) = 0;
  // OK also when it exists already, whatever its settings.
  virtual Status Create(const TopicSpec& spec) = 0;
  // Grows to that many partitions; OK when it has as many or more.
  virtual Status GrowPartitions(const std::string& topic, int32_t partitions) = 0;
  virtual Result<OffsetRange> Offsets(const TopicPartition& partition) = 0;
  // What tells this cluster from all others, for as long as it exists.
  virtual Result<std::string> ClusterId() = 0;
};
Result<std::unique_ptr<Admin>> NewRdAdmin(const KafkaProperties& properties, const std::string& client_id,
                                          int timeout_ms);

}  // namespace odometer
