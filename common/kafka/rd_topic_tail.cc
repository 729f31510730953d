// Follows a topic with librdkafka's simple consumer: no group, all partitions into one queue. A lost broker is
// librdkafka's to find again; it goes on from where it was.
#include <map>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "common/kafka/rd_common.h"
#include "common/kafka/rd_fetch_waker.h"
#include "common/kafka/rd_record_queue.h"
#include "common/kafka/topic_tail.h"

namespace odometer {
namespace {

constexpr char kLog[] = "tail";
constexpr size_t kQueuedRecords = 20'000;

class RdTopicTail final : public TopicTail {
 public:
  ~RdTopicTail() override {
    for (const auto& [partition, next] : next_) rd_kafka_consume_stop(topic_.get(), partition);
    records_.reset();
    topic_.reset();
  }

  Status Open(const TopicTailOptions& options);
  Status Start(int32_t partition, int64_t offset) override;
  Status Poll(int timeout_ms, TopicTailEvents* events) override;

 private:
  Status Take(const rd_kafka_message_t& message, TopicTailEvents* events);
  void Stop(int32_t partition);

  std::string topic_name_;
  rd::ClientPtr client_;
  rd::TopicPtr topic_;
  std::unique_ptr<rd::RecordQueue> records_;
  std::map<int32_t, int64_t> next_;  // of the partitions that are fetched: nothing before it may be delivered
};

Status RdTopicTail::Open(const TopicTailOptions& options) {
  rd::ClientConfig config{.type = RD_KAFKA_CONSUMER, .client_id = options.client_id, .properties = &options.properties};
  config.defaults = {
      {"check.crcs", "true"},
      {"queued.min.messages", std::to_string(kQueuedRecords)},
      {"queued.max.messages.kbytes", "16384"},
      {"topic.metadata.refresh.interval.ms", "5000"},
  };
  config.defaults.merge(rd::FetchWaker::Properties());
  config.fixed = {
      {"isolation.level", "read_committed"}, {"enable.partition.eof", "true"}, {"auto.offset.reset", "error"},
      {"enable.auto.offset.store", "false"}, {"enable.auto.commit", "false"},
  };
  Result<rd::ClientPtr> client = rd::NewClient(config);
  if (!client.ok()) return client.status();
  client_ = std::move(*client);
  topic_name_ = options.topic;
  topic_.reset(rd_kafka_topic_new(client_.get(), topic_name_.c_str(), nullptr));
  if (topic_ == nullptr) return rd::ErrorStatus(rd_kafka_last_error(), "topic " + topic_name_, ErrorKind::kInvalid);
  records_ = std::make_unique<rd::RecordQueue>(client_.get());
  return Status::Ok();
}

Status RdTopicTail::Start(int32_t partition, int64_t offset) {
  Stop(partition);
  if (rd_kafka_consume_start_queue(topic_.get(), partition, offset, records_->get()) != 0) {
    return rd::ErrorStatus(rd_kafka_last_error(), "following " + ToString(TopicPartition{topic_name_, partition}), ErrorKind::kRecover);
  }
  next_[partition] = offset;
  return Status::Ok();
}

void RdTopicTail::Stop(int32_t partition) {
  if (next_.erase(partition) > 0) rd_kafka_consume_stop(topic_.get(), partition);
}

Status RdTopicTail::Poll(int timeout_ms, TopicTailEvents* events) {
  for (const rd_kafka_message_t* message : records_->Take(timeout_ms)) {
    ODOMETER_RETURN_IF_ERROR(Take(*message, events));
  }
  return rd::FatalStatus(client_.get(), "following " + topic_name_);
}

Status RdTopicTail::Take(const rd_kafka_message_t& message, TopicTailEvents* events) {
  // Stopping a partition leaves its messages in the batch that was taken.
  auto found = next_.find(message.partition);
  if (message.rkt == nullptr || found == next_.end()) return Status::Ok();
  int64_t& next = found->second;
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: {
      if (message.offset < next) return Status::Ok();
      next = message.offset + 1;
      rd::MessageHeaders headers(&message);
      events->OnRecord(rd::ViewOf(message, topic_name_, &headers));
      return Status::Ok();
    }
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      if (message.offset > next) events->OnPassed(message.partition, next = message.offset);
      return Status::Ok();
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: {
      const int32_t partition = message.partition;
      Stop(partition);
      events->OnOutOfRange(partition);
      return Status::Ok();
    }
    default:
      break;
  }
  Status status = rd::ErrorStatus(message.err, "following " + ToString(TopicPartition{topic_name_, message.partition}));
  // librdkafka has skipped a batch that it could not read: made anew, the tail reads it again.
  if (rd::IsBadBatch(message.err)) return Status::Recover(status.message());
  if (status.Is(ErrorKind::kStop)) return status;
  LogWarn(kLog, "{}", status.message());
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<TopicTail>> NewRdTopicTail(const TopicTailOptions& options) {
  auto tail = std::make_unique<RdTopicTail>();
  ODOMETER_RETURN_IF_ERROR(tail->Open(options));
  return std::unique_ptr<TopicTail>(std::move(tail));
}

}  // namespace odometer
