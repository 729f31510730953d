// What the processor promises, scenario by scenario: what is sent, what breaks, what must be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "common/model/control.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Processor, CountsInEveryTierAcrossPartitions) {
  ProcessorUnderTest odometer;
  odometer.Send(0, EventJson("a", 1, kT));
  odometer.Send(1, EventJson("a", 2, kT + 500));
  odometer.Send(0, EventJson("a", 4, kT + 61'000));
  ASSERT_TRUE(odometer.Settle().ok());

  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "7");
  EXPECT_EQ(odometer.Total("a").first_ts_ms(), kT);
  EXPECT_EQ(odometer.Total("a").last_ts_ms(), kT + 61'000);
  auto minutes = odometer.Windows("a", 60'000, 60'000);
  ASSERT_EQ(minutes.size(), 2u);
  EXPECT_EQ(minutes[0].start_ms, kT);
  EXPECT_EQ(minutes[0].aggregate.sum().ToJson(), "3");
  EXPECT_EQ(minutes[1].aggregate.sum().ToJson(), "4");
  EXPECT_EQ(odometer.Windows("a", 1000, 1000).size(), 2u);
}

TEST(Processor, AccountsForEveryRecord) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  odometer.Send(0, "not json");
  odometer.Send(0, R"({"value":1})");
  ASSERT_TRUE(odometer.Settle().ok());
  const Accounting accounting = odometer.Position().tasks.at(0).accounting;
  EXPECT_EQ(accounting.consumed, 3u);
  EXPECT_EQ(accounting.applied, 1u);
  EXPECT_EQ(accounting.rejected_total(), 2u);
  EXPECT_TRUE(accounting.Balanced());
  auto letters = odometer.broker.CommittedRecords({kDeadLetters, 0});
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0].value, "not json");
}

TEST(Processor, ACrashLosesAndDoublesNothing) {
  ProcessorUnderTest odometer;
  for (int i = 0; i < 10; ++i) odometer.Send(i % 2, EventJson("a", 1, kT + i));
  ASSERT_TRUE(odometer.Settle().ok());
  for (int i = 0; i < 10; ++i) odometer.Send(i % 2, EventJson("a", 1, kT + i));
  ASSERT_TRUE(odometer.Round(1).ok());  // read, not committed
  odometer.Crash();
  odometer.Start();
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 20u);
}

TEST(Processor, ALostStoreIsRestoredFromTheChangelogs) {
  ProcessorUnderTest odometer;
  for (int i = 0; i < 50; ++i) odometer.Send(i % 2, EventJson("a" + std::to_string(i % 7), i, kT + i * 1000));
  ASSERT_TRUE(odometer.Settle().ok());
  const std::string before = odometer.Total("a3").sum().ToJson();
  odometer.Crash();
  odometer.LoseStore();
  odometer.Start();
  odometer.Send(0, EventJson("other", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a3").sum().ToJson(), before);
  EXPECT_EQ(odometer.Windows("a3", 1000, 1000).size(), 7u);
}

TEST(Processor, WhatWasCommittedButNotStoredIsTakenFromTheTail) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Send(0, EventJson("a", 2, kT));
  ASSERT_TRUE(odometer.Round(1).ok());
  odometer.store().FailWrites(1, Status::Retry("disk full"));
  ASSERT_TRUE(odometer.Settle().ok());
  ASSERT_TRUE(odometer.Round(200).ok());
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "3");
}

// Every failure of every step, with and without its effect: the counts are exact all the same.
class StepFails : public testing::TestWithParam<std::tuple<BrokerCall, ErrorKind, bool>> {};

TEST_P(StepFails, AndTheCountsAreExact) {
  const auto [call, kind, effect] = GetParam();
  ProcessorUnderTest odometer;
  for (int i = 0; i < 4; ++i) odometer.Send(i % 2, EventJson("a", 1, kT + i));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.broker.InjectFault(call, {kind, effect});
  for (int i = 0; i < 4; ++i) odometer.Send(i % 2, EventJson("a", 10, kT + i));
  ASSERT_TRUE(odometer.Settle().ok());
  for (int i = 0; i < 4; ++i) odometer.Send(i % 2, EventJson("a", 100, kT + i));
  ASSERT_TRUE(odometer.Settle().ok());
  ASSERT_TRUE(odometer.Round(200).ok());
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "444");
  EXPECT_EQ(odometer.Total("a").count(), 12u);
}

