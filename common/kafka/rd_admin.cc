#include <array>
#include <chrono>
#include <thread>

#include "common/kafka/admin.h"
#include "common/kafka/rd_common.h"

namespace odometer {
namespace {

using rd::ErrorStatus;

using OptionsPtr = std::unique_ptr<rd_kafka_AdminOptions_t, rd::Free<rd_kafka_AdminOptions_destroy>>;
using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, rd::Free<rd_kafka_NewTopic_destroy>>;
using NewPartitionsPtr = std::unique_ptr<rd_kafka_NewPartitions_t, rd::Free<rd_kafka_NewPartitions_destroy>>;
using ResourcePtr = std::unique_ptr<rd_kafka_ConfigResource_t, rd::Free<rd_kafka_ConfigResource_destroy>>;

// What the caller asked for cannot be done as it is.
ErrorKind KindOf(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return ErrorKind::kInvalid;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorKind::kNotFound;
    default:
      return ErrorKind::kRetry;
  }
}

Status AdminStatus(rd_kafka_resp_err_t error, const char* detail, const std::string& context) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Ok();
  return ErrorStatus(error, detail == nullptr ? context : context + ": " + detail, KindOf(error));
}

// The outcome of the one topic that was asked about.
Status TopicStatus(const rd_kafka_topic_result_t** results, size_t count, const std::string& context) {
  if (count != 1) return Status::Retry(context + ": empty answer");
  return AdminStatus(rd_kafka_topic_result_error(results[0]), rd_kafka_topic_result_error_string(results[0]), context);
}

class RdAdmin final : public Admin {
 public:
  explicit RdAdmin(int timeout_ms) : timeout_ms_(timeout_ms) {}

  Status Open(const KafkaProperties& properties, const std::string& client_id);

  Result<std::optional<TopicInfo>> Describe(const std::string& topic) override;
  Status Create(const TopicSpec& spec) override;
  Status GrowPartitions(const std::string& topic, int32_t partitions) override;
  Result<OffsetRange> Offsets(const TopicPartition& partition) override;
  Result<std::string> ClusterId() override;

 private:
  // Waits for the broker to have told the other brokers too.
  OptionsPtr NewOptions(rd_kafka_admin_op_t operation) const;
  // An error of the request as a whole is the result's error.
  Result<rd::EventPtr> Wait(rd_kafka_queue_t* reply, const std::string& context) const;

  // Brokers learn of a change after the controller has answered; until then they tell the old number.
  Status AwaitPartitions(const std::string& topic, int32_t partitions) const;

  const int timeout_ms_;
  rd::ClientPtr client_;
};

Status RdAdmin::Open(const KafkaProperties& properties, const std::string& client_id) {
  // A consumer's handle, because asking a broker about a topic through a producer's may create it.
  rd::ClientConfig config{.type = RD_KAFKA_CONSUMER, .client_id = client_id, .properties = &properties};
  // Offsets must see the records of open transactions.
  config.fixed = {{"isolation.level", "read_uncommitted"}};
  Result<rd::ClientPtr> client = rd::NewClient(config);
  if (!client.ok()) return client.status();
  client_ = std::move(*client);
  return Status::Ok();
}

OptionsPtr RdAdmin::NewOptions(rd_kafka_admin_op_t operation) const {
  OptionsPtr options(rd_kafka_AdminOptions_new(client_.get(), operation));
  std::array<char, 256> why{};
  // Values in range; what is not supported for an operation is not asked for.
  static_cast<void>(rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, why.data(), why.size()));
  if (operation != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS) {
    static_cast<void>(rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms_, why.data(), why.size()));
  }
  return options;
}

Result<rd::EventPtr> RdAdmin::Wait(rd_kafka_queue_t* reply, const std::string& context) const {
  // The request's own time-out ends first.
  rd::EventPtr event(rd_kafka_queue_poll(reply, timeout_ms_ + 1000));
  if (event == nullptr) return Status::Retry(context + ": no answer");
  Status status = AdminStatus(rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()), context);
  if (!status.ok()) return status;
  return event;
}

