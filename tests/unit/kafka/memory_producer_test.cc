#include <gmock/gmock.h>

#include "common/kafka/memory_broker.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Accepts everything; for joining a group.
class NoEvents : public ConsumerEvents {
 public:
  void OnRecord(const RecordView&) override {}
  void OnAssigned(const std::vector<TopicPartition>&) override {}
  void OnRevoked(const std::vector<TopicPartition>&) override {}
  void OnLost(const std::vector<TopicPartition>&) override {}
};

class MemoryProducerTest : public ::testing::Test {
 protected:
  MemoryProducerTest() {
    broker_.CreateTopic({.name = "input", .partitions = 1});
    broker_.CreateTopic({.name = "output", .partitions = 2});
    consumer_ = broker_.NewConsumer({.group_id = "group", .client_id = "client"});
    EXPECT_TRUE(consumer_->Subscribe({"input"}).ok());
    EXPECT_TRUE(consumer_->Poll(0, &no_events_).ok());
  }

  std::unique_ptr<TransactionalProducer> NewProducer(const std::string& id = "tx") {
    auto producer = broker_.NewTransactionalProducer({.transactional_id = id});
    EXPECT_TRUE(producer->Init().ok());
    return producer;
  }
  Status Produce(TransactionalProducer* producer, const std::string& value) {
    values_.push_back(std::make_unique<std::string>(value));
    std::vector<OutRecord> records = {{.key = "k", .value = *values_.back()}};
    return producer->Produce("output", 0, records);
  }
  std::vector<std::string> Output() {
    std::vector<std::string> values;
    for (const MemoryRecord& record : broker_.CommittedRecords(out_)) values.push_back(record.value);
    return values;
  }
  std::optional<int64_t> Committed() { return broker_.CommittedOffset("group", in_); }

  const TopicPartition in_{"input", 0};
  const TopicPartition out_{"output", 0};
  ManualClock clock_;
  MemoryBroker broker_{&clock_};
  NoEvents no_events_;
  std::unique_ptr<Consumer> consumer_;
  std::vector<std::unique_ptr<std::string>> values_;
};

TEST_F(MemoryProducerTest, ACommitShowsRecordsAndOffsetsTogether) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  ASSERT_TRUE(producer->Flush().ok());
  ASSERT_TRUE(producer->SendOffsets({{in_, 7}}, *consumer_->Group()).ok());
  EXPECT_THAT(producer->AcknowledgedEnds(), ElementsAre(Pair(out_, 1)));
  EXPECT_THAT(Output(), IsEmpty());
  EXPECT_EQ(Committed(), std::nullopt);
  EXPECT_TRUE(consumer_->Committed(in_).status().Is(ErrorKind::kRetry)) << "its transaction is open";
  ASSERT_TRUE(producer->Commit().ok());
  EXPECT_THAT(Output(), ElementsAre("1"));
  EXPECT_EQ(Committed(), 7);
}

TEST_F(MemoryProducerTest, AnAbortShowsNeither) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  ASSERT_TRUE(producer->Flush().ok());
  ASSERT_TRUE(producer->SendOffsets({{in_, 7}}, *consumer_->Group()).ok());
  ASSERT_TRUE(producer->Abort().ok());
  EXPECT_THAT(Output(), IsEmpty());
  EXPECT_EQ(Committed(), std::nullopt);
  EXPECT_EQ(broker_.Log(out_).end(), 2) << "the record and the control record are there";
  ASSERT_TRUE(producer->Begin().ok());
  EXPECT_THAT(producer->AcknowledgedEnds(), IsEmpty());
}

TEST_F(MemoryProducerTest, AbortDropsWhatWasNotFlushed) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  ASSERT_TRUE(producer->Abort().ok());
  EXPECT_EQ(broker_.Log(out_).end(), 0);
}

