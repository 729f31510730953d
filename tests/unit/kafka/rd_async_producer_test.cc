// The producer behind ingest over librdkafka's own mock of a broker, which answers as told.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/kafka/producer.h"
#include "tests/unit/kafka/mock_cluster.h"

namespace odometer {
namespace {

using ::testing::HasSubstr;

constexpr int16_t kProduceApi = 0;
constexpr const char* kTopic = "events";
constexpr int kBrokers = 2;  // each leads one partition
constexpr int kRoundTripMs = 1'000;  // long enough to do something while a record is on its way

// What was reported, in that order.
class Reports {
 public:
  AsyncProducer::Callback Collect() {
    return [this](Result<RecordMetadata> result) {
      MutexLock lock(mutex_);
      results_.push_back(std::move(result));
      changed_.NotifyAll();
    };
  }
  // Waits for the next one.
  Result<RecordMetadata> Take() {
    MutexLock lock(mutex_);
    while (results_.size() == taken_) changed_.Wait(mutex_);
    return results_[taken_++];
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  size_t taken_ = 0;
  std::vector<Result<RecordMetadata>> results_;
};

class RdAsyncProducerTest : public ::testing::Test {
 protected:
  RdAsyncProducerTest() {
    mock_.CreateTopic(kTopic, kBrokers);
    for (int i = 0; i < kBrokers; ++i) rd_kafka_mock_partition_set_leader(mock_.get(), kTopic, i, i + 1);
  }