Status RdAdmin::AwaitPartitions(const std::string& topic, int32_t partitions) const {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms_);
  for (;;) {
    Result<int32_t> now = rd::PartitionCount(client_.get(), topic, timeout_ms_);
    if (now.ok() && *now >= partitions) return Status::Ok();
    if (std::chrono::steady_clock::now() > deadline) {
      return Status::Retry("topic " + topic + ": the brokers do not know its " + std::to_string(partitions) +
                           " partitions yet");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

Result<std::optional<TopicInfo>> RdAdmin::Describe(const std::string& topic) {
  Result<int32_t> partitions = rd::PartitionCount(client_.get(), topic, timeout_ms_);
  if (partitions.status().Is(ErrorKind::kNotFound)) return std::optional<TopicInfo>();
  if (!partitions.ok()) return partitions.status();
  TopicInfo info{.partitions = *partitions};

  std::string context = "describing topic " + topic;
  ResourcePtr resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd::QueuePtr reply(rd_kafka_queue_new(client_.get()));
  rd_kafka_ConfigResource_t* asked = resource.get();
  rd_kafka_DescribeConfigs(client_.get(), &asked, 1, NewOptions(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(), reply.get());
  Result<rd::EventPtr> event = Wait(reply.get(), context);
  if (!event.ok()) return event.status();
  size_t count = 0;
  const rd_kafka_ConfigResource_t** answers =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  if (count != 1) return Status::Retry(context + ": empty answer");
  Status status = AdminStatus(rd_kafka_ConfigResource_error(answers[0]),
                              rd_kafka_ConfigResource_error_string(answers[0]), context);
  if (status.Is(ErrorKind::kNotFound)) return std::optional<TopicInfo>();
  if (!status.ok()) return status;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(answers[0], &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) info.config[rd_kafka_ConfigEntry_name(entries[i])] = value;
  }
  return std::optional<TopicInfo>(std::move(info));
}

Status RdAdmin::Create(const TopicSpec& spec) {
  std::string context = "creating topic " + spec.name;
  std::array<char, 512> why{};
  NewTopicPtr topic(
      rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication, why.data(), why.size()));
  if (topic == nullptr) return Status::Invalid(context + ": " + why.data());
  for (const auto& [key, value] : spec.config) {
    rd_kafka_resp_err_t error = rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorStatus(error, context + ": " + key, ErrorKind::kInvalid);
  }
  rd::QueuePtr reply(rd_kafka_queue_new(client_.get()));
  rd_kafka_NewTopic_t* asked = topic.get();
  rd_kafka_CreateTopics(client_.get(), &asked, 1, NewOptions(RD_KAFKA_ADMIN_OP_CREATETOPICS).get(), reply.get());
  Result<rd::EventPtr> event = Wait(reply.get(), context);
  if (!event.ok()) return event.status();
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  if (count == 1 && rd_kafka_topic_result_error(results[0]) == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    return Status::Ok();
  }
  ODOMETER_RETURN_IF_ERROR(TopicStatus(results, count, context));
  return AwaitPartitions(spec.name, spec.partitions);
}

Status RdAdmin::GrowPartitions(const std::string& topic, int32_t partitions) {
  Result<int32_t> now = rd::PartitionCount(client_.get(), topic, timeout_ms_);
  if (!now.ok()) return now.status();
  if (*now >= partitions) return Status::Ok();
  std::string context = "growing topic " + topic;
  std::array<char, 512> why{};
  NewPartitionsPtr wanted(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(partitions), why.data(), why.size()));
  if (wanted == nullptr) return Status::Invalid(context + ": " + why.data());
  rd::QueuePtr reply(rd_kafka_queue_new(client_.get()));
  rd_kafka_NewPartitions_t* asked = wanted.get();
  rd_kafka_CreatePartitions(client_.get(), &asked, 1, NewOptions(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS).get(),
                            reply.get());
  Result<rd::EventPtr> event = Wait(reply.get(), context);
  if (!event.ok()) return event.status();
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event->get()), &count);
  Status status = TopicStatus(results, count, context);
  if (!status.ok() && !status.Is(ErrorKind::kInvalid)) return status;
  // Invalid is also the answer when somebody else has grown it meanwhile.
  Status grown = AwaitPartitions(topic, partitions);
  return grown.ok() || status.ok() ? grown : status;
}

Result<OffsetRange> RdAdmin::Offsets(const TopicPartition& tp) {
  OffsetRange range;
  rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(client_.get(), tp.topic.c_str(), tp.partition,
                                                               &range.begin, &range.end, timeout_ms_);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return AdminStatus(error, nullptr, "asking for the ends of " + ToString(tp));
  return range;
}

Result<std::string> RdAdmin::ClusterId() {
  char* raw = rd_kafka_clusterid(client_.get(), timeout_ms_);
  if (raw == nullptr) return Status::Retry("asking for the cluster's id: no answer");
  std::string id = raw;
  rd_kafka_mem_free(client_.get(), raw);
  return id;
}

}  // namespace

Result<std::unique_ptr<Admin>> NewRdAdmin(const KafkaProperties& properties, const std::string& client_id,
                                          int timeout_ms) {
  auto admin = std::make_unique<RdAdmin>(timeout_ms);
  ODOMETER_RETURN_IF_ERROR(admin->Open(properties, client_id));
  return std::unique_ptr<Admin>(std::move(admin));
}

}  // namespace odometer
