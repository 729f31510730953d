#include <gmock/gmock.h>

#include "common/kafka/memory_broker.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A consumer with its events written down; starts what it is assigned at the committed offset unless told otherwise.
struct Member : ConsumerEvents {
  Member(MemoryBroker* broker, const std::string& name, const std::string& instance_id = "") {
    consumer = broker->NewConsumer({.group_id = "group", .instance_id = instance_id, .client_id = name});
    EXPECT_TRUE(consumer->Subscribe({"input"}).ok());
  }
  Status Poll() { return consumer->Poll(0, this); }

  void OnRecord(const RecordView& record) override {
    seen.push_back(std::to_string(record.partition) + "@" + std::to_string(record.offset));
    if (on_record) on_record(record);
  }
  void OnEnd(const TopicPartition& tp, int64_t next_offset) override {
    seen.push_back(std::to_string(tp.partition) + " ends at " + std::to_string(next_offset));
  }
  void OnAssigned(const std::vector<TopicPartition>& partitions) override {
    events.push_back("assigned" + Numbers(partitions));
    if (!start) return;
    for (const TopicPartition& tp : partitions) {
      EXPECT_TRUE(consumer->Start(tp, consumer->Committed(tp).value().value_or(0)).ok());
    }
  }
  void OnRevoked(const std::vector<TopicPartition>& partitions) override {
    events.push_back("revoked" + Numbers(partitions));
    in_group_at_revocation = consumer->Group() != nullptr;
  }
  void OnLost(const std::vector<TopicPartition>& partitions) override {
    events.push_back("lost" + Numbers(partitions));
  }
  static std::string Numbers(const std::vector<TopicPartition>& partitions) {
    std::string text;
    for (const TopicPartition& tp : partitions) text += " " + std::to_string(tp.partition);
    return text;
  }

  std::unique_ptr<Consumer> consumer;
  bool start = true;
  bool in_group_at_revocation = false;
  std::vector<std::string> events;
  std::vector<std::string> seen;
  std::function<void(const RecordView&)> on_record;
};

class MemoryConsumerTest : public ::testing::Test {
 protected:
  MemoryConsumerTest() { broker_.CreateTopic({.name = "input", .partitions = 2}); }
  void Fill(int32_t partition, int count) {
    for (int i = 0; i < count; ++i) broker_.Append({"input", partition}, {.value = std::to_string(i)});
  }

  ManualClock clock_;
  MemoryBroker broker_{&clock_};
};

TEST_F(MemoryConsumerTest, DeliversNothingBeforeStart) {
  Fill(0, 2);
  Member member(&broker_, "a");
  member.start = false;
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.events, ElementsAre("assigned 0 1"));
  EXPECT_THAT(member.seen, IsEmpty());
  EXPECT_TRUE(member.consumer->Start({"input", 0}, 1).ok());
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.seen, ElementsAre("0@1"));
  EXPECT_TRUE(member.consumer->Start({"input", 9}, 0).Is(ErrorKind::kInvalid)) << "not assigned";
}

TEST_F(MemoryConsumerTest, StartsAgainInTheMiddle) {
  Fill(0, 4);
  Member member(&broker_, "a");
  bool again = true;
  member.on_record = [&](const RecordView& record) {
    if (record.offset != 2 || !std::exchange(again, false)) return;
    EXPECT_TRUE(member.consumer->Start({"input", 0}, 1).ok());
  };
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.seen, ElementsAre("0@0", "0@1", "0@2", "0@1", "0@2", "0@3"));
}

TEST_F(MemoryConsumerTest, DeliversNothingWhilePaused) {
  Fill(0, 3);
  Member member(&broker_, "a");
  member.on_record = [&](const RecordView&) { EXPECT_TRUE(member.consumer->Pause().ok()); };
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.seen, ElementsAre("0@0"));
  EXPECT_TRUE(member.consumer->Resume().ok());
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.seen, ElementsAre("0@0", "0@1"));
  EXPECT_TRUE(member.consumer->Start({"input", 0}, 0).ok());
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_EQ(member.seen.size(), 2u) << "starting does not end the pause";
}

