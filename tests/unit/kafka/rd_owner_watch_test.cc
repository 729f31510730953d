#include "common/kafka/rd_owner_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer::rd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Partitions = std::set<TopicPartition>;

class OwnerWatchTest : public ::testing::Test {
 protected:
  // After one more interval.
  std::vector<TopicPartition> Check() {
    now_ms_ += OwnerWatch::kCheckMs;
    return watch_.Check({"events"}, now_ms_);
  }
  // How many checks it takes until something is found.
  int ChecksUntilFound() {
    for (int checks = 1; checks < 10'000; ++checks) {
      if (!Check().empty()) return checks;
    }
    return -1;
  }

  int64_t now_ms_ = 0;
  int asked_group_ = 0;
  Result<int32_t> count_ = int32_t{2};
  Result<Partitions> owned_ = Partitions{{"events", 0}, {"events", 1}};
  OwnerWatch watch_{[this](const std::string&) { return count_; },
                    [this] {
                      ++asked_group_;
                      return owned_;
                    }};
};

TEST_F(OwnerWatchTest, AsksTheGroupOnceWhileNothingChanges) {
  for (int i = 0; i < 100; ++i) ASSERT_THAT(Check(), IsEmpty());
  EXPECT_EQ(asked_group_, 1);
  watch_.Rebalanced();
  for (int i = 0; i < 100; ++i) ASSERT_THAT(Check(), IsEmpty());
  EXPECT_EQ(asked_group_, 2);
}

TEST_F(OwnerWatchTest, FindsWhatATopicGotOnceItsLeaderHadTime) {
  ASSERT_THAT(Check(), IsEmpty());
  count_ = int32_t{4};
  for (int64_t ms = 0; ms < OwnerWatch::kPatienceMs; ms += OwnerWatch::kCheckMs) ASSERT_THAT(Check(), IsEmpty());
  EXPECT_THAT(Check(), ElementsAre(TopicPartition{"events", 2}, TopicPartition{"events", 3}));
}

TEST_F(OwnerWatchTest, IsContentOnceTheyHaveAnOwner) {
  count_ = int32_t{3};
  ASSERT_THAT(Check(), IsEmpty());
  owned_->insert({"events", 2});
  for (int i = 0; i < 100; ++i) ASSERT_THAT(Check(), IsEmpty());
  EXPECT_EQ(asked_group_, 2);
}

TEST_F(OwnerWatchTest, WaitsTwiceAsLongEachTimeThatItWasInVain) {
  count_ = int32_t{3};
  const int first = ChecksUntilFound();
  watch_.Rebalanced();
  EXPECT_EQ(ChecksUntilFound(), 2 * (first - 1));
  watch_.Rebalanced();
  EXPECT_EQ(ChecksUntilFound(), 4 * (first - 1));
  for (int i = 0; i < 20; ++i) ChecksUntilFound();
  EXPECT_EQ(ChecksUntilFound(), OwnerWatch::kMostPatienceMs / OwnerWatch::kCheckMs);
}

TEST_F(OwnerWatchTest, SaysNothingOfWhatCannotBeKnown) {
  count_ = Status::Retry("no broker");
  for (int i = 0; i < 100; ++i) ASSERT_THAT(Check(), IsEmpty());
  count_ = int32_t{3};
  owned_ = Status::Retry("rebalancing");
  for (int i = 0; i < 100; ++i) ASSERT_THAT(Check(), IsEmpty());
  owned_ = Partitions{{"events", 0}, {"events", 1}};
  EXPECT_THAT(Check(), IsEmpty()) << "its patience begins with what is known";
}

}  // namespace
}  // namespace odometer::rd
