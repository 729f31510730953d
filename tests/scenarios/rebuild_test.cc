// A processor that counts up to where another one has: nothing past that, and exactly there.
#include <gtest/gtest.h>

#include <string>

#include "processor/rebuild_bounds.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

class RebuildTest : public ::testing::Test {
 protected:
  void Begin(RebuildBounds* bounds) {
    odometer_.Crash();
    odometer_.rebuild = bounds;
    odometer_.Start();
  }
  void Send(int32_t partition, int count) {
    for (int i = 0; i < count; ++i) odometer_.Send(partition, EventJson("hits", 1, kT));
  }
  // Long enough for whatever it would do.
  void Rounds() {
    for (int round = 0; round < 200; ++round) ASSERT_TRUE(odometer_.Round().ok());
  }
  int64_t Hits() { return static_cast<int64_t>(odometer_.Total("hits").sum().AsDouble()); }
  int64_t Committed(int32_t partition) {
    return odometer_.broker.CommittedOffset(kApplication, {kTopic, partition}).value_or(-1);
  }

  const TopicPartition first_{kTopic, 0};
  const TopicPartition second_{kTopic, 1};
  ProcessorUnderTest odometer_;
};

TEST_F(RebuildTest, CountsNothingBeforeItHasBounds) {
  RebuildBounds bounds({});
  Begin(&bounds);
  Send(0, 5);
  Rounds();
  EXPECT_EQ(Hits(), 0);
  EXPECT_EQ(bounds.committed(), (PartitionOffsets{{first_, 0}, {second_, 0}}));
}

TEST_F(RebuildTest, CountsUpToTheBoundsAndOnOnceTheyAreMoved) {
  RebuildBounds bounds({});
  Begin(&bounds);
  Send(0, 10);
  Send(1, 10);
  bounds.SetUpTo({{first_, 4}, {second_, 10}});
  Rounds();
  EXPECT_EQ(Hits(), 14);
  EXPECT_EQ(bounds.committed(), (PartitionOffsets{{first_, 4}, {second_, 10}}));
  EXPECT_EQ(Committed(0), 4);
  for (int64_t up_to = 5; up_to <= 10; ++up_to) {
    bounds.SetUpTo({{first_, up_to}});
    Rounds();
    EXPECT_EQ(Hits(), 10 + up_to);
    EXPECT_EQ(Committed(0), up_to);
  }
  Send(1, 3);
  Rounds();
  EXPECT_EQ(Hits(), 20) << "what comes past the bound waits";
}

TEST_F(RebuildTest, GoesOnWhereItWasAfterACrash) {
  RebuildBounds bounds({});
  Begin(&bounds);
  Send(0, 10);
  bounds.SetUpTo({{first_, 4}, {second_, 0}});
  Rounds();
  RebuildBounds again({});
  Begin(&again);
  again.SetUpTo({{first_, 7}, {second_, 0}});
  Rounds();
  EXPECT_EQ(Hits(), 7);
  EXPECT_EQ(again.committed().at(first_), 7);
  Begin(nullptr);  // in use now
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Hits(), 10);
}

TEST_F(RebuildTest, BeginsWhereItIsToldTo) {
  Send(0, 10);
  RebuildBounds bounds({{first_, 6}});
  Begin(&bounds);
  bounds.SetUpTo({{first_, 8}, {second_, 0}});
  Rounds();
  EXPECT_EQ(Hits(), 2);
  EXPECT_EQ(odometer_.Position().tasks.at(0).accounting.consumed, 2u);
}

TEST_F(RebuildTest, TheBeginningIsCommittedWhereNothingIsToBeCounted) {
  Send(0, 10);
  RebuildBounds bounds({{first_, 10}});
  Begin(&bounds);
  bounds.SetUpTo({{first_, 10}, {second_, 0}});
  Rounds();
  EXPECT_EQ(Committed(0), 10) << "else a restore would begin at the topic's beginning";
  odometer_.Crash();
  odometer_.LoseStore();
  Begin(nullptr);
  Send(0, 1);
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Hits(), 1);
}

// Control records and aborted ones before the bound are passed.
TEST_F(RebuildTest, ReachesABoundThatNoRecordIsBefore) {
  RebuildBounds bounds({});
  Begin(&bounds);
  Send(0, 3);
  ProducerOptions options;
  options.transactional_id = "aborts";
  auto producer = odometer_.broker.NewTransactionalProducer(options);
  ASSERT_TRUE(producer->Init().ok());
  ASSERT_TRUE(producer->Begin().ok());
  const std::string value = EventJson("hits", 100, kT);
  const OutRecord record{.value = value};
  ASSERT_TRUE(producer->Produce(kTopic, 0, {&record, 1}).ok());
  ASSERT_TRUE(producer->Flush().ok());
  ASSERT_TRUE(producer->Abort().ok());
  const int64_t end = odometer_.broker.Log(first_).end();
  ASSERT_GT(end, 4);
  bounds.SetUpTo({{first_, end}, {second_, 0}});
  Rounds();
  EXPECT_EQ(Hits(), 3);
  EXPECT_EQ(Committed(0), end);
}

}  // namespace
}  // namespace odometer
