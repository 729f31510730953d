#include <gmock/gmock.h>

#include "kafka_test_support.h"

namespace odometer {
namespace {

using ::testing::IsEmpty;

class ProducerTest : public KafkaTest {
 protected:
  // A member of a new group that owns the topic's one partition.
  void JoinGroup(const std::string& topic) {
    consumer_ = NewConsumer(Unique("group"), topic);
    ASSERT_TRUE(PollUntil(consumer_.get(), &events_, [&] { return events_.assigned.size() == 1; }));
  }
  std::optional<int64_t> Committed(const TopicPartition& tp) {
    Result<std::optional<int64_t>> offset = consumer_->Committed(tp);
    EXPECT_TRUE(offset.ok()) << offset.status().ToString();
    return offset.ok() ? *offset : std::nullopt;
  }

  Recorder events_;
  std::unique_ptr<Consumer> consumer_;
};

TEST_F(ProducerTest, CommitsRecordsAndOffsetsTogether) {
  std::string input = NewTopic(1, "input");
  TopicPartition in{input, 0};
  TopicPartition out{NewTopic(1, "output"), 0};
  Fill(input, 1, 10);
  JoinGroup(input);
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(ProduceNumbers(producer.get(), out, 0, 5).ok());
  EXPECT_EQ(producer->AcknowledgedEnds(), (std::map<TopicPartition, int64_t>{{out, 5}}));
  std::unique_ptr<GroupMetadata> group = consumer_->Group();
  ASSERT_NE(group, nullptr);
  Status sent = producer->SendOffsets({{in, 7}}, *group);
  ASSERT_TRUE(sent.ok()) << sent.ToString();
  Status committed = producer->Commit();
  ASSERT_TRUE(committed.ok()) << committed.ToString();
  EXPECT_EQ(Committed(in), 7);
  EXPECT_EQ(ReadValues(out), Numbers(0, 5));
}

TEST_F(ProducerTest, AbortLeavesNeitherRecordsNorOffsets) {
  std::string input = NewTopic(1, "input");
  TopicPartition in{input, 0};
  TopicPartition out{NewTopic(1, "output"), 0};
  JoinGroup(input);
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(ProduceNumbers(producer.get(), out, 0, 5).ok());
  ASSERT_TRUE(producer->SendOffsets({{in, 7}}, *consumer_->Group()).ok());
  Status aborted = producer->Abort();
  ASSERT_TRUE(aborted.ok()) << aborted.ToString();
  EXPECT_EQ(Committed(in), std::nullopt);
  ASSERT_TRUE(producer->Begin().ok());
  EXPECT_THAT(producer->AcknowledgedEnds(), IsEmpty());
  ASSERT_TRUE(ProduceNumbers(producer.get(), out, 100, 2).ok());
  ASSERT_TRUE(producer->Commit().ok());
  EXPECT_EQ(ReadValues(out), Numbers(100, 2));
}

// The bytes are gone when Abort has returned: under AddressSanitizer a late read of them fails the test.
TEST_F(ProducerTest, AbortDropsWhatIsStillQueued) {
  TopicPartition out{NewTopic(1), 0};
  const std::string id = Unique("tx");
  auto producer = NewProducer(id);
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(producer->Begin().ok());
    {
      std::vector<std::string> values(20'000, std::string(100, 'x'));
      std::vector<OutRecord> records;
      for (const std::string& value : values) records.push_back({.key = "k", .value = value});
      ASSERT_TRUE(producer->Produce(out.topic, out.partition, records).ok());
      Status aborted = producer->Abort();
      // The broker may not have heard of the transaction yet, and then takes the abort for an error: that fences us.
      ASSERT_TRUE(aborted.ok() || aborted.Is(ErrorKind::kRecover)) << aborted.ToString();
      if (!aborted.ok()) producer = NewProducer(id);
    }
    ASSERT_TRUE(producer->Begin().ok());
    ASSERT_TRUE(ProduceNumbers(producer.get(), out, round, 1).ok());
    Status committed = producer->Commit();
    ASSERT_TRUE(committed.ok()) << committed.ToString();
  }
  EXPECT_EQ(ReadValues(out), Numbers(0, 5));
}

TEST_F(ProducerTest, ATransactionMayBeLargerThanTheQueue) {
  TopicPartition out{NewTopic(1), 0};
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  Status produced = ProduceNumbers(producer.get(), out, 0, 250'000);
  ASSERT_TRUE(produced.ok()) << produced.ToString();
  EXPECT_EQ(producer->AcknowledgedEnds(), (std::map<TopicPartition, int64_t>{{out, 250'000}}));
  ASSERT_TRUE(producer->Commit().ok());
  EXPECT_TRUE(EndReaches(out, 250'001)) << "the records and the control record";
}

TEST_F(ProducerTest, ANewProducerFencesTheOldOneAndEndsItsTransaction) {
  TopicPartition out{NewTopic(1), 0};
  std::string id = Unique("tx");
  auto old = NewProducer(id);
  ASSERT_TRUE(old->Begin().ok());
  ASSERT_TRUE(ProduceNumbers(old.get(), out, 0, 5).ok());
  auto successor = NewProducer(id);
  Status zombie = old->Commit();
  EXPECT_TRUE(zombie.Is(ErrorKind::kRecover)) << zombie.ToString();
  Status aborted = old->Abort();
  EXPECT_TRUE(aborted.Is(ErrorKind::kRecover)) << aborted.ToString();
  ASSERT_TRUE(successor->Begin().ok());
  ASSERT_TRUE(ProduceNumbers(successor.get(), out, 50, 1).ok());
  ASSERT_TRUE(successor->Commit().ok());
  EXPECT_EQ(ReadValues(out), Numbers(50, 1));
}

TEST_F(ProducerTest, RefusesOffsetsThatWouldBeIgnored) {
  std::string input = NewTopic(1, "input");
  JoinGroup(input);
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  EXPECT_TRUE(producer->SendOffsets({}, *consumer_->Group()).Is(ErrorKind::kAbort));
  EXPECT_TRUE(producer->Commit().Is(ErrorKind::kAbort)) << "a commit without the offsets would count the input twice";
  EXPECT_TRUE(producer->SendOffsets({{{input, 0}, -1}}, *consumer_->Group()).Is(ErrorKind::kAbort));
  EXPECT_TRUE(producer->Abort().ok());
}

TEST_F(ProducerTest, OffsetsOfAFormerMemberAreRefused) {
  std::string input = NewTopic(1, "input");
  TopicPartition in{input, 0};
  JoinGroup(input);
  std::unique_ptr<GroupMetadata> group = consumer_->Group();
  consumer_->Close(&events_);
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  Status sent = producer->SendOffsets({{in, 3}}, *group);
  EXPECT_TRUE(sent.Is(ErrorKind::kAbort)) << sent.ToString();
  Status aborted = producer->Abort();
  EXPECT_TRUE(aborted.ok()) << aborted.ToString();
}

TEST_F(ProducerTest, WithoutATransactionalIdRecordsCountAtOnce) {
  std::string input = NewTopic(1, "input");
  TopicPartition out{NewTopic(1), 0};
  JoinGroup(input);
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(ProduceNumbers(producer.get(), out, 0, 3).ok());
  EXPECT_EQ(producer->AcknowledgedEnds(), (std::map<TopicPartition, int64_t>{{out, 3}}));
  EXPECT_EQ(ReadValues(out), Numbers(0, 3));
  EXPECT_FALSE(producer->SendOffsets({{{input, 0}, 1}}, *consumer_->Group()).ok());
  EXPECT_TRUE(producer->Commit().ok());
  EXPECT_TRUE(producer->Abort().ok());
}

TEST_F(ProducerTest, ARecordThatTheTopicDoesNotTakeIsRefusedForGood) {
  TopicPartition out{NewTopic(1), 0};
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  std::string value(3 << 20, 'x');
  std::vector<OutRecord> records = {{.key = "k", .value = value}};
  ASSERT_TRUE(producer->Produce(out.topic, out.partition, records).ok());
  Status flushed = producer->Flush();
  EXPECT_TRUE(flushed.Is(ErrorKind::kStop)) << flushed.ToString();
  EXPECT_TRUE(producer->Abort().ok());
}

TEST_F(ProducerTest, OnlyTheTopicsLimitCounts) {
  TopicSpec spec{.name = Unique("large"), .config = {{"max.message.bytes", "5000000"}}};
  ASSERT_TRUE(admin_->Create(spec).ok());
  Result<std::optional<TopicInfo>> info = admin_->Describe(spec.name);
  ASSERT_TRUE(info.ok() && info->has_value());
  EXPECT_EQ((*info)->MaxMessageBytes(), 5'000'000);
  OutRecord record{.key = "k", .headers = {{"h", "1"}}};
  std::string value(static_cast<size_t>(5'000'000 - MaxBatchBytes(record)), 'x');
  record.value = value;
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(producer->Produce(spec.name, 0, {&record, 1}).ok());
  Status committed = producer->Commit();
  ASSERT_TRUE(committed.ok()) << committed.ToString();
  EXPECT_EQ(ReadValues({spec.name, 0}), std::vector<std::string>{value});
}

TEST_F(ProducerTest, ARecordTooLargeForTheClientSpoilsNothing) {
  TopicPartition out{NewTopic(1), 0};
  auto producer = NewProducer(Unique("tx"));
  ASSERT_TRUE(producer->Begin().ok());
  std::string value(kMaxRecordBytes, 'x');
  std::vector<OutRecord> records = {{.key = "k", .value = "small"}, {.key = "k", .value = value}};
  Status produced = producer->Produce(out.topic, out.partition, records);
  EXPECT_TRUE(produced.Is(ErrorKind::kInvalid)) << produced.ToString();
  ASSERT_TRUE(ProduceNumbers(producer.get(), out, 0, 2).ok());
  ASSERT_TRUE(producer->Commit().ok());
  EXPECT_EQ(ReadValues(out), Numbers(0, 2)) << "nothing of the refused call";
}

}  // namespace
}  // namespace odometer
