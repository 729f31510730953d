// The transactional producer over librdkafka's own mock of a broker, which fails as told.
#include <gmock/gmock.h>

#include <vector>

#include "common/kafka/admin.h"
#include "common/kafka/producer.h"
#include "common/kafka/rd_group_metadata.h"
#include "mock_cluster.h"

namespace odometer {
namespace {

constexpr int16_t kProduceApi = 0;
constexpr int16_t kFindCoordinatorApi = 10;

// A record that waits for its linger when Produce fails for another one must never be sent: its bytes may be gone.
TEST(RdProducerTest, NothingIsReferencedAfterProduceFailedForGood) {
  MockCluster cluster;
  cluster.CreateTopic("waiting");
  cluster.CreateTopic("refused");
  KafkaProperties properties = cluster.Properties();
  properties["linger.ms"] = "2000";  // full batches are sent at once
  {
    auto producer = NewRdTransactionalProducer({.properties = properties, .client_id = "test"});
    ASSERT_TRUE(producer.ok()) << producer.status().ToString();
    ASSERT_TRUE((*producer)->Begin().ok());
    std::string value = "before";
    ASSERT_TRUE((*producer)->Produce("waiting", 0, std::vector<OutRecord>{{.key = "k", .value = value}}).ok());

    std::vector<rd_kafka_resp_err_t> errors(100, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    rd_kafka_mock_push_request_errors_array(cluster.get(), kProduceApi, errors.size(), errors.data());
    const std::vector<OutRecord> many(150'000, {.key = "k", .value = "v"});  // more than may be under way
    Status produced = (*producer)->Produce("refused", 0, many);
    EXPECT_TRUE(produced.Is(ErrorKind::kStop)) << produced.ToString();
    value = "after";
    rd_kafka_mock_clear_request_errors(cluster.get(), kProduceApi);
    EXPECT_FALSE((*producer)->Flush().ok());
  }
  auto admin = NewRdAdmin(cluster.Properties(), "test", 10'000);
  ASSERT_TRUE(admin.ok()) << admin.status().ToString();
  Result<OffsetRange> range = (*admin)->Offsets({"waiting", 0});
  ASSERT_TRUE(range.ok()) << range.status().ToString();
  EXPECT_EQ(range->end, 0);
}

// librdkafka 2.0.2 would wait for ever.
TEST(RdProducerTest, SendingOffsetsEndsWhenTheGroupsCoordinatorWasNotThere) {
  MockCluster cluster;
  cluster.CreateTopic("t");
  auto producer = NewRdTransactionalProducer(
      {.properties = cluster.Properties(), .client_id = "test", .transactional_id = "id", .transaction_timeout_ms = 2'000});
  ASSERT_TRUE(producer.ok()) << producer.status().ToString();
  ASSERT_TRUE((*producer)->Init().ok());
  ASSERT_TRUE((*producer)->Begin().ok());
  ASSERT_TRUE((*producer)->Produce("t", 0, std::vector<OutRecord>{{.key = "k", .value = "v"}}).ok());
  ASSERT_TRUE((*producer)->Flush().ok());
  rd_kafka_mock_push_request_errors(cluster.get(), kFindCoordinatorApi, 3, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
  const rd::RdGroupMetadata group(rd_kafka_consumer_group_metadata_new("group"));
  const Status sent = (*producer)->SendOffsets({{{"t", 0}, 1}}, group);
  EXPECT_TRUE(sent.ok() || sent.Is(ErrorKind::kAbort) || sent.Is(ErrorKind::kRecover)) << sent.ToString();
}

}  // namespace
}  // namespace odometer
