#include "query/health.h"

#include <gtest/gtest.h>

#include "tests/unit/query/fake_kafka.h"
#include "tests/unit/query/fake_state_reader.h"

namespace odometer {
namespace {

class HealthTest : public testing::Test {
 protected:
  // Each task at `next` of a partition that ends at `end`, its last commit that long ago.
  void SetTasks(int64_t next, int64_t end, int64_t commit_age_ms) {
    state_.ChangePosition([&](StatePosition* position) {
      for (TaskPosition& task : position->tasks) {
        task.next_input_offset = next;
        task.log_end_offset = end;
        task.commit_wall_ms = clock_.WallMs() - commit_age_ms;
      }
    });
  }
  int CheckedStatus(int64_t commit_interval_ms = 100) {
    return Health("metrics.events", commit_interval_ms, &state_, &admin_, &clock_).Check().status;
  }

  ManualClock clock_;
  FakeStateReader state_;
  FakeAdmin admin_;
};

TEST_F(HealthTest, IsOkWhenNothingIsLeftToRead) {
  SetTasks(10, 10, 3'600'000);
  http::Response response = Health("metrics.events", 100, &state_, &admin_, &clock_).Check();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"status":"ok"})");
}

TEST_F(HealthTest, LagIsAnErrorOnlyOnceNoCommitCame) {
  SetTasks(9, 10, 30'000);
  EXPECT_EQ(CheckedStatus(), 200);
  SetTasks(9, 10, 30'001);
  EXPECT_EQ(CheckedStatus(), 422);
  EXPECT_EQ(Health("metrics.events", 100, &state_, &admin_, &clock_).Check().body, R"({"status":"error"})");
}

TEST_F(HealthTest, ALongCommitIntervalMeansMorePatience) {
  SetTasks(9, 10, 99'000);
  EXPECT_EQ(CheckedStatus(10'000), 200);
  EXPECT_EQ(CheckedStatus(9'000), 422);
}

TEST_F(HealthTest, OneLaggingTaskIsEnough) {
  SetTasks(10, 10, 60'000);
  state_.ChangePosition([](StatePosition* position) { position->tasks[1].log_end_offset = 11; });
  EXPECT_EQ(CheckedStatus(), 422);
}

TEST_F(HealthTest, ALaggingTaskOfASourceIsEnough) {
  SetTasks(10, 10, 60'000);
  state_.ChangePosition([&](StatePosition* position) {
    position->sources = {{"shop.orders", 0, 1, {{.partition = 0, .next_input_offset = 3, .log_end_offset = 3}}}};
  });
  EXPECT_EQ(CheckedStatus(), 200);
  state_.ChangePosition([&](StatePosition* position) { position->sources[0].tasks[0].log_end_offset = 4; });
  EXPECT_EQ(CheckedStatus(), 422);
}

TEST_F(HealthTest, AsksTheLogForAnEndThatTheStateDoesNotKnow) {
  SetTasks(10, -1, 60'000);
  admin_.ends = {{0, 10}, {1, 10}};
  EXPECT_EQ(CheckedStatus(), 200);
  admin_.ends = {{0, 10}, {1, 11}};
  EXPECT_EQ(CheckedStatus(), 422);
  admin_.failure = Status::Retry("no broker");
  EXPECT_EQ(CheckedStatus(), 422);
  SetTasks(10, -1, 1'000);
  EXPECT_EQ(CheckedStatus(), 200);
}

TEST_F(HealthTest, AStateThatCannotBeReadIsAnError) {
  state_.FailWith(Status::Retry("no processor"));
  EXPECT_EQ(CheckedStatus(), 422);
}

TEST_F(HealthTest, AnInstanceWithoutPartitionsIsWell) {
  state_.ChangePosition([](StatePosition* position) { position->tasks.clear(); });
  EXPECT_EQ(CheckedStatus(), 200);
}

}  // namespace
}  // namespace odometer
