// The real broker for these tests, and a consumer's events written down.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "common/kafka/log_reader.h"
#include "common/kafka/producer.h"

namespace odometer {

class KafkaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* broker = std::getenv("ODOMETER_TEST_BROKER");
    ASSERT_NE(broker, nullptr) << "ODOMETER_TEST_BROKER must name a broker, as in 127.0.0.1:9092; tests/run starts one";
    properties_["bootstrap.servers"] = broker;
    Result<std::unique_ptr<Admin>> admin = NewRdAdmin(properties_, "test", 20'000);
    ASSERT_TRUE(admin.ok()) << admin.status().ToString();
    admin_ = std::move(*admin);
  }

  // Unique per run, so that a broker can serve many.
  static std::string Unique(const std::string& name) {
    static std::mt19937_64 random(std::random_device{}());
    return name + "-" + std::to_string(random());
  }

  std::string NewTopic(int32_t partitions, const std::string& name = "topic") {
    TopicSpec spec{.name = Unique(name), .partitions = partitions};
    Status created = admin_->Create(spec);
    EXPECT_TRUE(created.ok()) << created.ToString();
    return spec.name;
  }

  // With an empty id not transactional.
  std::unique_ptr<TransactionalProducer> NewProducer(const std::string& transactional_id = "",
                                                     int transaction_timeout_ms = 15'000) {
    ProducerOptions options{.properties = properties_,
                            .client_id = "test",
                            .transactional_id = transactional_id,
                            .transaction_timeout_ms = transaction_timeout_ms};
    Result<std::unique_ptr<TransactionalProducer>> producer = NewRdTransactionalProducer(options);
    EXPECT_TRUE(producer.ok()) << producer.status().ToString();
    Status status = Status::Retry("not tried");
    while (status.Is(ErrorKind::kRetry)) status = (*producer)->Init();
    EXPECT_TRUE(status.ok()) << status.ToString();
    return std::move(*producer);
  }

  std::unique_ptr<Consumer> NewConsumer(const std::string& group, const std::string& topic,
                                        const std::string& instance_id = "") {
    ConsumerOptions options{.properties = properties_, .group_id = group, .instance_id = instance_id,
                            .client_id = "test"};
    options.properties["session.timeout.ms"] = "6000";
    options.properties["heartbeat.interval.ms"] = "300";
    options.properties["topic.metadata.refresh.interval.ms"] = "500";
    Result<std::unique_ptr<Consumer>> consumer = NewRdConsumer(options);
    EXPECT_TRUE(consumer.ok()) << consumer.status().ToString();
    Status subscribed = (*consumer)->Subscribe({topic});
    EXPECT_TRUE(subscribed.ok()) << subscribed.ToString();
    return std::move(*consumer);
  }

  std::unique_ptr<LogReader> NewReader(int stall_timeout_ms = 20'000) {
    Result<std::unique_ptr<LogReader>> reader =
        NewRdLogReader({.properties = properties_, .client_id = "test", .stall_timeout_ms = stall_timeout_ms});
    EXPECT_TRUE(reader.ok()) << reader.status().ToString();
    return std::move(*reader);
  }

  // Values are "<first>", "<first + 1>", ...
  static Status ProduceNumbers(TransactionalProducer* producer, const TopicPartition& tp, int first, int count) {
    std::deque<std::string> values;  // stable addresses
    std::vector<OutRecord> records;
    for (int i = first; i < first + count; ++i) {
      values.push_back(std::to_string(i));
      records.push_back({.key = "key", .value = values.back()});
    }
    ODOMETER_RETURN_IF_ERROR(producer->Produce(tp.topic, tp.partition, records));
    return producer->Flush();
  }

  void Fill(const std::string& topic, int32_t partitions, int per_partition) {
    std::unique_ptr<TransactionalProducer> producer = NewProducer();
    for (int32_t p = 0; p < partitions; ++p) {
      Status status = ProduceNumbers(producer.get(), {topic, p}, 0, per_partition);
      ASSERT_TRUE(status.ok()) << status.ToString();
    }
  }

  std::vector<std::string> ReadValues(const TopicPartition& tp) {
    std::vector<std::string> values;
    Result<OffsetRange> range = admin_->Offsets(tp);
    EXPECT_TRUE(range.ok()) << range.status().ToString();
    Status status = NewReader()->Read(tp, range->begin, range->end, [&](const RecordView& record) {
      values.emplace_back(record.value);
      return Status::Ok();
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return values;
  }

  // The control records of a transaction are written after its end was answered: the end of the log may lag a little.
  bool EndReaches(const TopicPartition& tp, int64_t end) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      Result<OffsetRange> range = admin_->Offsets(tp);
      EXPECT_TRUE(range.ok()) << range.status().ToString();
      if (!range.ok() || range->end > end) return false;
      if (range->end == end) return true;
    }
    return false;
  }

  static std::vector<std::string> Numbers(int first, int count) {
    std::vector<std::string> values;
    for (int i = first; i < first + count; ++i) values.push_back(std::to_string(i));
    return values;
  }

  KafkaProperties properties_;
  std::unique_ptr<Admin> admin_;
};

// Writes down what a consumer hands over.
class Recorder : public ConsumerEvents {
 public:
  void OnRecord(const RecordView& record) override {
    TopicPartition tp{std::string(record.topic), record.partition};
    offsets[tp].push_back(record.offset);
    ++records;
    if (on_record) on_record(tp, record);
  }
  void OnEnd(const TopicPartition& tp, int64_t next_offset) override { ends[tp].push_back(next_offset); }
  void OnAssigned(const std::vector<TopicPartition>& partitions) override {
    ++assignments;
    for (const TopicPartition& tp : partitions) assigned[tp] = true;
    if (on_assigned) on_assigned(partitions);
  }
  void OnRevoked(const std::vector<TopicPartition>& partitions) override {
    for (const TopicPartition& tp : partitions) assigned.erase(tp);
    ++revocations;
    if (on_revoked) on_revoked(partitions);
  }
  void OnLost(const std::vector<TopicPartition>& partitions) override {
    for (const TopicPartition& tp : partitions) assigned.erase(tp);
    ++losses;
  }

  std::map<TopicPartition, std::vector<int64_t>> offsets;
  std::map<TopicPartition, std::vector<int64_t>> ends;
  std::map<TopicPartition, bool> assigned;
  int assignments = 0;
  int records = 0;
  int revocations = 0;
  int losses = 0;
  std::function<void(const TopicPartition&, const RecordView&)> on_record;
  std::function<void(const std::vector<TopicPartition>&)> on_assigned;
  std::function<void(const std::vector<TopicPartition>&)> on_revoked;
};

// Polls until the condition holds or 60 s have passed; whether it holds.
inline bool PollUntil(Consumer* consumer, Recorder* recorder, const std::function<bool()>& condition) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    Status status = consumer->Poll(50, recorder);
    EXPECT_TRUE(status.ok()) << status.ToString();
    if (!status.ok()) return false;
  }
  return true;
}

}  // namespace odometer