TEST_F(MemoryConsumerTest, EachPartitionHasItsTurn) {
  Fill(0, 10);
  Fill(1, 10);
  broker_.set_records_per_poll(2);
  Member member(&broker_, "a");
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.seen, ElementsAre("1@0", "1@1", "0@0", "0@1"));
}

TEST_F(MemoryConsumerTest, ReadsCommittedRecordsOnly) {
  auto producer = broker_.NewTransactionalProducer({.transactional_id = "tx"});
  ASSERT_TRUE(producer->Init().ok());
  std::vector<OutRecord> records = {{.value = "1"}};
  for (bool commit : {false, true}) {
    ASSERT_TRUE(producer->Begin().ok());
    ASSERT_TRUE(producer->Produce("input", 0, records).ok());
    ASSERT_TRUE(producer->Flush().ok());
    ASSERT_TRUE((commit ? producer->Commit() : producer->Abort()).ok());
  }
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce("input", 0, records).ok());
  ASSERT_TRUE(producer->Flush().ok());
  Member member(&broker_, "a");
  EXPECT_EQ(member.consumer->CachedEnd({"input", 0}), std::nullopt);
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.seen, ElementsAre("0@2", "0 ends at 4")) << "the last stable offset";
  EXPECT_EQ(member.consumer->CachedEnd({"input", 0}), 5) << "the open transaction's record counts";
}

TEST_F(MemoryConsumerTest, TellsTheEndOfAnAbortedTailOnce) {
  Fill(0, 1);
  EXPECT_EQ(broker_.AppendTransaction({"input", 0}, {{.value = "a"}, {.value = "b"}}, false), 1);
  Member member(&broker_, "a");
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.seen, ElementsAre("0@0", "0 ends at 4"));
  broker_.AppendTransaction({"input", 0}, {{.value = "c"}}, true);
  EXPECT_TRUE(member.Poll().ok());
  EXPECT_THAT(member.seen, ElementsAre("0@0", "0 ends at 4", "0@4", "0 ends at 6"));
}

TEST_F(MemoryConsumerTest, AMemberTooManyIsAssignedNothing) {
  std::vector<std::unique_ptr<Member>> members;
  for (const char* name : {"a", "b", "c"}) members.push_back(std::make_unique<Member>(&broker_, name));
  for (int round = 0; round < 2; ++round) {
    for (auto& member : members) EXPECT_TRUE(member->Poll().ok());
  }
  EXPECT_THAT(members[2]->events, ElementsAre("assigned"));
  EXPECT_NE(members[2]->consumer->Group(), nullptr) << "it is in the group";
}

// The first keeps what it may keep, and the second gets its share once the first has given it up.
TEST_F(MemoryConsumerTest, ACooperativeGroupMovesOnlyWhatItMust) {
  broker_.SetCooperative("group");
  Member a(&broker_, "a");
  EXPECT_TRUE(a.Poll().ok());
  Member b(&broker_, "b");
  for (int round = 0; round < 4; ++round) {
    EXPECT_TRUE(b.Poll().ok());
    EXPECT_TRUE(a.Poll().ok());
  }
  EXPECT_THAT(a.events, ElementsAre("assigned 0 1", "revoked 1", "assigned", "assigned"));
  EXPECT_THAT(b.events, ElementsAre("assigned 1"));
  EXPECT_TRUE(a.in_group_at_revocation);
  b.consumer->Close(&b);
  EXPECT_TRUE(a.Poll().ok());
  EXPECT_EQ(a.events.back(), "assigned 1");
}

TEST_F(MemoryConsumerTest, ASecondMemberTakesItsShare) {
  Member a(&broker_, "a");
  EXPECT_TRUE(a.Poll().ok());
  Member b(&broker_, "b");
  EXPECT_TRUE(b.Poll().ok());
  EXPECT_THAT(b.events, IsEmpty()) << "the first has not given anything up yet";
  EXPECT_TRUE(a.Poll().ok());
  EXPECT_TRUE(b.Poll().ok());
  EXPECT_THAT(a.events, ElementsAre("assigned 0 1", "revoked 0 1", "assigned 0"));
  EXPECT_THAT(b.events, ElementsAre("assigned 1"));
  EXPECT_TRUE(a.in_group_at_revocation) << "what it has can still be committed";
}