INSTANTIATE_TEST_SUITE_P(
    OfTheCommitProtocol, StepFails,
    testing::Values(std::tuple(BrokerCall::kBegin, ErrorKind::kAbort, false),
                    std::tuple(BrokerCall::kProduce, ErrorKind::kAbort, false),
                    std::tuple(BrokerCall::kProduce, ErrorKind::kRecover, false),
                    std::tuple(BrokerCall::kFlush, ErrorKind::kAbort, false),
                    std::tuple(BrokerCall::kFlush, ErrorKind::kAbort, true),
                    std::tuple(BrokerCall::kSendOffsets, ErrorKind::kAbort, false),
                    std::tuple(BrokerCall::kSendOffsets, ErrorKind::kAbort, true),
                    std::tuple(BrokerCall::kSendOffsets, ErrorKind::kRecover, true),
                    std::tuple(BrokerCall::kCommit, ErrorKind::kRetry, false),
                    std::tuple(BrokerCall::kCommit, ErrorKind::kRetry, true),
                    std::tuple(BrokerCall::kCommit, ErrorKind::kAbort, false),
                    std::tuple(BrokerCall::kCommit, ErrorKind::kRecover, false),
                    std::tuple(BrokerCall::kCommit, ErrorKind::kRecover, true)));

TEST(Processor, AnotherProducerOfItsIdFencesItAndItRecovers) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  ProducerOptions options;
  options.transactional_id = "app-one";
  ASSERT_TRUE(odometer.broker.NewTransactionalProducer(options)->Init().ok());
  odometer.Send(0, EventJson("a", 2, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  ASSERT_TRUE(odometer.Round(200).ok());
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "3");
}

TEST(Processor, ARebalanceCommitsWhatWasRead) {
  ProcessorUnderTest odometer;
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Send(1, EventJson("a", 2, kT));
  ASSERT_TRUE(odometer.Round(1).ok());
  odometer.broker.Rebalance("app");
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Send(0, EventJson("a", 4, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "7");
}

TEST(Processor, LateIsWhatNoTierKeeps) {
  TierSet tiers{{{1000, 60'000}, {60'000, 3'600'000}}, false};
  ProcessorUnderTest odometer(1, tiers);
  odometer.Send(0, EventJson("a", 1, kT));
  odometer.Send(0, EventJson("a", 2, kT - 600'000));    // past the finest tier only
  odometer.Send(0, EventJson("a", 4, kT - 7'200'000));  // past both
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Windows("a", 60'000, 60'000).size(), 2u);
  EXPECT_EQ(odometer.Windows("a", 1000, 1000).size(), 1u);
  const Accounting accounting = odometer.Position().tasks.at(0).accounting;
  EXPECT_EQ(accounting.late, 1u);
  EXPECT_EQ(accounting.applied, 2u);
}

TEST(Processor, ForgottenSeriesStartFromNothing) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  Control forget{"default", "a", {}};
  const std::string body = EncodeControl(forget);
  odometer.Send(0, body, {{kControlHeader, "forget"}});
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_TRUE(odometer.Total("a").empty());
  odometer.Send(0, EventJson("a", 5, kT));
  odometer.Send(0, body, {{kControlHeader, "forget"}});
  odometer.Send(0, EventJson("a", 7, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "7");

  odometer.Crash();
  odometer.LoseStore();
  odometer.Start();
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "8");
}

TEST(Processor, ASetSeriesIsExactlyWhatWasSet) {
  ProcessorUnderTest odometer;
  odometer.Send(0, EventJson("a", 1, kT));
  odometer.Send(1, EventJson("a", 2, kT));
  Control set{"default", "a", Control::Set{}};
  set.set->partition = 1;
  set.set->series.org = "default";
  set.set->series.name = "a";
  set.set->aggregate.count = 10;
  set.set->aggregate.sum.Add(Number::Of(int64_t{1000}));
  set.set->aggregate.min = set.set->aggregate.max = set.set->aggregate.last = Number::Of(int64_t{100});
  set.set->aggregate.first_ts_ms = kT - 5000;
  set.set->aggregate.last_ts_ms = kT;
  const std::string body = EncodeControl(set);
  odometer.Send(0, body, {{kControlHeader, "set"}});
  odometer.Send(1, body, {{kControlHeader, "set"}});
  odometer.Send(1, EventJson("a", 5, kT + 1));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "1005");
  EXPECT_EQ(odometer.Total("a").count(), 11u);
  auto hours = odometer.Windows("a", 3'600'000, 3'600'000);
  ASSERT_EQ(hours.size(), 1u);
  EXPECT_EQ(hours[0].aggregate.sum().ToJson(), "1005");
  auto seconds = odometer.Windows("a", 1000, 1000);
  ASSERT_EQ(seconds.size(), 1u);
  EXPECT_EQ(seconds[0].aggregate.sum().ToJson(), "5");
}

