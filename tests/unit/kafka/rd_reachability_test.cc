#include "common/kafka/rd_reachability.h"

#include <gtest/gtest.h>

#include "common/kafka/rd_common.h"
#include "tests/unit/kafka/mock_cluster.h"

namespace odometer {
namespace {

rd::ClientPtr NewClient(const KafkaProperties& properties) {
  rd::ClientConfig config{.type = RD_KAFKA_PRODUCER, .client_id = "test", .properties = &properties};
  Result<rd::ClientPtr> client = rd::NewClient(config);
  EXPECT_TRUE(client.ok());
  return std::move(*client);
}

TEST(RdReachability, IsLostUntilABrokerAnswers) {
  MockCluster cluster;
  const KafkaProperties properties = cluster.Properties();
  rd::ClientPtr client = NewClient(properties);
  rd::Reachability reachability;
  EXPECT_EQ(reachability.Trouble(), std::nullopt);
  reachability.Lost("the last broker went");
  EXPECT_EQ(reachability.Trouble(), "the last broker went");
  reachability.Probe(client.get(), 10'000);
  EXPECT_EQ(reachability.Trouble(), std::nullopt);
}

TEST(RdReachability, StaysLostWhileNobodyAnswers) {
  const KafkaProperties properties{{"bootstrap.servers", "127.0.0.1:1"}, {"log_level", "0"}};
  rd::ClientPtr client = NewClient(properties);
  rd::Reachability reachability;
  reachability.Lost("no broker yet");
  reachability.Probe(client.get(), 50);
  EXPECT_EQ(reachability.Trouble(), "no broker yet");
}

}  // namespace
}  // namespace odometer
