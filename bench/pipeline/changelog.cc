#include "bench/pipeline/changelog.h"

#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace bench {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Freer<rd_kafka_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Freer<rd_kafka_message_destroy>>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Freer<rd_kafka_topic_partition_list_destroy>>;

void Set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) Fail(error);
}

Client NewConsumer(const std::string& bootstrap) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  Set(conf, "bootstrap.servers", bootstrap);
  Set(conf, "group.id", "bench-verify");
  Set(conf, "enable.auto.commit", "false");
  Set(conf, "isolation.level", "read_committed");
  Set(conf, "enable.partition.eof", "true");
  Set(conf, "check.crcs", "true");
  char error[512];
  Client client(rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error));
  if (!client) Fail(error);
  rd_kafka_poll_set_consumer(client.get());
  return client;
}

int PartitionCount(rd_kafka_t* client, const std::string& topic) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, handle, &metadata, 10'000);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(topic + ": " + rd_kafka_err2str(error));
  int count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(handle);
  if (count == 0) Fail(topic + ": no such topic");
  return count;
}

std::string Bytes(const void* data, size_t size) { return std::string(static_cast<const char*>(data), size); }

}  // namespace

Table ReadTable(const std::string& bootstrap, const std::string& topic) {
  Client client = NewConsumer(bootstrap);
  Table table(static_cast<size_t>(PartitionCount(client.get(), topic)));
  Partitions partitions(rd_kafka_topic_partition_list_new(static_cast<int>(table.size())));
  for (size_t p = 0; p < table.size(); ++p) {
    rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), static_cast<int32_t>(p))->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_resp_err_t error = rd_kafka_assign(client.get(), partitions.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(rd_kafka_err2str(error));

  for (size_t open = table.size(); open > 0;) {
    Message message(rd_kafka_consumer_poll(client.get(), 30'000));
    if (!message) Fail(topic + ": nothing arrived for 30 s");
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      --open;
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(topic + ": " + rd_kafka_message_errstr(message.get()));
    auto& latest = table[static_cast<size_t>(message->partition)];
    std::string key = Bytes(message->key, message->key_len);
    if (message->payload == nullptr) {
      latest.erase(key);
    } else {
      latest.insert_or_assign(std::move(key), Bytes(message->payload, message->len));
    }
  }
  rd_kafka_consumer_close(client.get());
  return table;
}

void Fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(2);
}

}  // namespace bench
