// Sources of rules, through the processor as it is.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "rules/rules_file.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

constexpr const char* kOrders = "shop.orders";
constexpr const char* kRules = R"(
sources: [{topic: shop.orders}]
time: /at
events:
  - on: order_placed
    do:
      - incr: orders
      - incr: {gauge: revenue, by: /cart/amount}
      - set_value: {gauge: last_basket, value: /cart/items/length}
  - on: order_paid
    time: /paid_at
    do: [{incr: paid}]
)";

std::shared_ptr<const rules::RuleSet> Compile(const std::string& yaml) {
  Result<std::shared_ptr<const rules::RuleSet>> rules = rules::CompileRules(yaml, "rules.yaml");
  EXPECT_TRUE(rules.ok()) << rules.status().ToString();
  return *rules;
}

std::string Order(int64_t amount, int64_t ts_ms, int items = 1) {
  nlohmann::json order = {{"_type", "order_placed"}, {"at", ts_ms}, {"cart", {{"amount", amount}}}};
  order["cart"]["items"] = std::vector<std::string>(static_cast<size_t>(items), "sku");
  return order.dump();
}

class RulesTest : public ::testing::Test {
 protected:
  RulesTest() { StartWith(Compile(kRules)); }

  void StartWith(std::shared_ptr<const rules::RuleSet> rules) {
    odometer_.broker.CreateTopic({kOrders, 2, 1, {}});
    odometer_.rules = std::move(rules);
    Restart();
  }
  void Restart() {
    odometer_.Crash();
    odometer_.Start();
  }
  // Another set of sources is another member of the group: the one before must end.
  void RestartWithOtherSources(std::shared_ptr<const rules::RuleSet> rules) {
    odometer_.Crash();
    odometer_.broker.ExpireMember(kApplication, "one");
    odometer_.rules = std::move(rules);
    odometer_.Start();
  }
  void Send(const std::string& record, int32_t partition = 0) {
    odometer_.broker.Append({kOrders, partition}, OutRecord{"", record, false, {}});
  }
  SourcePosition Source() {
    const StatePosition position = odometer_.Position();
    return position.sources.empty() ? SourcePosition{} : position.sources[0];
  }
  TaskPosition Task(size_t partition = 0) { return Source().tasks.at(partition); }
  int64_t Sum(const std::string& name) { return static_cast<int64_t>(odometer_.Total(name).sum().AsDouble()); }
  int64_t Last(const std::string& name) {
    return static_cast<int64_t>(odometer_.Total(name, MetricType::kGauge).last().whole());
  }

  ProcessorUnderTest odometer_;
};

