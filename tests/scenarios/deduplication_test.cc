// An event with an id counts once, whatever happens in between. crash_test.cc has the deaths at any call.
#include <gtest/gtest.h>

#include <string>

#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

Accounting AccountingOf(ProcessorUnderTest* odometer, int32_t partition = 0) {
  return odometer->Position().tasks.at(static_cast<size_t>(partition)).accounting;
}

TEST(Deduplication, AnEventSentAgainIsADuplicate) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventWithId("1", "a", kT));
  odometer.Send(0, EventWithId("1", "a", kT));  // in the same commit
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Send(0, EventWithId("1", "a", kT + 5000));  // in another; what it says does not matter
  odometer.Send(0, EventWithId("2", "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 2u);
  EXPECT_EQ(odometer.Position().tasks.at(0).stream_time_ms, kT) << "a duplicate does not move stream time";
  const Accounting accounting = AccountingOf(&odometer);
  EXPECT_EQ(accounting.duplicate, 2u);
  EXPECT_EQ(accounting.applied, 2u);
  EXPECT_TRUE(accounting.Balanced());
}

TEST(Deduplication, EventsWithoutAnIdAndThoseOfOtherOrgsAllCount) {
  ProcessorUnderTest odometer(1);
  for (int i = 0; i < 2; ++i) odometer.Send(0, EventJson("a", 1, kT));
  for (int i = 0; i < 2; ++i) odometer.Send(0, R"({"name":"a","id":""})");
  odometer.Send(0, EventWithId("1", "a", kT));
  odometer.Send(0, EventWithId("1", "a", kT, "acme"));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(AccountingOf(&odometer).applied, 6u);
  EXPECT_EQ(AccountingOf(&odometer).duplicate, 0u);
}

TEST(Deduplication, OnlyWhatWasAppliedIsRemembered) {
  TierSet tiers{{{1000, 60'000}}, false};
  ProcessorUnderTest odometer(1, tiers);
  odometer.Send(0, R"({"name":"a","id":"1","value":"x"})");
  odometer.Send(0, EventJson("a", 1, kT));
  odometer.Send(0, EventWithId("2", "a", kT - 600'000));  // late
  odometer.Send(0, EventWithId("1", "a", kT));
  odometer.Send(0, EventWithId("2", "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  const Accounting accounting = AccountingOf(&odometer);
  EXPECT_EQ(accounting.applied, 3u);
  EXPECT_EQ(accounting.late, 1u);
  EXPECT_EQ(accounting.duplicate, 0u);
}

TEST(Deduplication, AnIdIsForgottenOnceItsRetentionIsOverByStreamTime) {
  ProcessorUnderTest odometer(1);
  const int64_t retention_ms = odometer.ids.retention_ms;
  odometer.clock.Advance(retention_ms);
  odometer.Send(0, EventWithId("1", "a", kT));
  odometer.Send(0, EventJson("b", 1, kT + retention_ms));
  odometer.Send(0, EventWithId("1", "a", kT));
  odometer.Send(0, EventJson("b", 1, kT + retention_ms + 1));
  odometer.Send(0, EventWithId("1", "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 2u);
  EXPECT_EQ(AccountingOf(&odometer).duplicate, 1u);
}

TEST(Deduplication, IdsSurviveACrashAndALostDisk) {
  for (bool disk_lost : {false, true}) {
    ProcessorUnderTest odometer;
    for (int i = 0; i < 50; ++i) odometer.Send(i % 2, EventWithId(std::to_string(i), "a", kT + i));
    ASSERT_TRUE(odometer.Settle().ok());
    odometer.Crash();
    if (disk_lost) odometer.LoseStore();
    odometer.Start();
    for (int i = 0; i < 50; ++i) odometer.Send(i % 2, EventWithId(std::to_string(i), "a", kT + i));
    odometer.Send(0, EventWithId("new", "a", kT));
    ASSERT_TRUE(odometer.Settle().ok());
    EXPECT_EQ(odometer.Total("a").count(), 51u) << disk_lost;
    EXPECT_EQ(odometer.Restores("full"), disk_lost ? 2 : 0);
  }
}

TEST(Deduplication, IdsSurviveARebalance) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventWithId("1", "a", kT));
  ASSERT_TRUE(odometer.Round(1).ok());  // read, not committed
  odometer.broker.Rebalance("app");
  odometer.Send(0, EventWithId("1", "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 1u);
  EXPECT_EQ(AccountingOf(&odometer).duplicate, 1u);
}

TEST(Deduplication, PastTheLimitTheOldestIsForgottenFirst) {
  ProcessorUnderTest odometer(1);
  odometer.ids.max_ids = 10;
  odometer.Crash();
  odometer.Start();
  for (int i = 0; i < 15; ++i) odometer.Send(0, EventWithId(std::to_string(i), "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  ASSERT_TRUE(odometer.Round().ok());
  EXPECT_EQ(odometer.ForgottenIds(0), 5);
  odometer.Crash();
  odometer.LoseStore();
  odometer.Start();
  for (int i = 5; i < 15; ++i) odometer.Send(0, EventWithId(std::to_string(i), "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(AccountingOf(&odometer).duplicate, 10u);
  odometer.Send(0, EventWithId("4", "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 16u);
}

TEST(Deduplication, WithoutALimitNothingIsKept) {
  ProcessorUnderTest odometer(1);
  odometer.ids.max_ids = 0;
  odometer.Crash();
  odometer.Start();
  for (int i = 0; i < 2; ++i) odometer.Send(0, EventWithId("1", "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 2u);
  EXPECT_EQ(odometer.ChangelogRecords("ids", 0), 0u);
}

// A state folder from before ids were kept: its checkpoint does not know their changelog.
TEST(Deduplication, AStateFromBeforeIsTakenAsItIs) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Crash();
  std::string bytes;
  ASSERT_TRUE(odometer.store().Get(StateLayout::kMeta, CheckpointKey(0), &bytes).ok());
  TaskCheckpoint checkpoint = *DecodeTaskCheckpoint(bytes);
  ASSERT_EQ(checkpoint.changelog_next.erase("ids"), 1u);
  auto batch = odometer.store().NewBatch();
  batch->Put(StateLayout::kMeta, CheckpointKey(0), EncodeTaskCheckpoint(checkpoint));
  ASSERT_TRUE(odometer.store().Write(std::move(batch)).ok());
  odometer.Start();
  for (int i = 0; i < 2; ++i) odometer.Send(0, EventWithId("1", "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Restores("full"), 0);
  EXPECT_EQ(odometer.Total("a").count(), 2u);
}

TEST(Deduplication, AnIdThatCannotBeReadStopsIt) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventWithId("1", "a", kT));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Crash();
  std::string key;
  AppendIdKey(0, 0, &key);
  auto batch = odometer.store().NewBatch();
  batch->Put(StateLayout::kIds, key, "\x09");
  ASSERT_TRUE(odometer.store().Write(std::move(batch)).ok());
  odometer.Start();
  const Status status = odometer.Settle();
  EXPECT_TRUE(status.Is(ErrorKind::kStop)) << status.message();
  EXPECT_NE(status.message().find("format version 9"), std::string::npos) << status.message();
}

}  // namespace
}  // namespace odometer
