#include "common/kafka/topic_tail.h"

#include <gmock/gmock.h>

#include <map>

#include "kafka_test_support.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Seen : TopicTailEvents {
  void OnRecord(const RecordView& record) override {
    values[record.partition].emplace_back(record.value);
    next[record.partition] = record.offset + 1;
  }
  void OnPassed(int32_t partition, int64_t next_offset) override { next[partition] = next_offset; }
  void OnOutOfRange(int32_t partition) override { out_of_range.push_back(partition); }

  std::map<int32_t, std::vector<std::string>> values;
  std::map<int32_t, int64_t> next;
  std::vector<int32_t> out_of_range;
};

class TopicTailTest : public KafkaTest {
 protected:
  std::unique_ptr<TopicTail> NewTail(const std::string& topic) {
    Result<std::unique_ptr<TopicTail>> tail =
        NewRdTopicTail({.properties = properties_, .client_id = "test", .topic = topic});
    EXPECT_TRUE(tail.ok()) << tail.status().ToString();
    return std::move(*tail);
  }
  // Polls until the condition holds, for 30 s at most.
  template <typename Condition>
  bool PollUntil(TopicTail* tail, Seen* seen, Condition condition) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      Status status = tail->Poll(100, seen);
      EXPECT_TRUE(status.ok()) << status.ToString();
      if (!status.ok() || std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }
};

TEST_F(TopicTailTest, FollowsAllPartitionsFromTheGivenPlacesPastAbortedRecords) {
  const std::string topic = NewTopic(2);
  Fill(topic, 2, 10);
  auto tail = NewTail(topic);
  ASSERT_TRUE(tail->Start(0, 8).ok());
  ASSERT_TRUE(tail->Start(1, 10).ok());
  Seen seen;
  ASSERT_TRUE(PollUntil(tail.get(), &seen, [&] { return seen.next[0] == 10; }));
  EXPECT_THAT(seen.values[0], ElementsAre("8", "9"));

  auto producer = NewProducer(Unique("tx"));
  for (bool commit : {false, true}) {
    ASSERT_TRUE(producer->Begin().ok());
    ASSERT_TRUE(ProduceNumbers(producer.get(), {topic, 1}, commit ? 200 : 100, 2).ok());
    ASSERT_TRUE((commit ? producer->Commit() : producer->Abort()).ok());
  }
  // 10 records, two aborted, their control record, two committed, and theirs.
  ASSERT_TRUE(PollUntil(tail.get(), &seen, [&] { return seen.next[1] == 16; }));
  EXPECT_THAT(seen.values[1], ElementsAre("200", "201"));
}

TEST_F(TopicTailTest, GoesBackAndTakesAPartitionThatWasAdded) {
  const std::string topic = NewTopic(1);
  Fill(topic, 1, 3);
  auto tail = NewTail(topic);
  ASSERT_TRUE(tail->Start(0, 3).ok());
  Seen seen;
  ASSERT_TRUE(tail->Start(0, 1).ok());
  ASSERT_TRUE(PollUntil(tail.get(), &seen, [&] { return seen.next[0] == 3; }));
  EXPECT_THAT(seen.values[0], ElementsAre("1", "2"));
  ASSERT_TRUE(admin_->GrowPartitions(topic, 2).ok());
  ASSERT_TRUE(tail->Start(1, 0).ok());
  auto producer = NewProducer();
  Status produced = Status::Retry("not tried");
  while (!produced.ok()) produced = ProduceNumbers(producer.get(), {topic, 1}, 7, 1);
  ASSERT_TRUE(PollUntil(tail.get(), &seen, [&] { return seen.next[1] == 1; }));
  EXPECT_THAT(seen.values[1], ElementsAre("7"));
}

TEST_F(TopicTailTest, TellsOfAPlaceThatIsNotInTheLog) {
  const std::string topic = NewTopic(1);
  Fill(topic, 1, 3);
  auto tail = NewTail(topic);
  ASSERT_TRUE(tail->Start(0, 100).ok());
  Seen seen;
  ASSERT_TRUE(PollUntil(tail.get(), &seen, [&] { return !seen.out_of_range.empty(); }));
  EXPECT_THAT(seen.values[0], IsEmpty());
  ASSERT_TRUE(tail->Start(0, 2).ok());
  ASSERT_TRUE(PollUntil(tail.get(), &seen, [&] { return seen.next[0] == 3; }));
  EXPECT_THAT(seen.values[0], ElementsAre("2"));
}

}  // namespace
}  // namespace odometer