TEST(Processor, AShrunkenChangelogStopsIt) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Crash();
  odometer.broker.CreateTopic({"app-metrics.events-totals-changelog", 1, 1, {}});
  odometer.Start();
  Status status = odometer.Settle();
  EXPECT_TRUE(status.Is(ErrorKind::kStop)) << status.ToString();
  EXPECT_NE(status.message().find("re-created"), std::string::npos) << status.message();
}

// Counts five events, dies, and is told why it must not go on after `change`.
std::string WhyItStops(const std::function<void(ProcessorUnderTest*)>& change) {
  ProcessorUnderTest odometer;
  for (int i = 0; i < 5; ++i) odometer.Send(0, EventJson("a", 1, kT));
  EXPECT_TRUE(odometer.Settle().ok());
  odometer.Crash();
  change(&odometer);
  odometer.Start();
  Status status = odometer.Settle();
  EXPECT_TRUE(status.Is(ErrorKind::kStop)) << status.ToString();
  return status.ok() ? "" : status.message();
}

TEST(Processor, ARecreatedInputTopicStopsIt) {
  const std::string why = WhyItStops([](ProcessorUnderTest* odometer) {
    odometer->broker.CreateTopic({kTopic, 2, 1, {}});
    odometer->Send(0, EventJson("a", 1, kT));
  });
  EXPECT_THAT(why, HasSubstr("metrics.events/0 ends at offset 1, but offset 5 was counted already: the topic was re-created"));
  EXPECT_THAT(why, HasSubstr("use another application name"));
}

TEST(Processor, ARecreatedInputTopicStopsItAlsoOnceItHasGrownPastWhatWasCounted) {
  const std::string why = WhyItStops([](ProcessorUnderTest* odometer) {
    odometer->broker.CreateTopic({kTopic, 2, 1, {}});
    odometer->clock.Advance(1);
    for (int i = 0; i < 9; ++i) odometer->Send(0, EventJson("a", 1, kT));
  });
  EXPECT_THAT(why, HasSubstr("at offset 4, where one of "));
  EXPECT_THAT(why, HasSubstr("was counted: the topic was re-created"));
  EXPECT_THAT(why, HasSubstr("use another application name"));
}

TEST(Processor, GoesOnWhenTheLastRecordThatItCountedIsNoLongerThere) {
  ProcessorUnderTest odometer;
  for (int i = 0; i < 5; ++i) odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Crash();
  odometer.clock.Advance(1);
  odometer.Send(0, EventJson("a", 1, kT));
  odometer.broker.Log({kTopic, 0}).DeleteBefore(5);
  odometer.Start();
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 6u);
}

TEST(Processor, InputThatWasDeletedUncountedStopsIt) {
  const std::string why = WhyItStops([](ProcessorUnderTest* odometer) {
    for (int i = 0; i < 3; ++i) odometer->Send(0, EventJson("a", 1, kT));
    odometer->broker.Log({kTopic, 0}).DeleteBefore(7);
  });
  EXPECT_THAT(why, HasSubstr("records 5 to 6 of metrics.events/0 were deleted by the topic's retention"));
  EXPECT_THAT(why, HasSubstr("use another application name"));
}

