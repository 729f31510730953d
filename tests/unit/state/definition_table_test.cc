#include "common/state/definition_table.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace odometer {
namespace {

class DefinitionTableTest : public testing::Test {
 protected:
  static CommandOutcome Outcome(Command::Kind kind, const std::string& code, int64_t offset, uint64_t id = 1) {
    CommandOutcome outcome;
    outcome.kind = kind;
    outcome.request_id = "r" + std::to_string(offset);
    outcome.org = "acme";
    outcome.code = code;
    outcome.offset = offset;
    outcome.definition = Definition{.id = id, .org = "acme", .code = code, .name = code, .revision = offset};
    return outcome;
  }
  static Command CommandOf(const CommandOutcome& outcome) {
    Command command;
    command.kind = outcome.kind;
    command.request_id = outcome.request_id;
    command.org = outcome.org;
    command.code = outcome.code;
    return command;
  }
  bool Has(const std::string& code) { return table_.Find("acme", code).has_value(); }

  DefinitionTable table_;
};

TEST_F(DefinitionTableTest, FollowsOutcomes) {
  table_.Apply(Outcome(Command::Kind::kCreate, "A", 1));
  EXPECT_TRUE(Has("A"));
  EXPECT_FALSE(table_.Find("other", "A"));
  table_.Apply(Outcome(Command::Kind::kDelete, "A", 2));
  EXPECT_FALSE(Has("A"));
}

TEST_F(DefinitionTableTest, WhatWasLoadedIsNotTakenBackByOlderOutcomes) {
  table_.Load(*Outcome(Command::Kind::kChange, "A", 7).definition);
  table_.Apply(Outcome(Command::Kind::kCreate, "A", 1));
  table_.Apply(Outcome(Command::Kind::kDelete, "A", 3));
  ASSERT_TRUE(Has("A"));
  EXPECT_EQ(table_.Find("acme", "A")->definition.revision, 7);
}

TEST_F(DefinitionTableTest, ARepeatedOrRefusedOutcomeChangesNothing) {
  CommandOutcome repeated = Outcome(Command::Kind::kCreate, "A", 1);
  repeated.repeated = true;
  table_.Apply(repeated);
  CommandOutcome refused = Outcome(Command::Kind::kCreate, "B", 1);
  refused.verdict = CommandOutcome::Verdict::kExists;
  table_.Apply(refused);
  EXPECT_FALSE(Has("A"));
  EXPECT_FALSE(Has("B"));
}

TEST_F(DefinitionTableTest, ANewMetricOfTheSameCodeHasNoReadingsOfTheOldOne) {
  CommandOutcome record = Outcome(Command::Kind::kRecord, "A", 2);
  record.reading = Reading{5, 60'000, 1};
  table_.Apply(Outcome(Command::Kind::kCreate, "A", 1));
  table_.Apply(record);
  EXPECT_EQ(table_.Find("acme", "A")->readings.size(), 1u);
  table_.Apply(Outcome(Command::Kind::kDelete, "A", 3));
  table_.Apply(Outcome(Command::Kind::kCreate, "A", 4, /*id=*/9));
  table_.LoadReading(1, Reading{5, 60'000, 1});
  EXPECT_TRUE(table_.Find("acme", "A")->readings.empty());
}

TEST_F(DefinitionTableTest, ShowsTheLatestReadings) {
  table_.Load(*Outcome(Command::Kind::kCreate, "A", 1).definition);
  for (size_t i = 0; i < kShownReadings + 10; ++i) {
    table_.LoadReading(1, Reading{static_cast<int64_t>(i), static_cast<int64_t>(i) * 1000, 0});
  }
  const auto entry = table_.Find("acme", "A");
  EXPECT_EQ(entry->readings.size(), kShownReadings);
  EXPECT_EQ(entry->readings.begin()->second.value, 10);
}

TEST_F(DefinitionTableTest, ListsOneOrgByCode) {
  for (const char* code : {"B", "A", "C"}) table_.Load(*Outcome(Command::Kind::kCreate, code, 1, code[0]).definition);
  Definition other = *Outcome(Command::Kind::kCreate, "A", 1, 99).definition;
  other.org = "acme/A";
  table_.Load(other);
  std::vector<std::string> codes;
  for (const Definition& definition : table_.List("acme", 2)) codes.push_back(definition.code);
  EXPECT_EQ(codes, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(table_.List("acme", 100).size(), 3u);
  EXPECT_EQ(table_.List("acme/A", 100).size(), 1u);
}

TEST_F(DefinitionTableTest, ARequestIsAnsweredOnceTheTableShowsItsOutcome) {
  const CommandOutcome outcome = Outcome(Command::Kind::kCreate, "A", 1);
  bool shown = false;
  table_.Await(CommandOf(outcome), 1000, [&](const std::optional<CommandOutcome>& answer) {
    ASSERT_TRUE(answer);
    shown = Has("A");
  });
  table_.Apply(Outcome(Command::Kind::kCreate, "B", 0));
  EXPECT_FALSE(shown);
  table_.Apply(outcome);
  EXPECT_TRUE(shown);
}

TEST_F(DefinitionTableTest, WhoWaitsTooLongIsToldSoAndSoIsEverybodyAtTheEnd) {
  int unknown = 0, asked = 0;
  auto count = [&](const std::optional<CommandOutcome>& answer) { answer ? ++asked : ++unknown; };
  table_.Await(CommandOf(Outcome(Command::Kind::kCreate, "A", 1)), 1000, count);
  table_.Await(CommandOf(Outcome(Command::Kind::kCreate, "B", 2)), 2000, count);
  table_.Expire(999);
  EXPECT_EQ(unknown, 0);
  table_.Expire(1000);
  EXPECT_EQ(unknown, 1);
  table_.Stop();
  EXPECT_EQ(unknown, 2);
  table_.Await(CommandOf(Outcome(Command::Kind::kCreate, "C", 3)), 9000, count);
  EXPECT_EQ(unknown, 3);
  EXPECT_EQ(asked, 0);
}

TEST_F(DefinitionTableTest, WhatWasCancelledIsNotAnswered) {
  const CommandOutcome outcome = Outcome(Command::Kind::kCreate, "A", 1);
  int answered = 0;
  const auto first = table_.Await(CommandOf(outcome), 1000, [](const auto&) { FAIL(); });
  const auto again = table_.Await(CommandOf(outcome), 2000, [&](const auto& answer) { answered += answer ? 1 : 0; });
  EXPECT_TRUE(table_.Cancel(first));
  EXPECT_FALSE(table_.Cancel(first));
  table_.Apply(outcome);
  EXPECT_EQ(answered, 1);
  EXPECT_FALSE(table_.Cancel(again));
}

TEST_F(DefinitionTableTest, LimitsAreThoseOfActiveDefinitions) {
  EXPECT_EQ(table_.limits_version(), 0u);
  CommandOutcome create = Outcome(Command::Kind::kCreate, "A", 1, 7);
  create.definition->max_reading = 100;
  table_.Apply(create);
  EXPECT_EQ(table_.limits_version(), 0u) << "not as new as the log yet";
  EXPECT_TRUE(table_.limits()->empty());
  table_.SetReady(1);
  const uint64_t first = table_.limits_version();
  EXPECT_NE(first, 0u);
  const auto limits = table_.limits();
  ASSERT_NE(limits->Find("acme", "A"), nullptr);
  EXPECT_EQ(limits->Find("acme", "A")->max, 100);
  EXPECT_EQ(limits->Find("acme", "A")->metric_id, 7u);
  EXPECT_EQ(limits->Find("other", "A"), nullptr);

  CommandOutcome off = Outcome(Command::Kind::kDeactivate, "A", 2, 7);
  off.definition->active = false;
  table_.Apply(off);
  EXPECT_NE(table_.limits_version(), first);
  EXPECT_TRUE(table_.limits()->empty());
  EXPECT_FALSE(limits->empty()) << "a snapshot stays as it was";
}

TEST_F(DefinitionTableTest, AReadingChangesNoLimits) {
  table_.SetReady(1);
  table_.Apply(Outcome(Command::Kind::kCreate, "A", 1));
  const uint64_t version = table_.limits_version();
  table_.Apply(Outcome(Command::Kind::kRecord, "A", 2));
  EXPECT_EQ(table_.limits_version(), version);
}

TEST_F(DefinitionTableTest, WhileItIsReadAnewLimitsStay) {
  table_.SetReady(1);
  table_.Apply(Outcome(Command::Kind::kCreate, "A", 1));
  table_.Apply(Outcome(Command::Kind::kCreate, "B", 2, 2));
  EXPECT_NE(table_.limits()->Find("acme", "B"), nullptr);
  table_.SetNotReady();
  table_.Reset();
  table_.Load(*Outcome(Command::Kind::kCreate, "A", 1).definition);
  EXPECT_NE(table_.limits()->Find("acme", "B"), nullptr);
  const uint64_t version = table_.limits_version();
  table_.SetReady(1);
  EXPECT_NE(table_.limits_version(), version);
  EXPECT_NE(table_.limits()->Find("acme", "A"), nullptr);
  EXPECT_EQ(table_.limits()->Find("acme", "B"), nullptr) << "deleted meanwhile";
}

}  // namespace
}  // namespace odometer
