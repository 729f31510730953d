#include <gmock/gmock.h>

#include <numeric>
#include <thread>

#include "kafka_test_support.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int64_t> Range(int64_t from, int64_t end) {
  std::vector<int64_t> offsets(static_cast<size_t>(end - from));
  std::iota(offsets.begin(), offsets.end(), from);
  return offsets;
}

using ConsumerTest = KafkaTest;

TEST_F(ConsumerTest, DeliversNothingBeforeStart) {
  std::string topic = NewTopic(2);
  Fill(topic, 2, 100);
  auto consumer = NewConsumer(Unique("group"), topic);
  Recorder recorder;
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.assigned.size() == 2; }));
  // Partition 1 is being read to its end while partition 0, which was not started, must stay silent.
  ASSERT_TRUE(consumer->Start({topic, 1}, 0).ok());
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.offsets[{topic, 1}].size() == 100; }));
  EXPECT_THAT(recorder.offsets[(TopicPartition{topic, 0})], IsEmpty());
}

TEST_F(ConsumerTest, DeliversExactlyFromTheStartOffset) {
  std::string topic = NewTopic(2);
  Fill(topic, 2, 1000);
  auto consumer = NewConsumer(Unique("group"), topic);
  Recorder recorder;
  recorder.on_assigned = [&](const std::vector<TopicPartition>&) {
    EXPECT_TRUE(consumer->Start({topic, 0}, 0).ok());
    EXPECT_TRUE(consumer->Start({topic, 1}, 990).ok());
  };
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.records >= 1010; }));
  EXPECT_EQ(recorder.offsets[(TopicPartition{topic, 0})], Range(0, 1000));
  EXPECT_EQ(recorder.offsets[(TopicPartition{topic, 1})], Range(990, 1000));
}

// Starts again at random places, back and forth, in the middle of what was fetched, from inside OnRecord and between
// polls: each run must begin at its offset and go on without a gap or a repetition.
TEST_F(ConsumerTest, StartsAgainExactlyWhileConsuming) {
  constexpr int kRecords = 20'000;
  constexpr int kStarts = 200;
  std::string topic = NewTopic(2);
  Fill(topic, 2, kRecords);
  auto consumer = NewConsumer(Unique("group"), topic);
  std::mt19937 random(42);
  std::map<TopicPartition, int64_t> expected;
  int starts = 0;
  int wrong = 0;
  auto start = [&](const TopicPartition& tp) {
    int64_t offset = static_cast<int64_t>(random() % kRecords);
    expected[tp] = offset;
    ++starts;
    EXPECT_TRUE(consumer->Start(tp, offset).ok());
  };
  Recorder recorder;
  recorder.on_assigned = [&](const std::vector<TopicPartition>& partitions) {
    for (const TopicPartition& tp : partitions) start(tp);
  };
  recorder.on_record = [&](const TopicPartition& tp, const RecordView& record) {
    if (record.offset != expected[tp]) ++wrong;
    expected[tp] = record.offset + 1;
    if (starts < kStarts && random() % 3000 == 0) start(tp);
  };
  auto finished = [&] {
    if (starts < kStarts && recorder.assigned.size() == 2) start({topic, static_cast<int32_t>(random() % 2)});
    return starts >= kStarts && expected[{topic, 0}] == kRecords && expected[{topic, 1}] == kRecords;
  };
  EXPECT_TRUE(PollUntil(consumer.get(), &recorder, finished));
  EXPECT_EQ(wrong, 0);
}

TEST_F(ConsumerTest, PausesAndResumesWithoutGapOrRepetition) {
  constexpr int kRecords = 50'000;
  std::string topic = NewTopic(2);
  Fill(topic, 2, kRecords);
  auto consumer = NewConsumer(Unique("group"), topic);
  int pauses = 0;
  bool paused = false;
  Recorder recorder;
  recorder.on_assigned = [&](const std::vector<TopicPartition>& partitions) {
    for (const TopicPartition& tp : partitions) EXPECT_TRUE(consumer->Start(tp, 0).ok());
  };
  recorder.on_record = [&](const TopicPartition& tp, const RecordView& record) {
    EXPECT_FALSE(paused);
    if (tp.partition == 0 && record.offset % 5000 == 4999) {
      paused = true;
      ++pauses;
      EXPECT_TRUE(consumer->Pause().ok());
    }
  };
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] {
    if (paused) {
      // A few rounds in which a paused partition could err; being started anew must not end the pause.
      if (pauses % 2 == 0) {
        EXPECT_TRUE(consumer->Start({topic, 0}, pauses * 5000).ok());
      }
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(consumer->Poll(10, &recorder).ok());
      paused = false;
      EXPECT_TRUE(consumer->Resume().ok());
    }
    return recorder.records >= 2 * kRecords;
  }));
  EXPECT_EQ(pauses, kRecords / 5000);
  EXPECT_EQ(recorder.offsets[(TopicPartition{topic, 0})], Range(0, kRecords));
  EXPECT_EQ(recorder.offsets[(TopicPartition{topic, 1})], Range(0, kRecords));
}

