// Reads changelogs with librdkafka's simple consumer: no group, one partition at a time, big fetches.
#include <algorithm>
#include <chrono>

#include "common/kafka/log_reader.h"
#include "common/kafka/rd_common.h"
#include "common/kafka/rd_fetch_waker.h"
#include "common/kafka/rd_record_queue.h"

namespace odometer {
namespace {

constexpr size_t kQueuedRecords = 100'000;
constexpr int kWaitSliceMs = 100;

class RdLogReader final : public LogReader {
 public:
  explicit RdLogReader(int stall_timeout_ms) : stall_timeout_ms_(stall_timeout_ms) {}

  Status Open(const LogReaderOptions& options);
  Status Read(const TopicPartition& partition, int64_t from, int64_t end,
              const std::function<Status(const RecordView&)>& on_record) override;

 private:
  const int stall_timeout_ms_;
  rd::ClientPtr client_;
};

// Stops fetching the partition when it goes out of scope.
class Fetching {
 public:
  Fetching(rd_kafka_topic_t* topic, int32_t partition) : topic_(topic), partition_(partition) {}
  ~Fetching() { rd_kafka_consume_stop(topic_, partition_); }

  Fetching(const Fetching&) = delete;
  Fetching& operator=(const Fetching&) = delete;

 private:
  rd_kafka_topic_t* const topic_;
  const int32_t partition_;
};

// One call of Read.
class Reading {
 public:
  Reading(const TopicPartition& tp, int64_t from, int64_t end,
          const std::function<Status(const RecordView&)>& on_record)
      : tp_(tp), position_(from), end_(end), on_record_(on_record) {}

  bool Done() const { return !status_.ok() || position_ >= end_; }
  const Status& status() const { return status_; }
  int64_t position() const { return position_; }

  void Take(const rd_kafka_message_t& message) {
    if (Done()) return;
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // Everything before the last stable offset has been seen; aborted and control records gave nothing.
      position_ = std::max(position_, message.offset);
    } else if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
               message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      status_ = Status::Stop(ToString(tp_) + ": offset " + std::to_string(position_) + " is not in the log");
    } else if (rd::IsBadBatch(message.err)) {
      // librdkafka skips the batch, or some of it, and goes on after it.
      status_ = Status::Retry(ToString(tp_) + ": the records at offset " + std::to_string(position_) +
                              " cannot be read: " + rd_kafka_message_errstr(&message));
    } else if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Status error = rd::ErrorStatus(message.err, ToString(tp_));
      if (error.Is(ErrorKind::kStop)) status_ = error;  // else librdkafka tries the same again by itself
    } else if (message.offset >= end_) {
      position_ = end_;
    } else if (message.offset >= position_) {
      rd::MessageHeaders headers(&message);
      status_ = on_record_(rd::ViewOf(message, tp_.topic, &headers));
      position_ = message.offset + 1;
    }
  }

 private:
  const TopicPartition& tp_;
  int64_t position_;
  const int64_t end_;
  const std::function<Status(const RecordView&)>& on_record_;
  Status status_;
};

Status RdLogReader::Open(const LogReaderOptions& options) {
  rd::ClientConfig config{.type = RD_KAFKA_CONSUMER, .client_id = options.client_id, .properties = &options.properties};
  config.defaults = {
      {"check.crcs", "true"},
      {"fetch.message.max.bytes", "8388608"},
      {"fetch.wait.max.ms", "10"},  // the next reading waits for the fetch under way
      {"queued.min.messages", std::to_string(kQueuedRecords)},
      {"queued.max.messages.kbytes", "65536"},
  };
  config.defaults.merge(rd::FetchWaker::Properties());
  config.fixed = {
      {"isolation.level", "read_committed"},
      {"enable.partition.eof", "true"},
      {"auto.offset.reset", "error"},
      {"enable.auto.offset.store", "false"},
      {"enable.auto.commit", "false"},
  };
  Result<rd::ClientPtr> client = rd::NewClient(config);
  if (!client.ok()) return client.status();
  client_ = std::move(*client);
  return Status::Ok();
}

Status RdLogReader::Read(const TopicPartition& partition, int64_t from, int64_t end,
                         const std::function<Status(const RecordView&)>& on_record) {
  if (from < 0) return Status::Invalid(ToString(partition) + ": no such offset: " + std::to_string(from));
  if (from >= end) return Status::Ok();
  rd::TopicPtr topic(rd_kafka_topic_new(client_.get(), partition.topic.c_str(), nullptr));
  if (topic == nullptr) {
    return rd::ErrorStatus(rd_kafka_last_error(), "topic " + partition.topic, ErrorKind::kInvalid);
  }
  rd::RecordQueue queue(client_.get());
  if (rd_kafka_consume_start_queue(topic.get(), partition.partition, from, queue.get()) != 0) {
    return rd::ErrorStatus(rd_kafka_last_error(), "reading " + ToString(partition));
  }
  Fetching fetching(topic.get(), partition.partition);
  rd::FetchWaker waker(client_.get(), queue.get());
  waker.SetPartitions({partition});
  Reading reading(partition, from, end, on_record);
  auto stall = std::chrono::milliseconds(stall_timeout_ms_);
  auto last = std::chrono::steady_clock::now();
  while (!reading.Done()) {
    int64_t before = reading.position();
    for (const rd_kafka_message_t* message : queue.Take(kWaitSliceMs)) reading.Take(*message);
    waker.Check(kQueuedRecords);
    auto now = std::chrono::steady_clock::now();
    if (reading.position() != before) last = now;
    if (now - last > stall) break;
  }
  ODOMETER_RETURN_IF_ERROR(reading.status());
  if (reading.Done()) return Status::Ok();
  return Status::Retry(ToString(partition) + ": nothing came for " + std::to_string(stall_timeout_ms_) + " ms, at " +
                       std::to_string(reading.position()) + " of " + std::to_string(end));
}

}  // namespace

Result<std::unique_ptr<LogReader>> NewRdLogReader(const LogReaderOptions& options) {
  auto reader = std::make_unique<RdLogReader>(options.stall_timeout_ms);
  ODOMETER_RETURN_IF_ERROR(reader->Open(options));
  return std::unique_ptr<LogReader>(std::move(reader));
}

}  // namespace odometer
