#include "common/kafka/group_admin.h"

#include "kafka_test_support.h"

namespace odometer {
namespace {

class GroupAdminTest : public KafkaTest {
 protected:
  std::unique_ptr<GroupAdmin> Of(const std::string& group) {
    Result<std::unique_ptr<GroupAdmin>> made = NewRdGroupAdmin(properties_, group, "test", 20'000);
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    return std::move(*made);
  }
};

TEST_F(GroupAdminTest, AGroupThatDoesNotExistHasNothing) {
  const std::unique_ptr<GroupAdmin> group = Of(Unique("absent"));
  EXPECT_TRUE(group->Members().value().empty());
  EXPECT_TRUE(group->Committed({{NewTopic(2), 0}}).value().empty());
}

TEST_F(GroupAdminTest, TellsMembersAndWhatTheyHaveCommitted) {
  const std::string topic = NewTopic(2);
  const std::string name = Unique("group");
  std::unique_ptr<Consumer> member = NewConsumer(name, topic);
  Recorder recorder;
  ASSERT_TRUE(PollUntil(member.get(), &recorder, [&] { return recorder.assigned.size() == 2; }));
  const std::unique_ptr<GroupAdmin> group = Of(name);
  const std::vector<GroupMember> members = group->Members().value();
  ASSERT_EQ(members.size(), 1u);
  EXPECT_FALSE(members[0].client_id.empty());
  EXPECT_EQ(members[0].host, "127.0.0.1");
  EXPECT_EQ(members[0].partitions, (std::vector<TopicPartition>{{topic, 0}, {topic, 1}}));
  ASSERT_TRUE(member->CommitOffsets({{{topic, 1}, 7}}).ok());
  EXPECT_EQ(group->Committed({{topic, 0}, {topic, 1}}).value(), (std::map<TopicPartition, int64_t>{{{topic, 1}, 7}}));
  member->Close(&recorder);
  EXPECT_TRUE(group->Members().value().empty());
}

// What a processor that was killed has not committed for sure must be known before anybody takes over.
TEST_F(GroupAdminTest, OffsetsOfAnOpenTransactionAreNotGuessed) {
  const std::string topic = NewTopic(1);
  const std::string name = Unique("group");
  std::unique_ptr<Consumer> member = NewConsumer(name, topic);
  Recorder recorder;
  ASSERT_TRUE(PollUntil(member.get(), &recorder, [&] { return recorder.assigned.size() == 1; }));
  const std::unique_ptr<TransactionalProducer> producer = NewProducer(Unique("open"));
  ASSERT_TRUE(producer->Begin().ok());
  const OutRecord record{.value = "x"};
  ASSERT_TRUE(producer->Produce(topic, 0, {&record, 1}).ok());
  ASSERT_TRUE(producer->SendOffsets({{{topic, 0}, 5}}, *member->Group()).ok());
  auto hasty = NewRdGroupAdmin(properties_, name, "test", 2'000);
  ASSERT_TRUE(hasty.ok());
  const auto meanwhile = (*hasty)->Committed({{topic, 0}});
  EXPECT_TRUE(meanwhile.status().Is(ErrorKind::kRetry)) << meanwhile.status().ToString();
  ASSERT_TRUE(producer->Commit().ok());
  EXPECT_EQ(Of(name)->Committed({{topic, 0}}).value(), (std::map<TopicPartition, int64_t>{{{topic, 0}, 5}}));
}

TEST_F(GroupAdminTest, FindsOffsetsByTime) {
  const std::string topic = NewTopic(1);
  const std::unique_ptr<GroupAdmin> group = Of(Unique("group"));
  constexpr int64_t kLater = 4'000'000'000'000;
  EXPECT_EQ(group->OffsetAt({topic, 0}, 0).value(), 0);
  Fill(topic, 1, 5);
  EXPECT_EQ(group->OffsetAt({topic, 0}, 0).value(), 0);
  EXPECT_EQ(group->OffsetAt({topic, 0}, kLater).value(), 5);
}

TEST_F(GroupAdminTest, DeletesTopics) {
  const std::string topic = NewTopic(1);
  const std::unique_ptr<GroupAdmin> group = Of(Unique("group"));
  EXPECT_TRUE(group->DeleteTopic(topic).ok());
  EXPECT_TRUE(group->DeleteTopic(Unique("absent")).ok());
}

}  // namespace
}  // namespace odometer