TEST_F(MemoryProducerTest, ASuccessorFencesAndAborts) {
  auto old = NewProducer();
  ASSERT_TRUE(old->Begin().ok());
  ASSERT_TRUE(Produce(old.get(), "old").ok());
  ASSERT_TRUE(old->Flush().ok());
  auto successor = NewProducer();
  EXPECT_TRUE(old->Commit().Is(ErrorKind::kRecover));
  EXPECT_TRUE(old->Abort().Is(ErrorKind::kRecover));
  EXPECT_TRUE(old->Begin().Is(ErrorKind::kRecover)) << "it is finished";
  ASSERT_TRUE(successor->Begin().ok());
  ASSERT_TRUE(Produce(successor.get(), "new").ok());
  ASSERT_TRUE(successor->Commit().ok());
  EXPECT_THAT(Output(), ElementsAre("new"));
}

TEST_F(MemoryProducerTest, AKilledProducersTransactionStaysOpenUntilItsSuccessor) {
  {
    auto killed = NewProducer();
    ASSERT_TRUE(killed->Begin().ok());
    ASSERT_TRUE(Produce(killed.get(), "lost").ok());
    ASSERT_TRUE(killed->Flush().ok());
  }
  EXPECT_EQ(broker_.Log(out_).LastStableOffset(), 0);
  NewProducer();
  EXPECT_EQ(broker_.Log(out_).LastStableOffset(), 2);
  EXPECT_THAT(Output(), IsEmpty());
}

TEST_F(MemoryProducerTest, TheTransactionTimeOutAbortsAndFences) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  ASSERT_TRUE(producer->Flush().ok());
  broker_.ExpireTransaction("tx");
  EXPECT_TRUE(producer->Commit().Is(ErrorKind::kRecover));
  EXPECT_THAT(Output(), IsEmpty());
}

TEST_F(MemoryProducerTest, OffsetsOfAnOlderGenerationAreRefused) {
  std::unique_ptr<GroupMetadata> group = consumer_->Group();
  broker_.Rebalance("group");
  ASSERT_TRUE(consumer_->Poll(0, &no_events_).ok());
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  EXPECT_TRUE(producer->SendOffsets({{in_, 7}}, *group).Is(ErrorKind::kAbort));
  EXPECT_TRUE(producer->Commit().Is(ErrorKind::kAbort)) << "after an error there is only Abort";
  EXPECT_TRUE(producer->Abort().ok());
}

TEST_F(MemoryProducerTest, EmptyAndInvalidOffsetsAreRefused) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  EXPECT_TRUE(producer->SendOffsets({}, *consumer_->Group()).Is(ErrorKind::kAbort));
  ASSERT_TRUE(producer->Abort().ok());
  ASSERT_TRUE(producer->Begin().ok());
  EXPECT_TRUE(producer->SendOffsets({{in_, -1001}}, *consumer_->Group()).Is(ErrorKind::kAbort));
}

TEST_F(MemoryProducerTest, ALostAnswerToACommitIsTriedAgain) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  broker_.InjectFault(BrokerCall::kCommit, {.kind = ErrorKind::kRetry, .effect = true});
  EXPECT_TRUE(producer->Commit().Is(ErrorKind::kRetry));
  EXPECT_THAT(Output(), ElementsAre("1"));
  EXPECT_TRUE(producer->Commit().ok());
  EXPECT_THAT(Output(), ElementsAre("1"));
}

TEST_F(MemoryProducerTest, WhatIsCommittedIsNeverSaidNotToBe) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  broker_.InjectFault(BrokerCall::kCommit, {.kind = ErrorKind::kRetry, .effect = true});
  EXPECT_TRUE(producer->Commit().Is(ErrorKind::kRetry));
  broker_.InjectFault(BrokerCall::kCommit, {.kind = ErrorKind::kAbort});
  EXPECT_TRUE(producer->Commit().Is(ErrorKind::kRetry));
  EXPECT_TRUE(producer->Commit().ok());
  ASSERT_TRUE(producer->Begin().ok());
  broker_.InjectFault(BrokerCall::kCommit, {.kind = ErrorKind::kAbort});
  EXPECT_TRUE(producer->Commit().Is(ErrorKind::kAbort)) << "the next transaction";
}

