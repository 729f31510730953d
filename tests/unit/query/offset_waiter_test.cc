#include "query/offset_waiter.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/query/fake_state_reader.h"

namespace odometer {
namespace {

using Outcome = OffsetWaiter::Outcome;

class OffsetWaiterTest : public testing::Test {
 protected:
  static OffsetSet Record(int64_t offset, int32_t partition = 0) {
    OffsetSet set;
    set.Add(partition, offset);
    return set;
  }
  OffsetWaiter::Done Note() {
    return [this](Outcome outcome) { outcomes_.push_back(outcome); };
  }

  std::vector<Outcome> outcomes_;
  FakeStateReader state_;
  ManualClock clock_;
  OffsetWaiter waiter_{&state_, &clock_, 3};  // without its thread: the test looks by hand
};

TEST_F(OffsetWaiterTest, LetsGoOnceTheStateShowsTheRecord) {
  ASSERT_TRUE(waiter_.Park("acme", Record(0), 100, Note()));
  waiter_.CheckOnce();
  EXPECT_TRUE(outcomes_.empty());
  state_.Add(MakeSeries("a"), 1, 1000);
  waiter_.CheckOnce();
  EXPECT_EQ(outcomes_, std::vector{Outcome::kReached});
  EXPECT_EQ(waiter_.parked(), 0u);
}

TEST_F(OffsetWaiterTest, EndsAtTheDeadlineAndNotBefore) {
  ASSERT_TRUE(waiter_.Park("acme", Record(5), 100, Note()));
  clock_.Advance(99);
  waiter_.CheckOnce();
  EXPECT_TRUE(outcomes_.empty());
  clock_.Advance(1);
  waiter_.CheckOnce();
  EXPECT_EQ(outcomes_, std::vector{Outcome::kTimedOut});
}

TEST_F(OffsetWaiterTest, WaitsWhileTheStateCannotBeRead) {
  state_.Add(MakeSeries("a"), 1, 1000);
  state_.FailWith(Status::Retry("restarting"));
  ASSERT_TRUE(waiter_.Park("acme", Record(0), 100, Note()));
  waiter_.CheckOnce();
  EXPECT_TRUE(outcomes_.empty());
  state_.FailWith(Status::Ok());
  waiter_.CheckOnce();
  EXPECT_EQ(outcomes_, std::vector{Outcome::kReached});
}

TEST_F(OffsetWaiterTest, RefusesMoreThanMayWait) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(waiter_.Park("acme", Record(9), 100, Note()));
  EXPECT_FALSE(waiter_.Park("acme", Record(9), 100, Note()));
  EXPECT_TRUE(waiter_.Park("other", Record(9), 100, Note()));
}

TEST_F(OffsetWaiterTest, StopEndsWhatWaits) {
  ASSERT_TRUE(waiter_.Park("acme", Record(9), 100, Note()));
  waiter_.Stop();
  EXPECT_EQ(outcomes_, std::vector{Outcome::kStopped});
  EXPECT_FALSE(waiter_.Park("acme", Record(9), 100, Note()));
}

}  // namespace
}  // namespace odometer
