#include "common/kafka/rd_common.h"

#include <array>

#include "common/base/log.h"
#include "common/kafka/properties.h"

namespace odometer::rd {
namespace {

constexpr char kLog[] = "librdkafka";

// On librdkafka's threads: nothing may be thrown.
void OnLog(const rd_kafka_t*, int level, const char* facility, const char* text) noexcept {
  try {
    // librdkafka's levels are syslog's: 3 and below are errors, 4 warnings, 5 and 6 information.
    auto to = level <= 3   ? LogLevel::kError
              : level == 4 ? LogLevel::kWarning
              : level <= 6 ? LogLevel::kInfo
                           : LogLevel::kDebug;
    // One set of properties serves producers and consumers: that some do not concern a client is no news.
    if (std::string_view(text).find("property and will be ignored") != std::string_view::npos) to = LogLevel::kDebug;
    Log(to, kLog, "{}: {}", facility, text);
  } catch (...) {
    return;  // a lost log line must not end the process
  }
}

Status Set(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK) {
    return Status::Ok();
  }
  // The value may be a password: librdkafka's text repeats it, so only the key is named.
  return Status::Invalid("kafka." + key + ": librdkafka does not know this property or not this value");
}

Status SetAll(rd_kafka_conf_t* conf, const ClientConfig& config) {
  for (const auto& [key, value] : config.defaults) ODOMETER_RETURN_IF_ERROR(Set(conf, key, value));
  for (const auto& [key, value] : *config.properties) {
    auto fixed = config.fixed.find(key);
    bool same = fixed != config.fixed.end() && fixed->second == value;
    if (!same && (fixed != config.fixed.end() || ExactCountsDependOn(key))) {
      return Status::Invalid("kafka." + key + ": cannot be set, because exactly-once depends on it");
    }
    ODOMETER_RETURN_IF_ERROR(Set(conf, key, value));
  }
  for (const auto& [key, value] : config.fixed) ODOMETER_RETURN_IF_ERROR(Set(conf, key, value));
  return Set(conf, "client.id", config.client_id);
}

}  // namespace

Result<ClientPtr> NewClient(const ClientConfig& config) {
  std::unique_ptr<rd_kafka_conf_t, Free<rd_kafka_conf_destroy>> conf(rd_kafka_conf_new());
  ODOMETER_RETURN_IF_ERROR(Set(conf.get(), "socket.nagle.disable", "true"));
  // A broker that was away is used again within this; librdkafka's default is ten seconds.
  ODOMETER_RETURN_IF_ERROR(Set(conf.get(), "reconnect.backoff.max.ms", "2000"));
  ODOMETER_RETURN_IF_ERROR(SetAll(conf.get(), config));
  rd_kafka_conf_set_log_cb(conf.get(), OnLog);
  rd_kafka_conf_set_opaque(conf.get(), config.opaque);
  if (config.on_error != nullptr) rd_kafka_conf_set_error_cb(conf.get(), config.on_error);
  if (config.on_rebalance != nullptr) rd_kafka_conf_set_rebalance_cb(conf.get(), config.on_rebalance);
  if (config.events != 0) rd_kafka_conf_set_events(conf.get(), config.events);
  std::array<char, 512> why{};
  rd_kafka_t* client = rd_kafka_new(config.type, conf.get(), why.data(), why.size());
  if (client == nullptr) return Status::Invalid(std::string("kafka: ") + why.data());
  static_cast<void>(conf.release());  // the client owns it now
  return ClientPtr(client);
}

PartitionListPtr NewPartitionList(std::span<const TopicPartition> partitions) {
  PartitionListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition& tp : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), tp.topic.c_str(), tp.partition);
  }
  return list;
}

PartitionListPtr NewPartitionList(std::span<const std::pair<TopicPartition, int64_t>> offsets) {
  PartitionListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [tp, offset] : offsets) {
    rd_kafka_topic_partition_list_add(list.get(), tp.topic.c_str(), tp.partition)->offset = offset;
  }
  return list;
}

bool RefusedForGood(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return true;
    default:
      return false;
  }
}

bool IsBadBatch(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE:  // no memory to decompress it
    case RD_KAFKA_RESP_ERR_INVALID_MSG:         // the broker's own finding
      return true;
    default:
      return false;
  }
}

Status ErrorStatus(rd_kafka_resp_err_t error, std::string_view context, ErrorKind otherwise) {
  std::string message(context);
  message.append(": ").append(rd_kafka_err2str(error)).append(" (").append(rd_kafka_err2name(error)).append(")");
  return {RefusedForGood(error) ? ErrorKind::kStop : otherwise, std::move(message)};
}

Status FatalStatus(rd_kafka_t* client, std::string_view context) {
  std::array<char, 512> why{};
  rd_kafka_resp_err_t error = rd_kafka_fatal_error(client, why.data(), why.size());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::Ok();
  return ErrorStatus(error, std::string(context) + ": " + why.data(), ErrorKind::kRecover);
}

Result<int32_t> PartitionCount(rd_kafka_t* client, const std::string& topic, int timeout_ms) {
  TopicPtr handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  if (handle == nullptr) return ErrorStatus(rd_kafka_last_error(), "topic " + topic, ErrorKind::kInvalid);
  const rd_kafka_metadata_t* raw = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, handle.get(), &raw, timeout_ms);
  std::unique_ptr<const rd_kafka_metadata_t, Free<rd_kafka_metadata_destroy>> metadata(raw);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) error = metadata->topics[0].err;
  if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
    return Status::NotFound("topic " + topic + " does not exist");
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorStatus(error, "asking about topic " + topic);
  if (metadata->topic_cnt != 1) return Status::Retry("asking about topic " + topic + ": empty answer");
  return metadata->topics[0].partition_cnt;
}

std::vector<Header> MessageHeaders::Headers() const {
  std::vector<Header> result;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message_, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return result;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    result.push_back({name, {static_cast<const char*>(value), value == nullptr ? 0 : size}});
  }
  return result;
}

HeadersPtr NewHeaders(const std::vector<Header>& headers) {
  if (headers.empty()) return nullptr;
  HeadersPtr result(rd_kafka_headers_new(headers.size()));
  for (const Header& header : headers) {
    rd_kafka_header_add(result.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data() == nullptr ? "" : header.value.data(),
                        static_cast<ssize_t>(header.value.size()));
  }
  return result;
}

Result<int64_t> ReadableEnd(rd_kafka_t* client, const TopicPartition& tp, int timeout_ms) {
  int64_t begin = 0, end = 0;
  const rd_kafka_resp_err_t error =
      rd_kafka_query_watermark_offsets(client, tp.topic.c_str(), tp.partition, &begin, &end, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorStatus(error, ToString(tp));
  return end;
}

}  // namespace odometer::rd