TEST(Processor, DeletedChangelogsStopIt) {
  const std::string why = WhyItStops([](ProcessorUnderTest* odometer) {
    odometer->LoseStore();
    odometer->EmptyChangelogs();
  });
  EXPECT_THAT(why, HasSubstr("its changelogs are empty: they were deleted. Use another application name"));
}

TEST(Processor, ChangelogsThatAreShorterThanTheStoreStopIt) {
  const std::string why = WhyItStops([](ProcessorUnderTest* odometer) { odometer->EmptyChangelogs(); });
  EXPECT_THAT(why, HasSubstr("re-created"));
}

TEST(Processor, IdleIsProgressAndCommitsThatFailAreNone) {
  ProcessorUnderTest odometer;
  ASSERT_TRUE(odometer.Settle().ok());
  ASSERT_TRUE(odometer.Round(60'000).ok());
  EXPECT_EQ(odometer.LastProgressMs(), odometer.clock.SteadyMs());

  odometer.broker.SetFaultPlan([](BrokerCall call) -> std::optional<Fault> {
    if (call != BrokerCall::kCommit) return std::nullopt;
    return Fault{ErrorKind::kAbort, false};
  });
  odometer.Send(0, EventJson("a", 1, kT));
  const int64_t stuck_since_ms = odometer.clock.SteadyMs();
  for (int round = 0; round < 100; ++round) ASSERT_TRUE(odometer.Round(1'000).ok());
  EXPECT_LE(odometer.LastProgressMs(), stuck_since_ms + 1'000);
  EXPECT_THAT(odometer.NotReadyReasons(), ElementsAre(HasSubstr("commit aborted")));

  odometer.broker.SetFaultPlan({});
  ASSERT_TRUE(odometer.Settle().ok());
  ASSERT_TRUE(odometer.Round().ok());
  EXPECT_EQ(odometer.LastProgressMs(), odometer.clock.SteadyMs());
  EXPECT_THAT(odometer.NotReadyReasons(), IsEmpty());
  EXPECT_EQ(odometer.Total("a").count(), 1u);
}

TEST(Processor, WithoutAProducerThereIsNoProgress) {
  ProcessorUnderTest odometer;
  odometer.broker.SetFaultPlan([](BrokerCall call) -> std::optional<Fault> {
    if (call != BrokerCall::kInit) return std::nullopt;
    return Fault{ErrorKind::kRetry, false};
  });
  for (int round = 0; round < 100; ++round) ASSERT_TRUE(odometer.Round(1'000).ok());
  EXPECT_FALSE(odometer.LastProgressMs().has_value());
  EXPECT_THAT(odometer.NotReadyReasons(), Contains(HasSubstr("opening the transactional producer")));
}

TEST(Processor, WithoutAnAssignmentThereIsNoProgress) {
  ProcessorUnderTest odometer;
  ASSERT_TRUE(odometer.Settle().ok());
  const std::optional<int64_t> before_ms = odometer.LastProgressMs();
  odometer.manager().OnLost({{kTopic, 0}, {kTopic, 1}});
  for (int round = 0; round < 100; ++round) ASSERT_TRUE(odometer.Round(1'000).ok());
  EXPECT_EQ(odometer.LastProgressMs(), before_ms);
  EXPECT_THAT(odometer.NotReadyReasons(), ElementsAre("waiting for partitions of the input topic"));
  odometer.manager().OnAssigned({});  // there are more members than partitions
  ASSERT_TRUE(odometer.Round().ok());
  EXPECT_EQ(odometer.LastProgressMs(), odometer.clock.SteadyMs());
  EXPECT_THAT(odometer.NotReadyReasons(), IsEmpty());
}

TEST(Processor, AShutdownThatNoBrokerAnswersEndsAndLosesNothing) {
  ProcessorUnderTest odometer;
  ASSERT_TRUE(odometer.Settle().ok());
  for (int partition : {0, 1}) odometer.Send(partition, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Round(1).ok());
  odometer.broker.set_cut_off(true);
  odometer.Shutdown();
  odometer.Crash();
  odometer.broker.set_cut_off(false);
  EXPECT_EQ(odometer.Total("a").count(), 0u);
  odometer.Start();
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 2u);
}

TEST(Processor, GracefulShutdownCommitsWhatWasRead) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Send(0, EventJson("a", 2, kT));
  ASSERT_TRUE(odometer.Round(1).ok());
  odometer.Shutdown();
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "3");
  EXPECT_EQ(odometer.broker.CommittedOffset("app", {kTopic, 0}), 2);
}

TEST(Processor, AtLeastOnceCountsEverythingToo) {
  ProcessorUnderTest odometer(2, TierSet::Default(), /*exactly_once=*/false);
  for (int i = 0; i < 20; ++i) odometer.Send(i % 2, EventJson("a", 1, kT + i));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Crash();
  odometer.Start();
  for (int i = 0; i < 20; ++i) odometer.Send(i % 2, EventJson("a", 1, kT + i));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 40u);
}

TEST(Processor, ADeadLetterIsCutToWhatItsTopicTakes) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, std::string(2'000'000, 'x'), {{"trace", "abc"}});
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 1u);
  auto letters = odometer.broker.CommittedRecords({kDeadLetters, 0});
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_GT(letters[0].value.size(), 900'000u);
  EXPECT_LT(letters[0].value.size(), 1'000'000u);
  EXPECT_TRUE(std::any_of(letters[0].headers.begin(), letters[0].headers.end(), [](const auto& header) {
    return header.first == "odometer-cut" && header.second == "key=0 value=2000000 headers=8";
  }));
}

TEST(Processor, ARecordTimeOutsideTheCalendarIsRejected) {
  ProcessorUnderTest odometer(1);
  odometer.broker.Append({kTopic, 0}, OutRecord{"", R"({"name":"a"})", false, {}}, INT64_MAX);
  odometer.broker.Append({kTopic, 0}, OutRecord{"", R"({"name":"a"})", false, {}}, INT64_MIN);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 1u);
  EXPECT_EQ(odometer.Position().tasks.at(0).accounting.rejected[static_cast<size_t>(RejectReason::kBadTimestamp)], 2u);
}

TEST(Processor, ControlRecordsAtTheEndAreNoLag) {
  ProcessorUnderTest odometer(1);
  odometer.broker.AppendTransaction({kTopic, 0}, {OutRecord{"", EventJson("a", 1, kT), false, {}}}, /*commit=*/true);
  odometer.broker.AppendTransaction({kTopic, 0}, {OutRecord{"", EventJson("a", 5, kT), false, {}}}, /*commit=*/false);
  // Both control records and the aborted one take an offset.
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.broker.CommittedOffset("app", {kTopic, 0}), 4);
  EXPECT_EQ(odometer.Total("a").count(), 1u);
  odometer.Crash();
  odometer.Start();
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 2u);
}