TEST_F(ConsumerTest, KnowsTheCommittedOffset) {
  std::string topic = NewTopic(1);
  Fill(topic, 1, 10);
  auto consumer = NewConsumer(Unique("group"), topic);
  Recorder recorder;
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.assigned.size() == 1; }));
  TopicPartition tp{topic, 0};
  Result<std::optional<int64_t>> before = consumer->Committed(tp);
  ASSERT_TRUE(before.ok()) << before.status().ToString();
  EXPECT_EQ(*before, std::nullopt);
  Status committed = consumer->CommitOffsets({{tp, 7}});
  ASSERT_TRUE(committed.ok()) << committed.ToString();
  Result<std::optional<int64_t>> after = consumer->Committed(tp);
  ASSERT_TRUE(after.ok()) << after.status().ToString();
  EXPECT_EQ(*after, 7);
}

TEST_F(ConsumerTest, KnowsTheEndOnceItHasFetched) {
  std::string topic = NewTopic(1);
  Fill(topic, 1, 10);
  auto consumer = NewConsumer(Unique("group"), topic);
  TopicPartition tp{topic, 0};
  EXPECT_EQ(consumer->CachedEnd(tp), std::nullopt);
  Recorder recorder;
  recorder.on_assigned = [&](const std::vector<TopicPartition>&) { EXPECT_TRUE(consumer->Start(tp, 0).ok()); };
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.records == 10; }));
  EXPECT_EQ(consumer->CachedEnd(tp), 10);
}

TEST_F(ConsumerTest, StopsAtAnOffsetThatIsNotInTheLog) {
  std::string topic = NewTopic(1);
  Fill(topic, 1, 10);
  auto consumer = NewConsumer(Unique("group"), topic);
  Recorder recorder;
  recorder.on_assigned = [&](const std::vector<TopicPartition>&) {
    EXPECT_TRUE(consumer->Start({topic, 0}, 1000).ok());
  };
  Status status;
  for (int i = 0; i < 600 && status.ok(); ++i) status = consumer->Poll(50, &recorder);
  EXPECT_TRUE(status.Is(ErrorKind::kStop)) << status.ToString();
  EXPECT_THAT(status.message(), ::testing::HasSubstr("offset 1000"));
}

TEST_F(ConsumerTest, NoticesThatTheTopicHasGrown) {
  std::string topic = NewTopic(1);
  auto consumer = NewConsumer(Unique("group"), topic);
  Recorder recorder;
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.assigned.size() == 1; }));
  Status grown = admin_->GrowPartitions(topic, 3);
  ASSERT_TRUE(grown.ok()) << grown.ToString();
  EXPECT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.assigned.size() == 3; }));
}

// It takes its place over as it was, without a rebalance, and has never seen the topic smaller.
TEST_F(ConsumerTest, AStaticMemberNoticesThatTheTopicHasGrownWhileItWasAway) {
  std::string topic = NewTopic(1);
  std::string group = Unique("group");
  {
    auto before = NewConsumer(group, topic, "instance-1");
    Recorder recorder;
    ASSERT_TRUE(PollUntil(before.get(), &recorder, [&] { return recorder.assigned.size() == 1; }));
  }
  Status grown = admin_->GrowPartitions(topic, 3);
  ASSERT_TRUE(grown.ok()) << grown.ToString();
  auto after = NewConsumer(group, topic, "instance-1");
  Recorder recorder;
  EXPECT_TRUE(PollUntil(after.get(), &recorder, [&] { return recorder.assigned.size() == 3; }));
  EXPECT_EQ(recorder.losses, 0);
}

TEST_F(ConsumerTest, NamesAPartitionThatAnOpenTransactionHoldsUp) {
  TopicPartition tp{NewTopic(1), 0};
  auto consumer = NewConsumer(Unique("group"), tp.topic);
  Recorder recorder;
  recorder.on_assigned = [&](const std::vector<TopicPartition>&) { EXPECT_TRUE(consumer->Start(tp, 0).ok()); };
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return !recorder.assigned.empty(); }));
  auto producer = NewProducer(Unique("transaction"), 120'000);
  ASSERT_TRUE(producer->Begin().ok());
  ASSERT_TRUE(ProduceNumbers(producer.get(), tp, 0, 3).ok());
  EXPECT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return !consumer->HeldUp().empty(); }));
  EXPECT_THAT(consumer->HeldUp(), ElementsAre(tp));
  EXPECT_EQ(recorder.records, 0);
  ASSERT_TRUE(producer->Abort().ok());
  EXPECT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return consumer->HeldUp().empty(); }));
}

