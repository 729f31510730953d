#include <gmock/gmock.h>

#include <mutex>

#include "kafka_test_support.h"

namespace odometer {
namespace {

class AsyncProducerTest : public KafkaTest {
 protected:
  std::unique_ptr<AsyncProducer> NewAsyncProducer(int linger_ms = 0) {
    Result<std::unique_ptr<AsyncProducer>> producer =
        NewRdAsyncProducer({.properties = properties_, .client_id = "test", .linger_ms = linger_ms});
    EXPECT_TRUE(producer.ok()) << producer.status().ToString();
    return std::move(*producer);
  }

  std::mutex mutex_;
  std::vector<Result<RecordMetadata>> results_;
  AsyncProducer::Callback Collect() {
    return [this](Result<RecordMetadata> result) {
      std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
    };
  }
};

// murmur2 as Java's producer uses it.
uint32_t JavaMurmur2(std::string_view data) {
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  uint32_t h = 0x9747b28cu ^ static_cast<uint32_t>(data.size());
  size_t i = 0;
  auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<unsigned char>(data[at])); };
  for (; i + 4 <= data.size(); i += 4) {
    uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    k *= kMultiplier;
    k ^= k >> 24;
    k *= kMultiplier;
    h = h * kMultiplier ^ k;
  }
  switch (data.size() - i) {
    case 3:
      h ^= byte(i + 2) << 16;
      [[fallthrough]];
    case 2:
      h ^= byte(i + 1) << 8;
      [[fallthrough]];
    case 1:
      h ^= byte(i);
      h *= kMultiplier;
  }
  h ^= h >> 13;
  h *= kMultiplier;
  return h ^ h >> 15;
}

TEST_F(AsyncProducerTest, TellsTheOffsetOfEveryRecord) {
  for (const int linger_ms : {0, 10}) {
    std::string topic = NewTopic(1);
    auto producer = NewAsyncProducer(linger_ms);
    results_.clear();
    for (int i = 0; i < 500; ++i) {
      std::string value = std::to_string(i);  // copied: it does not outlive the call
      ASSERT_TRUE(producer->Produce(topic, {.key = "k", .value = value, .headers = {{"number", value}}}, Collect()).ok());
    }
    Status flushed = producer->Flush(20'000);
    ASSERT_TRUE(flushed.ok()) << flushed.ToString();
    ASSERT_EQ(results_.size(), 500u);
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(results_[static_cast<size_t>(i)].ok());
      EXPECT_EQ(results_[static_cast<size_t>(i)]->offset, i);
    }
    EXPECT_TRUE(producer->Healthy().ok());
    EXPECT_EQ(ReadValues({topic, 0}), Numbers(0, 500));
  }
}

TEST_F(AsyncProducerTest, ChoosesTheSamePartitionAsJavaClients) {
  std::string topic = NewTopic(5);
  auto producer = NewAsyncProducer();
  for (std::string key : {"a", "checkout.latency", "eu.shop.visits", "0123456", "äöü"}) {
    results_.clear();
    ASSERT_TRUE(producer->Produce(topic, {.key = key, .value = "1"}, Collect()).ok());
    ASSERT_TRUE(producer->Flush(20'000).ok());
    ASSERT_EQ(results_.size(), 1u);
    ASSERT_TRUE(results_[0].ok()) << results_[0].status().ToString();
    EXPECT_EQ(results_[0]->partition, static_cast<int32_t>((JavaMurmur2(key) & 0x7fffffff) % 5)) << key;
  }
}

TEST_F(AsyncProducerTest, ARecordThatIsTooLargeIsRefusedForGood) {
  auto producer = NewAsyncProducer();
  std::string value(3 << 20, 'x');
  Status status = producer->Produce(NewTopic(1), {.value = value}, Collect());
  EXPECT_TRUE(status.Is(ErrorKind::kStop)) << status.ToString();
  EXPECT_THAT(results_, ::testing::IsEmpty());
}

}  // namespace
}  // namespace odometer