TEST(Processor, AnIdleTaskIsRestoredFromItsCheckpointHoweverLongItWasIdle) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  for (int hour = 0; hour < 30; ++hour) ASSERT_TRUE(odometer.Round(3'600'000).ok());
  odometer.Crash();
  odometer.Start();
  ASSERT_TRUE(odometer.Round().ok());
  ASSERT_TRUE(odometer.Round().ok());
  EXPECT_EQ(odometer.Restores("tail"), 1);
  EXPECT_EQ(odometer.Restores("full"), 0);
}

TEST(Processor, AWrongUpdateTimeOfASetDoesNotUndoTheSet) {
  ProcessorUnderTest odometer(2);
  odometer.Send(0, EventJson("a", 7, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  Aggregate::Parts parts;
  parts.count = 1;
  parts.sum.Add(Number::Of(int64_t{42}));
  parts.last_ts_ms = parts.first_ts_ms = odometer.clock.WallMs() + 86'400'000;
  const std::string body =
      EncodeControl({"default", "a", Control::Set{1, Series{"default", "a", MetricType::kCounter, {}}, parts}});
  const int64_t sent_ms = odometer.clock.WallMs();
  odometer.Send(0, body, {{kControlHeader, "set"}});
  odometer.Send(1, body, {{kControlHeader, "set"}});
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").sum().ToJson(), "42");
  EXPECT_EQ(odometer.Total("a").last_ts_ms(), sent_ms + kMaxFutureMs);
}

}  // namespace
}  // namespace odometer
