// What every librdkafka client here shares: ownership, configuration, errors, records. Only rd_*.cc includes this.
#pragma once

#include <librdkafka/rdkafka.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/kafka/consumer.h"
#include "common/kafka/types.h"

namespace odometer::rd {

// Steady.
inline int64_t NowMs() { return SystemClock().SteadyMs(); }

// Deleter of a librdkafka object: calls the function given.
template <auto function>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    function(object);
  }
};
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, Free<rd_kafka_queue_destroy>>;
using EventPtr = std::unique_ptr<rd_kafka_event_t, Free<rd_kafka_event_destroy>>;
using ErrorPtr = std::unique_ptr<rd_kafka_error_t, Free<rd_kafka_error_destroy>>;
using TopicPtr = std::unique_ptr<rd_kafka_topic_t, Free<rd_kafka_topic_destroy>>;
using MessagePtr = std::unique_ptr<rd_kafka_message_t, Free<rd_kafka_message_destroy>>;
using HeadersPtr = std::unique_ptr<rd_kafka_headers_t, Free<rd_kafka_headers_destroy>>;
using PartitionListPtr =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Free<rd_kafka_topic_partition_list_destroy>>;

// For consumers the caller closes first: destruction itself must not wait for the group.
struct DestroyClient {
  void operator()(rd_kafka_t* client) const {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
};
using ClientPtr = std::unique_ptr<rd_kafka_t, DestroyClient>;

PartitionListPtr NewPartitionList(std::span<const TopicPartition> partitions);
PartitionListPtr NewPartitionList(std::span<const std::pair<TopicPartition, int64_t>> offsets);

// A client's configuration. `defaults` may be overridden by the user's properties, `fixed` may not.
struct ClientConfig {
  rd_kafka_type_t type;
  std::string client_id;
  const KafkaProperties* properties;
  std::map<std::string, std::string> defaults;
  std::map<std::string, std::string> fixed;
  int events = 0;  // RD_KAFKA_EVENT_*
  // Called with rd_kafka_poll and the like, on their thread.
  void* opaque = nullptr;
  void (*on_error)(rd_kafka_t*, int error, const char* reason, void* opaque) = nullptr;
  void (*on_rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void* opaque) = nullptr;
};
// kInvalid naming the key: unknown, a bad value, or one that must not be set because exactly-once rests on it.
// librdkafka's log goes to ours.
Result<ClientPtr> NewClient(const ClientConfig& config);

// Refused for good: asking again gives the same answer (authorisation, policy, a record that is too large).
bool RefusedForGood(rd_kafka_resp_err_t error);
// Of a consumed partition: a batch failed its checksum, or could not be decompressed or understood.
bool IsBadBatch(rd_kafka_resp_err_t error);
// "context: what librdkafka says"; kStop when refused for good, else `otherwise`.
Status ErrorStatus(rd_kafka_resp_err_t error, std::string_view context, ErrorKind otherwise = ErrorKind::kRetry);
// The client's fatal error as kRecover (kStop when refused for good); OK when there is none.
Status FatalStatus(rd_kafka_t* client, std::string_view context);

// Asks the broker; kNotFound when it knows no such topic.
Result<int32_t> PartitionCount(rd_kafka_t* client, const std::string& topic, int timeout_ms);
// Up to where a partition can be read by now: for a client with read_committed that is the last stable offset. Asks the broker.
Result<int64_t> ReadableEnd(rd_kafka_t* client, const TopicPartition& tp, int timeout_ms);

// A record's headers, read from librdkafka only when asked for.
class MessageHeaders final : public RecordView::HeaderSource {
 public:
  explicit MessageHeaders(const rd_kafka_message_t* message) : message_(message) {}
  std::vector<Header> Headers() const override;

 private:
  const rd_kafka_message_t* message_;
};

// `topic` and `headers` must outlive the view.
inline RecordView ViewOf(const rd_kafka_message_t& message, std::string_view topic, const MessageHeaders* headers) {
  rd_kafka_timestamp_type_t type;
  RecordView view;
  view.topic = topic;
  view.partition = message.partition;
  view.offset = message.offset;
  view.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  view.key = {static_cast<const char*>(message.key), message.key_len};
  view.value = {static_cast<const char*>(message.payload), message.len};
  view.has_value = message.payload != nullptr;
  view.header_source = headers;
  return view;
}

// Null when there are none. librdkafka copies the bytes.
HeadersPtr NewHeaders(const std::vector<Header>& headers);

}  // namespace odometer::rd
