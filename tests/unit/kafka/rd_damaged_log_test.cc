// A log with a damaged batch in the middle, on librdkafka's own mock of a broker, which gives out what it was sent.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "common/kafka/consumer.h"
#include "common/kafka/log_reader.h"
#include "common/kafka/producer.h"
#include "mock_cluster.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kTopic = "events";

template <typename T>
void AppendBigEndian(T value, std::string* out) {
  for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift));
  }
}

void AppendText(std::string_view text, std::string* out) {
  AppendBigEndian(static_cast<int16_t>(text.size()), out);
  out->append(text);
}

// A batch of one record, version 2, whose checksum is wrong: https://kafka.apache.org/documentation/#recordbatch
std::string DamagedBatch() {
  std::string body;
  AppendBigEndian<int16_t>(0, &body);   // attributes
  AppendBigEndian<int32_t>(0, &body);   // last offset delta
  AppendBigEndian<int64_t>(0, &body);   // base and
  AppendBigEndian<int64_t>(0, &body);   // highest timestamp
  AppendBigEndian<int64_t>(-1, &body);  // producer id
  AppendBigEndian<int16_t>(-1, &body);
  AppendBigEndian<int32_t>(-1, &body);
  AppendBigEndian<int32_t>(1, &body);  // records
  // Length 8, attributes, deltas, no key, the value "xy", no headers; lengths are zigzag varints.
  body.append({16, 0, 0, 0, 1, 4, 'x', 'y', 0});
  std::string batch;
  AppendBigEndian<int64_t>(0, &batch);  // base offset: the broker's to set
  AppendBigEndian<int32_t>(static_cast<int32_t>(4 + 1 + 4 + body.size()), &batch);
  AppendBigEndian<int32_t>(0, &batch);  // leader epoch
  batch.push_back(2);
  AppendBigEndian<uint32_t>(0xbad0bad0, &batch);
  return batch + body;
}

std::string ProduceRequest(const std::string& batch) {
  std::string request;
  AppendBigEndian<int16_t>(0, &request);   // Produce
  AppendBigEndian<int16_t>(3, &request);   // version
  AppendBigEndian<int32_t>(1, &request);   // correlation id
  AppendText("test", &request);
  AppendBigEndian<int16_t>(-1, &request);  // no transactional id
  AppendBigEndian<int16_t>(-1, &request);  // acks=all
  AppendBigEndian<int32_t>(10'000, &request);
  AppendBigEndian<int32_t>(1, &request);
  AppendText(kTopic, &request);
  AppendBigEndian<int32_t>(1, &request);
  AppendBigEndian<int32_t>(0, &request);  // partition
  AppendBigEndian(static_cast<int32_t>(batch.size()), &request);
  request += batch;
  std::string framed;
  AppendBigEndian(static_cast<int32_t>(request.size()), &framed);
  return framed + request;
}

class RdDamagedLogTest : public ::testing::Test {
 protected:
  RdDamagedLogTest() { cluster_.CreateTopic(kTopic); }

  void AppendGood(int count) {
    auto producer = NewRdTransactionalProducer({.properties = properties_, .client_id = "test"});
    ASSERT_TRUE(producer.ok()) << producer.status().ToString();
    std::vector<OutRecord> records(static_cast<size_t>(count), {.key = "k", .value = "v"});
    ASSERT_TRUE((*producer)->Produce(kTopic, 0, records).ok());
    Status flushed = (*producer)->Flush();
    ASSERT_TRUE(flushed.ok()) << flushed.ToString();
  }
  // No client would send it.
  void AppendDamaged() {
    std::string address = cluster_.Address();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(connection, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    std::string request = ProduceRequest(DamagedBatch());
    ASSERT_EQ(send(connection, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    // Frame, correlation id, one topic with its name, one partition, its number, then the error.
    std::string answer(4 + 4 + 4 + 2 + std::string_view(kTopic).size() + 4 + 4 + 2, '\0');
    ASSERT_EQ(recv(connection, answer.data(), answer.size(), MSG_WAITALL), static_cast<ssize_t>(answer.size()));
    EXPECT_EQ(answer.substr(answer.size() - 2), std::string(2, '\0'));
    close(connection);
  }

  MockCluster cluster_;
  const KafkaProperties properties_ = cluster_.Properties();
};

// Starts at 0 what it is assigned.
struct Offsets : ConsumerEvents {
  void OnRecord(const RecordView& record) override { seen.push_back(record.offset); }
  void OnAssigned(const std::vector<TopicPartition>& partitions) override {
    for (const TopicPartition& tp : partitions) EXPECT_TRUE(consumer->Start(tp, 0).ok());
  }
  void OnRevoked(const std::vector<TopicPartition>&) override {}
  void OnLost(const std::vector<TopicPartition>&) override {}

  Consumer* consumer = nullptr;
  std::vector<int64_t> seen;
};

TEST_F(RdDamagedLogTest, TheConsumerStopsAndPassesNothingOver) {
  AppendGood(3);
  AppendDamaged();
  AppendGood(3);
  auto consumer = NewRdConsumer({.properties = properties_, .group_id = "group", .client_id = "test"});
  ASSERT_TRUE(consumer.ok()) << consumer.status().ToString();
  Offsets offsets;
  offsets.consumer = consumer->get();
  ASSERT_TRUE((*consumer)->Subscribe({kTopic}).ok());
  Status status;
  for (int i = 0; i < 200 && status.ok() && offsets.seen.size() < 6; ++i) status = (*consumer)->Poll(100, &offsets);
  ASSERT_TRUE(status.Is(ErrorKind::kStop)) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("events/0: the records at offset 3 cannot be read"));
  EXPECT_THAT(offsets.seen, ElementsAre(0, 1, 2));
}

TEST_F(RdDamagedLogTest, TheLogReaderFailsAtOnce) {
  AppendGood(3);
  AppendDamaged();
  AppendGood(3);
  auto reader = NewRdLogReader({.properties = properties_, .client_id = "test"});
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  std::vector<int64_t> seen;
  Status status = (*reader)->Read({kTopic, 0}, 0, 7, [&](const RecordView& record) {
    seen.push_back(record.offset);
    return Status::Ok();
  });
  ASSERT_TRUE(status.Is(ErrorKind::kRetry)) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("events/0: the records at offset 3 cannot be read"));
  EXPECT_THAT(seen, ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace odometer