  void Open(AsyncProducerOptions options = {}) {
    options.client_id = "test";
    options.properties = mock_.Properties();
    options.properties["topic.metadata.refresh.interval.ms"] = metadata_refresh_ms_;
    Result<std::unique_ptr<AsyncProducer>> producer = NewRdAsyncProducer(options);
    ASSERT_TRUE(producer.ok()) << producer.status().ToString();
    producer_ = std::move(*producer);
  }
  void FailNextProduce(rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(mock_.get(), kProduceApi, 1, error);
  }
  void Send(std::string_view value, int32_t partition = 0) {
    const Status status = producer_->Produce(kTopic, {.value = value, .partition = partition}, reports_.Collect());
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  // Waits for what becomes of one record.
  Result<RecordMetadata> Produce() {
    Status status = producer_->Produce(kTopic, {.key = "k", .value = "1", .partition = 0}, reports_.Collect());
    return status.ok() ? reports_.Take() : Result<RecordMetadata>(status);
  }

  const char* metadata_refresh_ms_ = "5000";
  Reports reports_;
  MockCluster mock_{kBrokers};
  std::unique_ptr<AsyncProducer> producer_;
};

TEST_F(RdAsyncProducerTest, GoesOnWithANewClientAfterAFatalError) {
  Open();
  ASSERT_TRUE(Produce().ok());
  for (int round = 0; round < 2; ++round) {
    FailNextProduce(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    Status status = Produce().status();
    EXPECT_TRUE(status.Is(ErrorKind::kRetry) || status.Is(ErrorKind::kRecover)) << status.ToString();
    Result<RecordMetadata> next = Produce();
    while (next.status().Is(ErrorKind::kRetry)) next = Produce();
    ASSERT_TRUE(next.ok()) << next.status().ToString();
    EXPECT_TRUE(producer_->Healthy().ok()) << producer_->Healthy().ToString();
  }
}

TEST_F(RdAsyncProducerTest, KnowsNoOffsetOfADuplicate) {
  Open();
  FailNextProduce(RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER);
  Result<RecordMetadata> result = Produce();
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->offset, -1);
}

TEST_F(RdAsyncProducerTest, SaysWhetherARecordMayHaveBeenWritten) {
  Open({.delivery_timeout_ms = 300});
  ASSERT_TRUE(Produce().ok());
  rd_kafka_mock_broker_set_rtt(mock_.get(), 1, 5'000);
  EXPECT_TRUE(Produce().status().Is(ErrorKind::kRecover)) << "sent, and not answered in time";
  rd_kafka_mock_broker_set_down(mock_.get(), 1);
  Status never_sent = Produce().status();
  while (never_sent.Is(ErrorKind::kRecover)) never_sent = Produce().status();
  EXPECT_TRUE(never_sent.Is(ErrorKind::kRetry)) << never_sent.ToString();
  EXPECT_TRUE(producer_->Healthy().Is(ErrorKind::kRetry));
}

// The broker has timed out waiting for its replicas: the record may be in the log. The next attempt is not allowed any
// more.
TEST_F(RdAsyncProducerTest, ARefusalAfterAnAttemptThatMayHaveWrittenIsNoRefusal) {
  Open();
  ASSERT_TRUE(Produce().ok());
  rd_kafka_mock_push_request_errors(mock_.get(), kProduceApi, 2, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const Status status = Produce().status();
  EXPECT_TRUE(status.Is(ErrorKind::kRecover)) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("authorization failed"));
}

TEST_F(RdAsyncProducerTest, IsUnwellWhileTheBrokerRefusesEveryRecord) {
  metadata_refresh_ms_ = "100";
  Open();
  ASSERT_TRUE(Produce().ok());
  FailNextProduce(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  EXPECT_TRUE(Produce().status().Is(ErrorKind::kStop));
  EXPECT_THAT(producer_->Healthy().ToString(), HasSubstr("authorization failed"));
  while (!Produce().ok()) {  // librdkafka remembers the refusal for a while
  }
  EXPECT_TRUE(producer_->Healthy().ok());
}

TEST_F(RdAsyncProducerTest, IsWellThoughOneRecordIsRefused) {
  Open();
  ASSERT_TRUE(Produce().ok());
  FailNextProduce(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  EXPECT_TRUE(Produce().status().Is(ErrorKind::kStop));
  EXPECT_TRUE(producer_->Healthy().ok()) << producer_->Healthy().ToString();
}

// To the broker of partition 1, while one is on its way to the other, slow one: which is reported first?
TEST_F(RdAsyncProducerTest, ARecordWaitsForThoseOnTheirWayButNoLongerThanTheLinger) {
  for (const int linger_ms : {60'000, 1, 0}) {
    Open({.linger_ms = linger_ms});
    Send("1", 0);
    Send("2", 1);
    ASSERT_TRUE(producer_->Flush(10'000).ok());
    rd_kafka_mock_broker_set_rtt(mock_.get(), 1, kRoundTripMs);
    EXPECT_TRUE(reports_.Take().ok());
    EXPECT_TRUE(reports_.Take().ok());
    Send("3", 0);
    Send("4", 1);
    const int32_t first = linger_ms > kRoundTripMs ? 0 : 1;
    EXPECT_EQ(reports_.Take()->partition, first) << linger_ms;
    EXPECT_EQ(reports_.Take()->partition, 1 - first) << linger_ms;
    rd_kafka_mock_broker_set_rtt(mock_.get(), 1, 0);
  }
}

TEST_F(RdAsyncProducerTest, ThoseThatWaitedKeepTheirOrder) {
  Open({.linger_ms = 60'000});
  for (int i = 0; i < 200; ++i) Send(std::to_string(i));
  for (int i = 0; i < 200; ++i) ASSERT_EQ(reports_.Take()->offset, i);
}

TEST_F(RdAsyncProducerTest, ARecordThatWaitedAndIsRefusedIsReported) {
  Open({.linger_ms = 60'000});
  ASSERT_TRUE(Produce().ok());
  ASSERT_TRUE(producer_->Flush(10'000).ok());
  rd_kafka_mock_broker_set_rtt(mock_.get(), 1, kRoundTripMs);
  Send("1");
  const std::string too_large(11 << 20, 'x');
  Send(too_large);
  Send("3");
  EXPECT_EQ(reports_.Take()->offset, 1);
  const Status refused = reports_.Take().status();
  EXPECT_TRUE(refused.Is(ErrorKind::kStop)) << refused.ToString();
  EXPECT_EQ(reports_.Take()->offset, 2);
}

TEST_F(RdAsyncProducerTest, TheQueueIsBoundedInBytes) {
  for (const int linger_ms : {0, 60'000}) {
    Open({.linger_ms = linger_ms, .max_queued_bytes = 20 << 10});
    rd_kafka_mock_broker_set_rtt(mock_.get(), 1, 5'000);
    const std::string value(8 << 10, 'x');
    Send(value);
    Send(value);
    EXPECT_TRUE(producer_->Produce(kTopic, {.value = value}, reports_.Collect()).Is(ErrorKind::kRetry));
  }
}

}  // namespace
}  // namespace odometer