TEST_F(MemoryConsumerTest, AMemberThatLeavesGivesItsShareBack) {
  Member a(&broker_, "a");
  Member b(&broker_, "b");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(a.Poll().ok());
    EXPECT_TRUE(b.Poll().ok());
  }
  b.consumer->Close(&b);
  b.consumer->Close(&b);
  EXPECT_EQ(b.events.back(), "revoked 1");
  EXPECT_TRUE(a.Poll().ok());
  EXPECT_EQ(a.events.back(), "assigned 0 1");
  EXPECT_TRUE(b.Poll().Is(ErrorKind::kRecover));
}

TEST_F(MemoryConsumerTest, AnExpiredMemberHasLostItsPartitions) {
  Member a(&broker_, "a");
  EXPECT_TRUE(a.Poll().ok());
  std::unique_ptr<GroupMetadata> group = a.consumer->Group();
  ASSERT_NE(group, nullptr);
  broker_.ExpireMember("group", "a");
  EXPECT_TRUE(a.consumer->CommitOffsets({{{"input", 0}, 1}}).Is(ErrorKind::kRecover));
  EXPECT_TRUE(a.Poll().ok());
  EXPECT_THAT(a.events, ElementsAre("assigned 0 1", "lost 0 1", "assigned 0 1"));
}

TEST_F(MemoryConsumerTest, AKilledStaticMemberIsReplacedWithoutARebalance) {
  Member a(&broker_, "a", "instance-a");
  auto b = std::make_unique<Member>(&broker_, "b", "instance-b");
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(a.Poll().ok());
    EXPECT_TRUE(b->Poll().ok());
  }
  size_t events = a.events.size();
  b.reset();
  Member successor(&broker_, "b2", "instance-b");
  EXPECT_TRUE(successor.Poll().ok());
  EXPECT_TRUE(a.Poll().ok());
  EXPECT_THAT(successor.events, ElementsAre("assigned 1"));
  EXPECT_EQ(a.events.size(), events);
}

TEST_F(MemoryConsumerTest, ATwinWithTheSameInstanceIdFences) {
  Member old(&broker_, "a", "instance-a");
  EXPECT_TRUE(old.Poll().ok());
  Member twin(&broker_, "a", "instance-a");
  EXPECT_TRUE(twin.Poll().ok());
  EXPECT_TRUE(old.Poll().Is(ErrorKind::kRecover));
}

TEST_F(MemoryConsumerTest, AGrownTopicIsAssignedAnew) {
  Member a(&broker_, "a");
  EXPECT_TRUE(a.Poll().ok());
  auto admin = broker_.NewAdmin();
  EXPECT_TRUE(admin->GrowPartitions("input", 3).ok());
  EXPECT_TRUE(a.Poll().ok());
  EXPECT_THAT(a.events, ElementsAre("assigned 0 1", "revoked 0 1", "assigned 0 1 2"));
}

TEST_F(MemoryConsumerTest, StopsWhereRecordsWereDeleted) {
  Fill(0, 5);
  Member a(&broker_, "a");
  a.start = false;
  EXPECT_TRUE(a.Poll().ok());
  broker_.Log({"input", 0}).DeleteBefore(3);
  EXPECT_TRUE(a.consumer->Start({"input", 0}, 1).ok());
  EXPECT_TRUE(a.Poll().Is(ErrorKind::kStop));
}

TEST_F(MemoryConsumerTest, CommitsOffsets) {
  Member a(&broker_, "a");
  EXPECT_TRUE(a.Poll().ok());
  EXPECT_TRUE(a.consumer->CommitOffsets({{{"input", 1}, 4}}).ok());
  EXPECT_EQ(broker_.CommittedOffset("group", {"input", 1}), 4);
  EXPECT_EQ(*a.consumer->Committed({"input", 1}), 4);
  EXPECT_EQ(*a.consumer->Committed({"input", 0}), std::nullopt);
}