// Two members, each committing what it has when it must give partitions up, read everything exactly once.
TEST_F(ConsumerTest, TwoMembersShareWithoutGapOrRepetition) {
  constexpr int kPartitions = 4;
  constexpr int kRecords = 30'000;
  std::string topic = NewTopic(kPartitions);
  Fill(topic, kPartitions, kRecords);
  std::string group = Unique("group");

  struct Member {
    std::unique_ptr<Consumer> consumer;
    Recorder recorder;
    std::map<TopicPartition, int64_t> next;
  };
  std::map<TopicPartition, std::vector<int64_t>> seen;
  auto join = [&](Member* member) {
    member->consumer = NewConsumer(group, topic);
    member->recorder.on_assigned = [member](const std::vector<TopicPartition>& partitions) {
      for (const TopicPartition& tp : partitions) {
        Result<std::optional<int64_t>> offset = member->consumer->Committed(tp);
        ASSERT_TRUE(offset.ok()) << offset.status().ToString();
        ASSERT_TRUE(member->consumer->Start(tp, offset->value_or(0)).ok());
      }
    };
    member->recorder.on_record = [member, &seen](const TopicPartition& tp, const RecordView& record) {
      seen[tp].push_back(record.offset);
      member->next[tp] = record.offset + 1;
    };
    member->recorder.on_revoked = [member](const std::vector<TopicPartition>& partitions) {
      std::vector<std::pair<TopicPartition, int64_t>> offsets;
      for (const TopicPartition& tp : partitions) {
        if (auto it = member->next.find(tp); it != member->next.end()) offsets.emplace_back(*it);
        member->next.erase(tp);
      }
      Status committed = member->consumer->CommitOffsets(offsets);
      ASSERT_TRUE(committed.ok()) << committed.ToString();
    };
  };
  Member first;
  join(&first);
  ASSERT_TRUE(PollUntil(first.consumer.get(), &first.recorder, [&] { return first.recorder.records > 15'000; }));
  Member second;
  join(&second);
  // The second joins in the middle; the first keeps polling, which lets the group rebalance.
  ASSERT_TRUE(PollUntil(first.consumer.get(), &first.recorder, [&] {
    EXPECT_TRUE(second.consumer->Poll(10, &second.recorder).ok());
    return second.recorder.assigned.size() == 2 && first.recorder.assigned.size() == 2;
  }));
  EXPECT_GE(first.recorder.revocations, 1);
  second.consumer->Close(&second.recorder);
  EXPECT_THAT(second.recorder.assigned, IsEmpty());
  ASSERT_TRUE(PollUntil(first.consumer.get(), &first.recorder, [&] {
    return first.recorder.records + second.recorder.records >= kPartitions * kRecords;
  }));
  for (int32_t p = 0; p < kPartitions; ++p) {
    EXPECT_EQ(seen[(TopicPartition{topic, p})], Range(0, kRecords)) << "partition " << p;
  }
}

// A log that ends with control and aborted records must not look like lag for ever.
TEST_F(ConsumerTest, TellsTheEndWhereNoRecordIsHandedOver) {
  TopicPartition tp{NewTopic(1), 0};
  auto producer = NewProducer(Unique("tx"));
  auto transaction = [&](int first, int count, bool commit) {
    ASSERT_TRUE(producer->Begin().ok());
    ASSERT_TRUE(ProduceNumbers(producer.get(), tp, first, count).ok());
    ASSERT_TRUE((commit ? producer->Commit() : producer->Abort()).ok());
  };
  transaction(0, 3, true);  // offsets 0 to 2, control record 3
  ASSERT_TRUE(EndReaches(tp, 4));
  auto consumer = NewConsumer(Unique("group"), tp.topic);
  Recorder recorder;
  recorder.on_assigned = [&](const std::vector<TopicPartition>&) { EXPECT_TRUE(consumer->Start(tp, 0).ok()); };
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return !recorder.ends.empty(); }));
  EXPECT_EQ(recorder.offsets[tp], Range(0, 3));
  EXPECT_THAT(recorder.ends[tp], ElementsAre(4));
  transaction(3, 2, false);  // 4, 5, control record 6
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.ends[tp].size() == 2; }));
  EXPECT_THAT(recorder.ends[tp], ElementsAre(4, 7));
  Fill(tp.topic, 1, 1);
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.records == 4; }));
  EXPECT_EQ(recorder.offsets[tp].back(), 7);
  // Going back: the ends seen before say nothing about the new position.
  ASSERT_TRUE(consumer->Start(tp, 1).ok());
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.records == 7; }));
  EXPECT_THAT(recorder.offsets[tp], ElementsAre(0, 1, 2, 7, 1, 2, 7));
  EXPECT_THAT(recorder.ends[tp], ElementsAre(4, 7)) << "the last record is the end";
}