TEST_F(MemoryProducerTest, AnUnknownOutcomeMayBeEither) {
  for (bool effect : {false, true}) {
    auto producer = NewProducer();
    ASSERT_TRUE(producer->Begin().ok());
    ASSERT_TRUE(Produce(producer.get(), effect ? "committed" : "not").ok());
    broker_.InjectFault(BrokerCall::kCommit, {.kind = ErrorKind::kRecover, .effect = effect});
    EXPECT_TRUE(producer->Commit().Is(ErrorKind::kRecover));
  }
  EXPECT_THAT(Output(), ElementsAre("committed"));
}

TEST_F(MemoryProducerTest, ARetriableOffsetsErrorStillMeansAbort) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  broker_.InjectFault(BrokerCall::kSendOffsets, {.kind = ErrorKind::kRetry});
  EXPECT_TRUE(producer->SendOffsets({{in_, 7}}, *consumer_->Group()).Is(ErrorKind::kAbort));
  // Nothing but the caller's care keeps the rest from being committed without them.
  EXPECT_TRUE(producer->Commit().ok());
  EXPECT_EQ(Committed(), std::nullopt);
}

TEST_F(MemoryProducerTest, FaultsHitTheCallTheyAreFor) {
  auto producer = NewProducer();
  broker_.InjectFault(BrokerCall::kFlush, {.kind = ErrorKind::kAbort}, 1);
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  EXPECT_TRUE(producer->Flush().ok()) << "one is let pass";
  ASSERT_TRUE(Produce(producer.get(), "2").ok());
  EXPECT_TRUE(producer->Flush().Is(ErrorKind::kAbort));
  ASSERT_TRUE(producer->Abort().ok());
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "3").ok());
  EXPECT_TRUE(producer->Commit().ok()) << "only once";
  EXPECT_THAT(Output(), ElementsAre("3"));
}

TEST_F(MemoryProducerTest, AFaultPlanIsAskedAtEveryCall) {
  int asked = 0;
  broker_.SetFaultPlan([&](BrokerCall call) {
    asked += call == BrokerCall::kInit ? 1 : 0;
    return call == BrokerCall::kInit && asked == 1 ? std::optional<Fault>({.kind = ErrorKind::kRetry}) : std::nullopt;
  });
  auto producer = broker_.NewTransactionalProducer({.transactional_id = "tx"});
  EXPECT_TRUE(producer->Init().Is(ErrorKind::kRetry));
  EXPECT_TRUE(producer->Init().ok());
  EXPECT_EQ(asked, 2);
}

// What a process leaves behind that dies around a call.
TEST_F(MemoryProducerTest, ACrashCanBePutBeforeAndAfterAnyCall) {
  for (auto [call, moment, committed] : std::vector<std::tuple<BrokerCall, CallMoment, bool>>{
           {BrokerCall::kFlush, CallMoment::kBefore, false},
           {BrokerCall::kFlush, CallMoment::kAfter, false},
           {BrokerCall::kSendOffsets, CallMoment::kAfter, false},
           {BrokerCall::kCommit, CallMoment::kBefore, false},
           {BrokerCall::kCommit, CallMoment::kAfter, true}}) {
    const std::vector<std::string> before = Output();
    auto producer = NewProducer();
    broker_.SetObserver([&, here = call, now = moment](BrokerCall c, CallMoment m) {
      if (c == here && m == now) broker_.set_cut_off(true);
    });
    Status status = producer->Begin();
    if (status.ok()) status = Produce(producer.get(), "1");
    if (status.ok()) status = producer->Flush();
    if (status.ok()) status = producer->SendOffsets({{in_, 7}}, *consumer_->Group());
    if (status.ok()) status = producer->Commit();
    EXPECT_TRUE(status.Is(ErrorKind::kRecover)) << status.ToString();
    EXPECT_TRUE(producer->Abort().Is(ErrorKind::kRecover)) << "a dead process aborts nothing";
    producer.reset();
    broker_.SetObserver({});
    broker_.set_cut_off(false);
    NewProducer();  // ends what is open
    EXPECT_EQ(Output().size(), before.size() + (committed ? 1 : 0));
    EXPECT_EQ(Committed(), committed ? std::optional<int64_t>(7) : std::nullopt);
  }
}

