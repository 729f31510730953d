// What the Kafka interfaces speak of.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace odometer {

struct TopicPartition {
  std::string topic;
  int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};
// "topic/partition"
std::string ToString(const TopicPartition& tp);

struct Header {
  std::string_view name;
  std::string_view value;
};

// A consumed record. Views are valid only during the call that hands it over.
struct RecordView {
  std::string_view topic;
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = 0;  // the record's own; with LogAppendTime the broker's
  std::string_view key;
  std::string_view value;
  bool has_value = true;  // false: a tombstone
  // Read only when asked for: most records have no headers.
  class HeaderSource {
   public:
    virtual ~HeaderSource() = default;
    virtual std::vector<Header> Headers() const = 0;
  };
  const HeaderSource* header_source = nullptr;
  std::vector<Header> Headers() const { return header_source ? header_source->Headers() : std::vector<Header>{}; }
};

// A record to produce. The caller keeps the bytes alive as the producing call's contract says.
struct OutRecord {
  std::string_view key;
  std::string_view value;
  bool tombstone = false;  // a null value
  std::vector<Header> headers;
  // For an AsyncProducer: where it goes; -1: where its key says. Others are told by the call.
  int32_t partition = -1;
};

// The most bytes that the record takes as a batch of its own, uncompressed: what a topic's max.message.bytes limits.
int64_t MaxBatchBytes(const OutRecord& record);

// librdkafka properties, passed through as they are.
using KafkaProperties = std::map<std::string, std::string>;

}  // namespace odometer
