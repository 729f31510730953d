#include "kafka_test_support.h"

namespace odometer {
namespace {

using AdminTest = KafkaTest;

TEST_F(AdminTest, CreatesATopicWithItsSettings) {
  TopicSpec spec{.name = Unique("topic"), .partitions = 2, .config = {{"cleanup.policy", "compact"}}};
  ASSERT_TRUE(admin_->Create(spec).ok());
  Result<std::optional<TopicInfo>> info = admin_->Describe(spec.name);
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  ASSERT_TRUE(info->has_value());
  EXPECT_EQ((*info)->partitions, 2);
  EXPECT_EQ((*info)->config["cleanup.policy"], "compact");
  EXPECT_TRUE(admin_->Create(spec).ok()) << "creating again is no error";
}

TEST_F(AdminTest, DescribesATopicThatDoesNotExistAsNothing) {
  Result<std::optional<TopicInfo>> info = admin_->Describe(Unique("absent"));
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  EXPECT_FALSE(info->has_value());
}

TEST_F(AdminTest, RefusesSettingsThatTheBrokerDoesNotKnow) {
  Status status = admin_->Create({.name = Unique("topic"), .config = {{"cleanup.policy", "burn"}}});
  EXPECT_TRUE(status.Is(ErrorKind::kInvalid)) << status.ToString();
}

TEST_F(AdminTest, GrowsButNeverShrinks) {
  std::string topic = NewTopic(2);
  EXPECT_TRUE(admin_->GrowPartitions(topic, 4).ok());
  EXPECT_TRUE(admin_->GrowPartitions(topic, 3).ok());
  Result<std::optional<TopicInfo>> info = admin_->Describe(topic);
  ASSERT_TRUE(info.ok() && info->has_value());
  EXPECT_EQ((*info)->partitions, 4);
  EXPECT_TRUE(admin_->GrowPartitions(Unique("absent"), 2).Is(ErrorKind::kNotFound));
}

TEST_F(AdminTest, TheEndCountsOpenTransactions) {
  TopicPartition tp{NewTopic(1), 0};
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(ProduceNumbers(producer.get(), tp, 0, 4).ok());
  Result<OffsetRange> range = admin_->Offsets(tp);
  ASSERT_TRUE(range.ok()) << range.status().ToString();
  EXPECT_EQ(range->begin, 0);
  EXPECT_EQ(range->end, 4);
  EXPECT_TRUE(producer->Abort().ok());
}

TEST_F(AdminTest, KnowsTheClustersId) {
  Result<std::string> id = admin_->ClusterId();
  ASSERT_TRUE(id.ok()) << id.status().ToString();
  EXPECT_FALSE(id->empty());
  EXPECT_EQ(*admin_->ClusterId(), *id);
}

TEST_F(AdminTest, AnUnknownPartitionHasNoOffsets) {
  Result<OffsetRange> range = admin_->Offsets({NewTopic(1), 7});
  EXPECT_TRUE(range.status().Is(ErrorKind::kNotFound)) << range.status().ToString();
}

}  // namespace
}  // namespace odometer