TEST_F(MemoryConsumerTest, TheLogReaderReadsARangeOfCommittedRecords) {
  Fill(0, 3);
  auto producer = broker_.NewTransactionalProducer({.transactional_id = "tx"});
  ASSERT_TRUE(producer->Init().ok());
  ASSERT_TRUE(producer->Begin().ok());
  std::vector<OutRecord> records = {{.value = "open"}};
  ASSERT_TRUE(producer->Produce("input", 0, records).ok());
  ASSERT_TRUE(producer->Flush().ok());
  auto reader = broker_.NewLogReader();
  std::vector<int64_t> offsets;
  auto collect = [&](const RecordView& record) {
    offsets.push_back(record.offset);
    return Status::Ok();
  };
  TopicPartition tp{"input", 0};
  EXPECT_TRUE(reader->Read(tp, 1, 3, collect).ok());
  EXPECT_THAT(offsets, ElementsAre(1, 2));
  EXPECT_TRUE(reader->Read(tp, 3, 4, collect).Is(ErrorKind::kRetry)) << "the transaction is open";
  ASSERT_TRUE(producer->Abort().ok());
  EXPECT_TRUE(reader->Read(tp, 3, 5, collect).ok()) << "an aborted tail is passed";
  EXPECT_THAT(offsets, ElementsAre(1, 2));
  EXPECT_TRUE(reader->Read(tp, 9, 10, collect).Is(ErrorKind::kStop));
  EXPECT_TRUE(reader->Read(tp, 0, 3, [](const RecordView&) { return Status::Stop("enough"); }).Is(ErrorKind::kStop));
}

TEST_F(MemoryConsumerTest, TheAdminCreatesAndDescribes) {
  auto admin = broker_.NewAdmin();
  EXPECT_FALSE(admin->Describe("new").value().has_value());
  EXPECT_TRUE(admin->Create({.name = "new", .partitions = 3, .config = {{"cleanup.policy", "compact"}}}).ok());
  EXPECT_TRUE(admin->Create({.name = "new", .partitions = 1}).ok());
  std::optional<TopicInfo> info = admin->Describe("new").value();
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->partitions, 3);
  EXPECT_EQ(info->config["cleanup.policy"], "compact");
  Fill(0, 2);
  EXPECT_EQ(admin->Offsets({"input", 0})->end, 2);
  EXPECT_TRUE(admin->Offsets({"input", 5}).status().Is(ErrorKind::kNotFound));
  broker_.InjectFault(BrokerCall::kDescribe, {.kind = ErrorKind::kRetry});
  EXPECT_TRUE(admin->Describe("new").status().Is(ErrorKind::kRetry));
  broker_.set_cluster_id("another");
  EXPECT_EQ(*admin->ClusterId(), "another");
}

TEST_F(MemoryConsumerTest, WhatIsCutOffChangesNothing) {
  Member a(&broker_, "a");
  EXPECT_TRUE(a.Poll().ok());
  broker_.set_cut_off(true);
  Fill(0, 1);
  EXPECT_TRUE(a.Poll().Is(ErrorKind::kRecover));
  EXPECT_TRUE(a.consumer->CommitOffsets({{{"input", 0}, 1}}).Is(ErrorKind::kRecover));
  EXPECT_TRUE(broker_.NewAdmin()->Create({.name = "new"}).Is(ErrorKind::kRecover));
  a.consumer->Close(&a);
  broker_.set_cut_off(false);
  EXPECT_EQ(broker_.CommittedOffset("group", {"input", 0}), std::nullopt);
  EXPECT_FALSE(broker_.NewAdmin()->Describe("new")->has_value());
  Member b(&broker_, "b");
  EXPECT_TRUE(b.Poll().ok());
  EXPECT_THAT(b.events, IsEmpty()) << "the broker still waits for the member that could not say that it leaves";
  broker_.ExpireMember("group", "a");
  EXPECT_TRUE(b.Poll().ok());
  EXPECT_THAT(b.events, ElementsAre("assigned 0 1"));
}

}  // namespace
}  // namespace odometer
