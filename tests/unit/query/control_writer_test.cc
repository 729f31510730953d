#include "query/control_writer.h"

#include <gtest/gtest.h>

#include "common/model/control.h"
#include "tests/unit/query/fake_kafka.h"

namespace odometer {
namespace {

class ControlWriterTest : public testing::Test {
 protected:
  Result<std::vector<std::pair<TopicPartition, int64_t>>> Forget(const std::string& name = "web.hits") {
    return writer_->Write({.org = "default", .qualified_name = name, .set = std::nullopt});
  }
  void Fail(const std::string& call, std::deque<Status> failures) { log_.failures[call] = std::move(failures); }

  FakeLog log_;
  FakeAdmin admin_;
  Status factory_failure_;
  std::unique_ptr<ControlWriter> writer_ = NewControlWriter(
      "metrics.events",
      [this]() -> Result<std::unique_ptr<TransactionalProducer>> {
        if (!factory_failure_.ok()) return factory_failure_;
        return std::unique_ptr<TransactionalProducer>(std::make_unique<FakeTransactionalProducer>(&log_));
      },
      &admin_);
};

TEST_F(ControlWriterTest, WritesOneRecordToEveryPartition) {
  admin_.partitions = 3;
  log_.ends = {{0, 10}, {1, 0}, {2, 7}};
  auto written = Forget();
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(*written, (std::vector<std::pair<TopicPartition, int64_t>>{
                          {{"metrics.events", 0}, 10}, {{"metrics.events", 1}, 0}, {{"metrics.events", 2}, 7}}));
  ASSERT_EQ(log_.committed.size(), 3u);
  for (const FakeLog::Record& record : log_.committed) {
    EXPECT_EQ(record.key, "web.hits");
    EXPECT_EQ(record.header_name, kControlHeader);
    EXPECT_EQ(record.header_value, "forget");
    Result<Control> control = DecodeControl(record.value);
    ASSERT_TRUE(control.ok());
    EXPECT_EQ(control->qualified_name, "web.hits");
    EXPECT_FALSE(control->set);
  }
}

TEST_F(ControlWriterTest, ASetSaysSoInItsHeader) {
  Control control{.org = "default", .qualified_name = "a", .set = Control::Set{}};
  control.set->series = {.org = "default", .name = "a", .type = MetricType::kCounter, .labels = {}};
  control.set->aggregate.count = 1;
  ASSERT_TRUE(writer_->Write(control).ok());
  ASSERT_EQ(log_.committed.size(), 2u);
  EXPECT_EQ(log_.committed[0].header_value, "set");
  Result<Control> read = DecodeControl(log_.committed[1].value);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->set->partition, SetPartition("a", 2));
  EXPECT_EQ(read->set->aggregate.last_origin.partition, SetPartition("a", 2));
}

TEST_F(ControlWriterTest, AWriteThatIsNotKnownWhereIsWrittenAgain) {
  log_.duplicates = 1;
  auto written = Forget();
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(*written,
            (std::vector<std::pair<TopicPartition, int64_t>>{{{"metrics.events", 0}, 1}, {{"metrics.events", 1}, 1}}));
  EXPECT_EQ(log_.producers_made, 1);
  EXPECT_EQ(log_.aborts, 0);
  log_.duplicates = 100;
  EXPECT_TRUE(Forget().status().Is(ErrorKind::kRetry));
}

TEST_F(ControlWriterTest, KeepsItsProducerFromWriteToWrite) {
  ASSERT_TRUE(Forget("a").ok());
  ASSERT_TRUE(Forget("b").ok());
  EXPECT_EQ(log_.producers_made, 1);
  EXPECT_EQ(log_.committed.size(), 4u);
}

TEST_F(ControlWriterTest, SeesThatTheTopicHasGrown) {
  ASSERT_TRUE(Forget("a").ok());
  admin_.partitions = 5;
  EXPECT_EQ(Forget("b")->size(), 5u);
}

TEST_F(ControlWriterTest, AnAbortIsFollowedByAnotherAttempt) {
  Fail("Flush", {Status::Abort("not delivered")});
  ASSERT_TRUE(Forget().ok());
  EXPECT_EQ(log_.aborts, 1);
  EXPECT_EQ(log_.producers_made, 1);
  EXPECT_EQ(log_.committed.size(), 2u);
}

TEST_F(ControlWriterTest, AnUnknownCommitIsAskedAgain) {
  Fail("Commit", {Status::Retry("timed out"), Status::Retry("timed out")});
  ASSERT_TRUE(Forget().ok());
  EXPECT_EQ(log_.committed.size(), 2u);
  EXPECT_EQ(log_.aborts, 0);
}

TEST_F(ControlWriterTest, AFencedProducerIsReplaced) {
  Fail("Commit", {Status::Recover("fenced")});
  ASSERT_TRUE(Forget().ok());
  EXPECT_EQ(log_.producers_made, 2);
}

TEST_F(ControlWriterTest, AProducerThatCannotAbortIsReplaced) {
  Fail("Produce", {Status::Abort("queue")});
  Fail("Abort", {Status::Recover("fatal")});
  ASSERT_TRUE(Forget().ok());
  EXPECT_EQ(log_.producers_made, 2);
  EXPECT_EQ(log_.committed.size(), 2u);
}

TEST_F(ControlWriterTest, GivesUpWithRetryAndWorksAgainLater) {
  factory_failure_ = Status::Retry("no broker");
  EXPECT_TRUE(Forget().status().Is(ErrorKind::kRetry));
  factory_failure_ = Status::Ok();
  Fail("Init", std::deque<Status>(10, Status::Recover("no broker")));
  EXPECT_TRUE(Forget().status().Is(ErrorKind::kRetry));
  log_.failures.clear();
  EXPECT_TRUE(Forget().ok());
}

TEST_F(ControlWriterTest, WhatIsRefusedForGoodIsNotTriedAgain) {
  Fail("Begin", {Status::Stop("not authorised")});
  EXPECT_TRUE(Forget().status().Is(ErrorKind::kStop));
  EXPECT_EQ(log_.producers_made, 1);
  admin_.name = "other";
  EXPECT_TRUE(Forget().status().Is(ErrorKind::kStop));
}

TEST_F(ControlWriterTest, ARefusalAfterACommitThatIsNotKnownIsNoRefusal) {
  Fail("Commit", {Status::Recover("no answer")});
  Fail("Begin", {Status::Ok(), Status::Stop("not authorised")});
  EXPECT_TRUE(Forget().status().Is(ErrorKind::kRetry));
  Fail("Flush", {Status::Abort("not delivered")});
  Fail("Begin", {Status::Ok(), Status::Stop("not authorised")});
  EXPECT_TRUE(Forget().status().Is(ErrorKind::kStop)) << "the first attempt was aborted";
}

TEST_F(ControlWriterTest, WritesNothingWhileTheTopicIsNotKnown) {
  admin_.failure = Status::Retry("no broker");
  EXPECT_TRUE(Forget().status().Is(ErrorKind::kRetry));
  EXPECT_EQ(log_.producers_made, 0);
}

}  // namespace
}  // namespace odometer