TEST_F(MemoryProducerTest, ATopicTakesRecordsUpToItsLimit) {
  broker_.CreateTopic({.name = "output", .partitions = 1, .config = {{"max.message.bytes", "1000"}}});
  EXPECT_EQ((*broker_.NewAdmin()->Describe("output"))->MaxMessageBytes(), 1000);
  EXPECT_EQ((*broker_.NewAdmin()->Describe("input"))->MaxMessageBytes(), 1'048'588);
  const int64_t rest = 1000 - MaxBatchBytes({.key = "k"});
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), std::string(static_cast<size_t>(rest), 'x')).ok());
  EXPECT_TRUE(producer->Flush().ok());
  ASSERT_TRUE(Produce(producer.get(), std::string(static_cast<size_t>(rest) + 1, 'x')).ok());
  EXPECT_TRUE(producer->Flush().Is(ErrorKind::kStop));
}

TEST_F(MemoryProducerTest, ARecordTooLargeForTheClientSpoilsNothing) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  EXPECT_TRUE(Produce(producer.get(), std::string(kMaxRecordBytes, 'x')).Is(ErrorKind::kInvalid));
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  ASSERT_TRUE(producer->Commit().ok());
  EXPECT_THAT(Output(), ElementsAre("1"));
}

TEST_F(MemoryProducerTest, WithoutATransactionalIdRecordsCountOnceFlushed) {
  auto producer = NewProducer("");
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(Produce(producer.get(), "1").ok());
  ASSERT_TRUE(producer->Flush().ok());
  EXPECT_THAT(Output(), ElementsAre("1"));
  EXPECT_FALSE(producer->SendOffsets({{in_, 1}}, *consumer_->Group()).ok());
  EXPECT_TRUE(producer->Commit().ok());
}

TEST_F(MemoryProducerTest, RecordsKeepHeadersTombstonesAndTheTime) {
  auto producer = NewProducer();
  ASSERT_TRUE(producer->Begin().ok());
  std::vector<OutRecord> records = {{.key = "a", .value = "v", .headers = {{"h", "1"}}}, {.key = "b", .tombstone = true}};
  ASSERT_TRUE(producer->Produce("output", 1, records).ok());
  ASSERT_TRUE(producer->Commit().ok());
  std::vector<MemoryRecord> seen = broker_.CommittedRecords({"output", 1});
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_THAT(seen[0].headers, ElementsAre(Pair("h", "1")));
  EXPECT_EQ(seen[0].timestamp_ms, clock_.WallMs());
  EXPECT_FALSE(seen[0].tombstone);
  EXPECT_TRUE(seen[1].tombstone);
}

TEST_F(MemoryProducerTest, AsynchronousRecordsAreReportedWhenDelivered) {
  auto producer = broker_.NewAsyncProducer({.max_queued_records = 2});
  std::vector<Result<RecordMetadata>> results;
  auto done = [&](Result<RecordMetadata> result) { results.push_back(std::move(result)); };
  broker_.InjectFault(BrokerCall::kAsyncProduce, {.kind = ErrorKind::kRetry}, 1);
  ASSERT_TRUE(producer->Produce("output", {.key = "k", .value = "1"}, done).ok());
  ASSERT_TRUE(producer->Produce("output", {.key = "k", .value = "2"}, done).ok());
  EXPECT_TRUE(producer->Produce("output", {.key = "k", .value = "3"}, done).Is(ErrorKind::kRetry)) << "full";
  EXPECT_THAT(results, IsEmpty());
  ASSERT_TRUE(producer->Flush(0).ok());
  ASSERT_EQ(results.size(), 2u);
  ASSERT_TRUE(results[0].ok());
  EXPECT_EQ(results[0]->offset, 0);
  EXPECT_TRUE(results[1].status().Is(ErrorKind::kRetry));
  EXPECT_TRUE(producer->Produce("absent", {.value = "1"}, done).Is(ErrorKind::kStop));
}

}  // namespace
}  // namespace odometer
