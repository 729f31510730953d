#include "common/kafka/rd_stall_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer::rd {
namespace {

using State = AssignedPartition::State;

class StallWatchTest : public ::testing::Test {
 protected:
  // After one more interval.
  Status Check() {
    now_ms_ += StallWatch::kCheckMs;
    return watch_.Check(partitions_, now_ms_);
  }
  // Until it asks the broker.
  void StandStill() {
    for (int64_t ms = 0; ms < StallWatch::kPatienceMs; ms += StallWatch::kCheckMs) ASSERT_TRUE(Check().ok());
  }

  const TopicPartition tp_{"events", 3};
  int64_t now_ms_ = 0;
  int asked_ = 0;
  Result<int64_t> end_ = int64_t{7};
  std::optional<int64_t> log_end_;
  StallWatch watch_{[this](const TopicPartition&) {
                      ++asked_;
                      return end_;
                    },
                    [this](const TopicPartition&) { return log_end_; }};
  std::map<TopicPartition, AssignedPartition> partitions_{{tp_, {.tp = tp_, .state = State::kRunning, .next = 7}}};
};

TEST_F(StallWatchTest, IsContentAtTheEnd) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Check().ok());
  EXPECT_GT(asked_, 10);
}

TEST_F(StallWatchTest, AsksNobodyWhileRecordsCome) {
  end_ = int64_t{1'000};
  for (int i = 0; i < 100; ++i) {
    ++partitions_.at(tp_).next;
    ASSERT_TRUE(Check().ok());
  }
  EXPECT_EQ(asked_, 0);
}

TEST_F(StallWatchTest, GivesUpWhereTheLogGoesOnAndNothingComes) {
  end_ = int64_t{9};
  StandStill();
  ASSERT_TRUE(Check().ok());  // suspected
  const Status stalled = Check();
  EXPECT_TRUE(stalled.Is(ErrorKind::kRecover)) << stalled.ToString();
  EXPECT_THAT(stalled.message(), ::testing::HasSubstr("events/3 has records up to offset 9, but nothing after 7"));
}

TEST_F(StallWatchTest, OneRecordClearsTheSuspicion) {
  end_ = int64_t{9};
  StandStill();
  ASSERT_TRUE(Check().ok());
  ++partitions_.at(tp_).next;
  ASSERT_TRUE(Check().ok());
  StandStill();
  EXPECT_FALSE(Check().ok() && Check().ok());
}

TEST_F(StallWatchTest, TellsOfATransactionThatStaysOpen) {
  log_end_ = 9;
  StandStill();
  ASSERT_TRUE(Check().ok());
  EXPECT_THAT(watch_.HeldUp(), ::testing::IsEmpty()) << "it may have begun just now";
  StandStill();
  EXPECT_THAT(watch_.HeldUp(), ::testing::ElementsAre(tp_));
  log_end_ = 7;  // the end of the partition after all
  StandStill();
  EXPECT_THAT(watch_.HeldUp(), ::testing::IsEmpty());
  log_end_ = 9;
  StandStill();
  StandStill();
  ASSERT_THAT(watch_.HeldUp(), ::testing::ElementsAre(tp_));
  ++partitions_.at(tp_).next;
  ASSERT_TRUE(Check().ok());
  EXPECT_THAT(watch_.HeldUp(), ::testing::IsEmpty());
}

TEST_F(StallWatchTest, ExcusesWhoCannotDeliver) {
  end_ = int64_t{9};
  for (int i = 0; i < 50; ++i) {
    watch_.Excuse();
    ASSERT_TRUE(Check().ok());
  }
  partitions_.at(tp_).state = State::kSeeking;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Check().ok());
  EXPECT_EQ(asked_, 0);
  partitions_.at(tp_).state = State::kRunning;
  end_ = Status::Retry("no answer");
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Check().ok());
}

}  // namespace
}  // namespace odometer::rd