TEST_F(RulesTest, EachRecordGivesTheEventsThatTheRulesSay) {
  Send(Order(30, kT, 3));
  Send(Order(12, kT + 60'000, 2), 1);
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Sum("orders"), 2);
  EXPECT_EQ(Sum("revenue"), 42);
  EXPECT_EQ(Last("last_basket"), 2);
  EXPECT_EQ(odometer_.Windows("revenue", 60'000, 60'000).size(), 2u);
}

TEST_F(RulesTest, SeriesAreThoseOfTheEventsToo) {
  Send(Order(30, kT));
  odometer_.Send(1, EventJson("revenue", 12, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Sum("revenue"), 42);
}

TEST_F(RulesTest, ARecordIsAccountedForOnceAndWhole) {
  Send(Order(30, kT));                                    // three events
  Send(R"({"_type":"order_cancelled"})");                 // none
  Send("not json");                                       // rejected
  Send(R"({"_type":"order_placed","cart":{"items":[]}})");  // rejected: no amount
  odometer_.broker.Append({kOrders, 0}, OutRecord{"key", "", true, {}});  // none: a key is deleted
  ASSERT_TRUE(odometer_.Settle().ok());
  const TaskPosition task = Task();
  EXPECT_EQ(task.accounting.consumed, 5u);
  EXPECT_EQ(task.accounting.applied, 3u);
  EXPECT_EQ(task.accounting.rejected_total(), 2u);
  EXPECT_EQ(task.rules.events, 3u);
  EXPECT_EQ(task.rules.without_events, 2u);
  EXPECT_EQ(Sum("orders"), 1) << "a record that is rejected gives none of its events";
}

TEST_F(RulesTest, WhatIsRejectedIsADeadLetterOfItsTopic) {
  Send(Order(30, kT), 1);
  Send(R"({"_type":"order_placed","cart":{"amount":"much","items":[]}})", 1);
  ASSERT_TRUE(odometer_.Settle().ok());
  const std::vector<MemoryRecord> letters = odometer_.broker.CommittedRecords({kDeadLetters, 0});
  ASSERT_EQ(letters.size(), 1u);
  std::map<std::string, std::string> headers(letters[0].headers.begin(), letters[0].headers.end());
  EXPECT_EQ(headers["odometer-reason"], "bad_value");
  EXPECT_EQ(headers["odometer-topic"], kOrders);
  EXPECT_EQ(headers["odometer-partition"], "1");
  EXPECT_EQ(headers["odometer-offset"], "1");
}

TEST_F(RulesTest, NothingIsLostOrDoubledByACrash) {
  for (int i = 0; i < 5; ++i) Send(Order(1, kT + i));
  ASSERT_TRUE(odometer_.Settle().ok());
  for (int i = 0; i < 5; ++i) Send(Order(1, kT + i));
  ASSERT_TRUE(odometer_.Round(1).ok());  // read, not committed
  Restart();
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Sum("revenue"), 10);
  EXPECT_EQ(Task().accounting.consumed, 10u);
}

TEST_F(RulesTest, ALostDiskIsRestored) {
  Send(Order(30, kT));
  Send(R"({"_type":"order_cancelled"})");
  odometer_.Send(0, EventJson("orders", 4, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  const TaskPosition before = Task();
  odometer_.Crash();
  odometer_.LoseStore();
  odometer_.Start();
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Sum("orders"), 5);
  EXPECT_EQ(Last("last_basket"), 1);
  EXPECT_EQ(Task().accounting, before.accounting);
  EXPECT_EQ(Task().rules, before.rules);
}

TEST_F(RulesTest, OtherRulesCountFromARecordedOffsetOn) {
  const auto first = Compile(kRules);
  const auto second = Compile("sources: [{topic: shop.orders}]\nevents: [{do: [{incr: {counter: revenue, by: 1000}}]}]");
  Send(Order(1, kT));
  Send(Order(1, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  odometer_.FollowRules(second);
  Send(Order(1, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Sum("revenue"), 1'002);
  ASSERT_EQ(Task().rules.versions.size(), 2u);
  EXPECT_EQ(Task().rules.versions[0].version, first->version);
  EXPECT_EQ(Task().rules.versions[0].from_offset, 0);
  EXPECT_EQ(Task().rules.versions[1].version, second->version);
  EXPECT_EQ(Task().rules.versions[1].from_offset, 2);
  EXPECT_NE(first->version, second->version);
}

TEST_F(RulesTest, RecordsThatWereNotCommittedBeforeTheSwitchCountByTheRulesThatCommitThem) {
  Send(Order(1, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  Send(Order(1, kT));
  ASSERT_TRUE(odometer_.Round(1).ok());  // read by the first rules, not committed
  odometer_.rules = Compile("sources: [{topic: shop.orders}]\nevents: [{do: [{incr: {counter: revenue, by: 1000}}]}]");
  Restart();
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Sum("revenue"), 1'001);
  EXPECT_EQ(Sum("orders"), 1);
  ASSERT_EQ(Task().rules.versions.size(), 2u);
  EXPECT_EQ(Task().rules.versions[1].from_offset, 1);
}

TEST_F(RulesTest, TheSameRulesAfterARestartAreNoNewVersion) {
  Send(Order(1, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  Restart();
  Send(Order(1, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Task().rules.versions.size(), 1u);
}

TEST_F(RulesTest, ATopicThatIsNoSourceAnyMoreIsNotRead) {
  odometer_.broker.CreateTopic({"shop.clicks", 1, 1, {}});
  Send(Order(30, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  RestartWithOtherSources(Compile("sources: [{topic: shop.clicks}]\nevents: [{do: [{incr: orders}]}]"));
  odometer_.broker.Append({"shop.clicks", 0}, OutRecord{"", "{}", false, {}});
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Source().topic, "shop.clicks");
  EXPECT_EQ(odometer_.Position().sources.size(), 1u);
  EXPECT_EQ(Sum("orders"), 1) << "of the source that is read";
  EXPECT_EQ(Sum("revenue"), 0);

  Send(Order(12, kT));
  RestartWithOtherSources(Compile(kRules));
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Sum("revenue"), 42) << "it goes on from where it was";
}

TEST_F(RulesTest, PartitionsThatASourceGetsAreCounted) {
  Send(Order(30, kT));
  ASSERT_TRUE(odometer_.Settle().ok());
  ASSERT_TRUE(odometer_.broker.NewAdmin()->GrowPartitions(kOrders, 3).ok());
  Send(Order(12, kT), 2);
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Sum("revenue"), 42);
  EXPECT_EQ(Source().partitions_total, 3);
  EXPECT_EQ(Source().tasks.size(), 3u);
}

TEST_F(RulesTest, TheTimeOfARuleIsThatOfItsEvents) {
  Send(nlohmann::json({{"_type", "order_paid"}, {"at", kT}, {"paid_at", kT - 7'200'000}}).dump());
  ASSERT_TRUE(odometer_.Settle().ok());
  const std::vector<Bucket> hours = odometer_.Windows("paid", 3'600'000, 3'600'000);
  ASSERT_EQ(hours.size(), 1u);
  EXPECT_EQ(hours[0].start_ms, kT - 7'200'000);
}

TEST(Rules, ARecordWithALateEventIsLateAsAWhole) {
  ProcessorUnderTest odometer(1, TierSet{{{1'000, 60'000}}, /*total=*/false});
  odometer.broker.CreateTopic({kOrders, 1, 1, {}});
  odometer.rules = Compile(R"(
sources: [{topic: shop.orders}]
events:
  - {time: /at, do: [{incr: placed}]}
  - {time: /paid_at, do: [{incr: paid}]}
)");
  odometer.Crash();
  odometer.Start();
  auto send = [&](int64_t at_ms, int64_t paid_ms) {
    const std::string record = nlohmann::json({{"at", at_ms}, {"paid_at", paid_ms}}).dump();
    odometer.broker.Append({kOrders, 0}, OutRecord{"", record, false, {}});
  };
  send(kT - 100'000, kT);  // neither is late: nothing was there before
  send(kT - 100'000, kT);
  send(kT, kT - 5);
  ASSERT_TRUE(odometer.Settle().ok());
  const TaskPosition task = odometer.Position().sources.at(0).tasks.at(0);
  EXPECT_EQ(task.accounting.applied, 2u);
  EXPECT_EQ(task.accounting.late, 1u);
  EXPECT_EQ(task.rules.events, 4u);
}

TEST(Rules, ARecordOneOfWhoseEventsOverflowsIsOverflowedOnce) {
  ProcessorUnderTest odometer(1);
  odometer.broker.CreateTopic({kOrders, 1, 1, {}});
  odometer.limits = {.series = 1, .series_per_org = 1};
  odometer.rules = Compile("sources: [{topic: shop.orders}]\nevents: [{do: [{incr: a}, {incr: b}, {incr: c}]}]");
  odometer.Crash();
  odometer.Start();
  for (int i = 0; i < 3; ++i) odometer.broker.Append({kOrders, 0}, OutRecord{"", "{}", false, {}});
  ASSERT_TRUE(odometer.Settle().ok());
  const TaskPosition task = odometer.Position().sources.at(0).tasks.at(0);
  EXPECT_EQ(task.accounting.consumed, 3u);
  EXPECT_EQ(task.accounting.overflowed, 3u);
  EXPECT_EQ(task.rules.events, 9u);
  EXPECT_EQ(odometer.Total("a").count(), 3u);
  EXPECT_EQ(odometer.Total(std::string(kOverflowName)).count(), 6u);
}

TEST(Rules, EventsOfRecordsAreJudgedByDefinitions) {
  DefinitionTable table(0);
  CommandOutcome outcome;
  outcome.kind = Command::Kind::kCreate;
  outcome.org = std::string(kDefaultOrg);
  outcome.code = "REVENUE";
  outcome.offset = 1;
  outcome.definition = Definition{.id = 7, .org = outcome.org, .code = "REVENUE", .name = "Revenue", .min_reading = 0,
                                  .max_reading = 100, .active = true, .version = 1, .revision = 1};
  table.Apply(outcome);
  table.SetReady(1);
  ProcessorUnderTest odometer(1);
  odometer.CreateCommandTopics();
  odometer.broker.CreateTopic({kOrders, 1, 1, {}});
  odometer.definitions = &table;
  odometer.rules = Compile("sources: [{topic: shop.orders}]\n"
                           "events: [{do: [{incr: orders}, {incr: {counter: REVENUE, by: /amount}}]}]");
  odometer.Crash();
  odometer.Start();
  for (const char* record : {R"({"amount":100})", R"({"amount":101})"}) {
    odometer.broker.Append({kOrders, 0}, OutRecord{"", record, false, {}});
  }
  ASSERT_TRUE(odometer.Settle().ok());
  const std::vector<MemoryRecord> alerts = odometer.broker.CommittedRecords({kAlerts, 0});
  ASSERT_EQ(alerts.size(), 1u);
  const nlohmann::json alert = nlohmann::json::parse(alerts[0].value);
  EXPECT_EQ(alert["id"], "event-shop.orders-0-1-1");
  EXPECT_EQ(alert["event"]["topic"], kOrders);
  EXPECT_EQ(alert["event"]["value"], 101);
}

}  // namespace
}  // namespace odometer