TEST_F(ConsumerTest, AMemberWithoutPartitionsIsToldSo) {
  std::string topic = NewTopic(1);
  std::string group = Unique("group");
  auto first = NewConsumer(group, topic);
  auto second = NewConsumer(group, topic);
  Recorder first_events;
  Recorder second_events;
  // Both are in the group at the same time, which one of them can only know from being assigned nothing.
  ASSERT_TRUE(PollUntil(first.get(), &first_events, [&] {
    EXPECT_TRUE(second->Poll(10, &second_events).ok());
    return first->Group() != nullptr && second->Group() != nullptr;
  }));
  EXPECT_EQ(first_events.assigned.size() + second_events.assigned.size(), 1u);
  EXPECT_GT(first_events.assignments, 0);
  EXPECT_GT(second_events.assignments, 0);
}

TEST_F(ConsumerTest, HasNoGroupMetadataOutsideTheGroup) {
  std::string topic = NewTopic(1);
  auto consumer = NewConsumer(Unique("group"), topic);
  EXPECT_EQ(consumer->Group(), nullptr);
  Recorder recorder;
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.assigned.size() == 1; }));
  EXPECT_NE(consumer->Group(), nullptr);
  consumer->Close(&recorder);
  EXPECT_EQ(consumer->Group(), nullptr);
  EXPECT_EQ(recorder.revocations, 1);
  consumer->Close(&recorder);  // again: nothing happens
  EXPECT_EQ(recorder.revocations, 1);
}

// Which the group assigns partitions to, or takes them from, without anybody polling: librdkafka tells it during the close.
TEST_F(ConsumerTest, ClosesAtAnyMomentOfJoining) {
  std::string topic = NewTopic(2);
  for (int waited_ms = 0; waited_ms <= 1000; waited_ms += 50) {
    auto consumer = NewConsumer(Unique("group"), topic);
    std::this_thread::sleep_for(std::chrono::milliseconds(waited_ms));
    Recorder recorder;
    consumer->Close(&recorder);
    EXPECT_TRUE(recorder.assigned.empty()) << "after " << waited_ms << " ms";
    EXPECT_EQ(consumer->Group(), nullptr);
  }
}

TEST_F(ConsumerTest, AnotherMemberWithTheSameInstanceIdFencesThisOne) {
  std::string topic = NewTopic(1);
  std::string group = Unique("group");
  auto first = NewConsumer(group, topic, "instance-1");
  Recorder first_events;
  ASSERT_TRUE(PollUntil(first.get(), &first_events, [&] { return first_events.assigned.size() == 1; }));
  auto second = NewConsumer(group, topic, "instance-1");
  Recorder second_events;
  ASSERT_TRUE(PollUntil(second.get(), &second_events, [&] { return second_events.assigned.size() == 1; }));
  Status status;
  for (int i = 0; i < 600 && status.ok(); ++i) status = first->Poll(50, &first_events);
  EXPECT_TRUE(status.Is(ErrorKind::kStop)) << status.ToString();
  EXPECT_NE(status.message().find("same instance.id"), std::string::npos) << status.message();
}

TEST_F(ConsumerTest, GivesKeysHeadersTombstonesAndTimestamps) {
  std::string topic = NewTopic(1);
  auto producer = NewProducer();
  std::vector<OutRecord> records = {
      {.key = "k", .value = "v", .headers = {{"content-type", "application/json"}, {"empty", ""}}},
      {.key = "k", .tombstone = true},
      {.value = ""},
  };
  ASSERT_TRUE(producer->Produce(topic, 0, records).ok());
  ASSERT_TRUE(producer->Flush().ok());
  auto consumer = NewConsumer(Unique("group"), topic);
  std::vector<std::string> seen;
  Recorder recorder;
  recorder.on_assigned = [&](const std::vector<TopicPartition>&) { EXPECT_TRUE(consumer->Start({topic, 0}, 0).ok()); };
  recorder.on_record = [&](const TopicPartition&, const RecordView& record) {
    std::string text = std::string(record.key) + "=" + (record.has_value ? std::string(record.value) : "null");
    for (const Header& header : record.Headers()) text.append(" ").append(header.name).append(":").append(header.value);
    seen.push_back(text);
    EXPECT_GT(record.timestamp_ms, 1'600'000'000'000);
  };
  ASSERT_TRUE(PollUntil(consumer.get(), &recorder, [&] { return recorder.records == 3; }));
  EXPECT_THAT(seen, ElementsAre("k=v content-type:application/json empty:", "k=null", "="));
}

}  // namespace
}  // namespace odometer
