// Reads changelogs with librdkafka's simple consumer: no group, one partition at a time, big fetches.
#include <chrono>
#include <exception>

#include "common/kafka/log_reader.h"
#include "common/kafka/rd_common.h"
#include "common/kafka/rd_fetch_waker.h"

namespace odometer {
namespace {

constexpr size_t kQueuedRecords = 400'000;
constexpr int kWaitSliceMs = 100;
// After each so many records the fetch queue is looked at.
constexpr int kRecordsPerRound = 10'000;

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

// One call of Read: OnMessage runs inside Serve, on the same thread.
class Reading {
 public:
  Reading(rd_kafka_t* client, const TopicPartition& tp, int64_t from, int64_t end,
          const std::function<Status(const RecordView&)>& on_record)
      : client_(client), tp_(tp), position_(from), end_(end), on_record_(on_record) {}

  // Hands over what is queued, waiting at most wait_ms for the first. Whether anything came.
  bool Serve(rd_kafka_queue_t* queue, int wait_ms) {
    came_ = 0;
    rd_kafka_consume_callback_queue(queue, wait_ms, OnMessage, this);
    return came_ > 0;
  }
  bool Done() const { return !status_.ok() || position_ >= end_; }
  const Status& status() const { return status_; }
  int64_t position() const { return position_; }

 private:
  static void OnMessage(rd_kafka_message_t* message, void* self) noexcept {
    auto* reading = static_cast<Reading*>(self);
    if (!reading->Done()) {
      try {
        reading->Take(*message);
      } catch (const std::exception& e) {
        reading->status_ = Status::Stop(std::string("handling a record: ") + e.what());
      } catch (...) {
        reading->status_ = Status::Stop("handling a record: unknown exception");
      }
    }
    if (reading->Done() || ++reading->came_ >= kRecordsPerRound) rd_kafka_yield(reading->client_);
  }

  void Take(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // Everything before the last stable offset has been seen; aborted and control records gave nothing.
      position_ = std::max(position_, message.offset);
    } else if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
               message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      status_ = Status::Stop(ToString(tp_) + ": offset " + std::to_string(position_) + " is not in the log");
    } else if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Status error = rd::ErrorStatus(message.err, ToString(tp_));
      if (error.Is(ErrorKind::kStop)) status_ = error;  // else librdkafka goes on by itself
    } else if (message.offset >= end_) {
      position_ = end_;
    } else if (message.offset >= position_) {
      rd::MessageHeaders headers(&message);
      status_ = on_record_(rd::ViewOf(message, tp_.topic, &headers));
      position_ = message.offset + 1;
    }
  }

  rd_kafka_t* const client_;
  const TopicPartition& tp_;
  int64_t position_;
  const int64_t end_;
  const std::function<Status(const RecordView&)>& on_record_;
  int came_ = 0;
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
  rd::QueuePtr queue(rd_kafka_queue_new(client_.get()));
  if (rd_kafka_consume_start_queue(topic.get(), partition.partition, from, queue.get()) != 0) {
    return rd::ErrorStatus(rd_kafka_last_error(), "reading " + ToString(partition));
  }
  Reading reading(client_.get(), partition, from, end, on_record);
  bool stalled = false;
  {
    rd::FetchWaker waker(client_.get(), queue.get());
    waker.SetPartitions({partition});
    auto stall = std::chrono::milliseconds(stall_timeout_ms_);
    auto last = std::chrono::steady_clock::now();
    while (!reading.Done() && !stalled) {
      int64_t before = reading.position();
      reading.Serve(queue.get(), kWaitSliceMs);
      waker.Check(kQueuedRecords);
      auto now = std::chrono::steady_clock::now();
      if (reading.position() != before) last = now;
      stalled = now - last > stall;
    }
  }
  rd_kafka_consume_stop(topic.get(), partition.partition);
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
