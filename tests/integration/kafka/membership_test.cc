// What became of a static member that its group has fenced, as the broker lists the group.
#include "common/kafka/rd_membership.h"

#include <gmock/gmock.h>

#include "common/kafka/rd_common.h"
#include "kafka_test_support.h"

namespace odometer {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kTimeoutMs = 20'000;

class MembershipTest : public KafkaTest {
 protected:
  void SetUp() override {
    KafkaTest::SetUp();
    if (HasFatalFailure()) return;
    properties_["session.timeout.ms"] = "6000";
    Result<rd::ClientPtr> client =
        rd::NewClient({.type = RD_KAFKA_PRODUCER, .client_id = "test", .properties = &properties_});
    ASSERT_TRUE(client.ok()) << client.status().ToString();
    client_ = std::move(*client);
  }

  struct Member {
    std::string id;  // that the broker has given it
  };
  // The group's only one; empty when there is none.
  Member OnlyMember(const std::string& group) {
    const rd_kafka_group_list* groups = nullptr;
    EXPECT_EQ(rd_kafka_list_groups(client_.get(), group.c_str(), &groups, kTimeoutMs), RD_KAFKA_RESP_ERR_NO_ERROR);
    Member only;
    if (groups != nullptr && groups->group_cnt == 1 && groups->groups[0].member_cnt == 1) {
      only = {groups->groups[0].members[0].member_id};
    }
    if (groups != nullptr) rd_kafka_group_list_destroy(groups);
    return only;
  }
  Status FencedStatus(const rd::StaticMember& self) { return rd::FencedStatus(client_.get(), self, kTimeoutMs); }

  rd::ClientPtr client_;
};

TEST_F(MembershipTest, AFencedMemberStopsOnlyForAnother) {
  const std::string topic = NewTopic(1);
  const std::string group = Unique("group");
  auto consumer = NewConsumer(group, topic, "instance-1");
  Recorder recorder;
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.assigned.size() == 1; }));
  const Member member = OnlyMember(group);
  ASSERT_THAT(member.id, HasSubstr("instance-1"));

  // librdkafka has forgotten its id, and is fenced in favour of the member that it is itself.
  const Status itself = FencedStatus({group, "instance-1", member.id});
  EXPECT_TRUE(itself.Is(ErrorKind::kRecover)) << itself.ToString();
  const Status another = FencedStatus({group, "instance-1", "instance-1-of-before"});
  EXPECT_TRUE(another.Is(ErrorKind::kStop)) << another.ToString();
  EXPECT_THAT(another.message(), HasSubstr("same instance.id has joined group " + group));
  // The group has forgotten it, and has other members: these did not take its place.
  for (const char* forgotten : {"instance-2", "instance"}) {
    const Status nobody = FencedStatus({group, forgotten, "of-before"});
    EXPECT_TRUE(nobody.Is(ErrorKind::kRecover)) << nobody.ToString();
  }
}

// librdkafka had an id meanwhile that it has forgotten, too: nobody keeps that member alive.
TEST_F(MembershipTest, AFencedMemberDoesNotStopForOneThatNobodyKeeps) {
  const std::string topic = NewTopic(1);
  const std::string group = Unique("group");
  auto consumer = NewConsumer(group, topic, "instance-1");
  Recorder recorder;
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.assigned.size() == 1; }));
  consumer.reset();  // a static member does not leave
  ASSERT_THAT(OnlyMember(group).id, StartsWith("instance-1"));
  const Status nobody = FencedStatus({group, "instance-1", "instance-1-of-before"});
  EXPECT_TRUE(nobody.Is(ErrorKind::kRecover)) << nobody.ToString();
  EXPECT_THAT(OnlyMember(group).id, ::testing::IsEmpty());
}

TEST_F(MembershipTest, AFencedMemberWhoseGroupIsEmptyIsMadeAnew) {
  EXPECT_TRUE(FencedStatus({Unique("none"), "instance-1", "test"}).Is(ErrorKind::kRecover));
}

// A static one that comes back may leave partitions without an owner: docs/adr/0003-consuming.md.
TEST_F(MembershipTest, ACooperativeMemberIsNotStatic) {
  properties_["partition.assignment.strategy"] = "cooperative-sticky";
  const std::string topic = NewTopic(1);
  const std::string group = Unique("group");
  auto consumer = NewConsumer(group, topic, "instance-1");
  Recorder recorder;
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.assigned.size() == 1; }));
  EXPECT_THAT(OnlyMember(group).id, StartsWith("test-"));  // what the broker makes of the client's id
}

}  // namespace
}  // namespace odometer
