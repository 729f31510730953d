// What the librdkafka clients do before there is a broker.
#include <gmock/gmock.h>

#include <mutex>

#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "common/kafka/log_reader.h"
#include "common/kafka/producer.h"

namespace odometer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Nobody listens there.
const KafkaProperties kNowhere = {{"bootstrap.servers", "127.0.0.1:1"}, {"log_level", "0"}};

KafkaProperties With(const std::string& key, const std::string& value) {
  KafkaProperties properties = kNowhere;
  properties[key] = value;
  return properties;
}

TEST(RdConfigTest, RefusesWhatExactlyOnceRestsOn) {
  for (const auto& [key, value] : std::map<std::string, std::string>{{"enable.auto.commit", "true"},
                                                                     {"isolation.level", "read_uncommitted"},
                                                                     {"enable.idempotence", "false"},
                                                                     {"acks", "1"},
                                                                     {"transactional.id", "mine"},
                                                                     {"auto.offset.reset", "earliest"},
                                                                     {"group.id", "mine"}}) {
    KafkaProperties properties = With(key, value);
    for (const Status& status :
         {NewRdConsumer({.properties = properties, .group_id = "g", .client_id = "c"}).status(),
          NewRdTransactionalProducer({.properties = properties, .client_id = "c", .transactional_id = "t"}).status(),
          NewRdAsyncProducer({.properties = properties, .client_id = "c"}).status(),
          NewRdLogReader({.properties = properties, .client_id = "c"}).status()}) {
      ASSERT_TRUE(status.Is(ErrorKind::kInvalid)) << key << ": " << status.ToString();
      EXPECT_THAT(status.message(), HasSubstr(key));
    }
  }
}

TEST(RdConfigTest, NamesAnUnknownPropertyButNeverItsValue) {
  Status status = NewRdAdmin(With("sasl.passwort", "secret"), "c", 1000).status();
  ASSERT_TRUE(status.Is(ErrorKind::kInvalid)) << status.ToString();
  EXPECT_THAT(status.message(), HasSubstr("sasl.passwort"));
  EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
}

TEST(RdConfigTest, PassesOtherPropertiesThrough) {
  KafkaProperties properties = With("session.timeout.ms", "7000");
  properties["compression.type"] = "lz4";     // a producer's
  properties["fetch.wait.max.ms"] = "50";     // a consumer's
  properties["isolation.level"] = "read_committed";  // what it is anyway
  EXPECT_TRUE(NewRdConsumer({.properties = properties, .group_id = "g", .client_id = "c"}).ok());
  properties.erase("isolation.level");
  EXPECT_TRUE(NewRdTransactionalProducer({.properties = properties, .client_id = "c", .transactional_id = "t"}).ok());
  EXPECT_TRUE(NewRdAdmin(properties, "c", 1000).ok());
}

TEST(RdConfigTest, AsyncProducerWithoutABrokerSaysSoAndReportsEveryRecord) {
  std::mutex mutex;
  std::vector<Status> reported;
  auto done = [&](Result<RecordMetadata> result) {
    std::lock_guard lock(mutex);
    reported.push_back(result.status());
  };
  for (const int linger_ms : {0, 60'000}) {
    reported.clear();
    Result<std::unique_ptr<AsyncProducer>> producer = NewRdAsyncProducer(
        {.properties = kNowhere, .client_id = "c", .linger_ms = linger_ms, .max_queued_records = 2});
    ASSERT_TRUE(producer.ok()) << producer.status().ToString();
    EXPECT_TRUE((*producer)->Healthy().Is(ErrorKind::kRetry));
    EXPECT_TRUE((*producer)->Produce("topic", {.value = "1"}, done).ok());
    EXPECT_TRUE((*producer)->Produce("topic", {.value = "2"}, done).ok());
    Status full = (*producer)->Produce("topic", {.value = "3"}, done);
    EXPECT_TRUE(full.Is(ErrorKind::kRetry)) << full.ToString();
    EXPECT_TRUE((*producer)->Flush(0).Is(ErrorKind::kRetry));
    producer->reset();
    ASSERT_EQ(reported.size(), 2u) << "each once, before the producer is gone";
    for (const Status& status : reported) EXPECT_TRUE(status.Is(ErrorKind::kRetry)) << status.ToString();
  }
}

TEST(RdConfigTest, AConsumerWithoutABrokerIsNotInTheGroupAndCloses) {
  Result<std::unique_ptr<Consumer>> consumer =
      NewRdConsumer({.properties = kNowhere, .group_id = "g", .client_id = "c"});
  ASSERT_TRUE(consumer.ok()) << consumer.status().ToString();
  EXPECT_EQ((*consumer)->Group(), nullptr);
  EXPECT_EQ((*consumer)->CachedEnd({"topic", 0}), std::nullopt);
  EXPECT_TRUE((*consumer)->Start({"topic", 0}, 0).Is(ErrorKind::kInvalid));
  (*consumer)->Close(nullptr);
}

}  // namespace
}  // namespace odometer
