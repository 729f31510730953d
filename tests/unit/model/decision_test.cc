#include "common/model/decision.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace odometer {
namespace {

using Kind = Command::Kind;
using Verdict = CommandOutcome::Verdict;

// One key's commands, in the order of the log.
class DecisionTest : public testing::Test {
 protected:
  Command Make(Kind kind) {
    Command command;
    command.kind = kind;
    command.request_id = "r" + std::to_string(place_.offset);
    command.org = "acme";
    command.code = "TEMP";
    return command;
  }
  Command MakeCreate(Truncation truncation = Truncation::kNone) {
    Command command = Make(Kind::kCreate);
    command.name = "Temperature";
    command.min_reading = -10;
    command.max_reading = 50;
    command.truncation = truncation;
    return command;
  }
  Command MakeRecord(int64_t value, std::optional<int64_t> at_ms = std::nullopt) {
    Command command = Make(Kind::kRecord);
    command.reading = value;
    command.reading_at_ms = at_ms;
    return command;
  }

  Decision Apply(const Command& command) {
    Decision decision = Decide(definition_ ? &*definition_ : nullptr, command, place_);
    if (decision.effect == Decision::Effect::kPut) definition_ = decision.outcome.definition;
    if (decision.effect == Decision::Effect::kErase) definition_.reset();
    ++place_.offset;
    return decision;
  }
  Verdict VerdictOn(const Command& command) { return Apply(command).outcome.verdict; }

  std::optional<Definition> definition_;
  CommandPlace place_{.partition = 1, .partitions = 4, .offset = 10, .timestamp_ms = 1'700'000'000'123};
};

TEST_F(DecisionTest, CreatesOnce) {
  EXPECT_EQ(VerdictOn(MakeCreate()), Verdict::kDone);
  ASSERT_TRUE(definition_);
  EXPECT_EQ(definition_->id, 10u * 4 + 1 + 1);
  EXPECT_TRUE(definition_->active);
  EXPECT_EQ(VerdictOn(MakeCreate()), Verdict::kExists);
  EXPECT_EQ(definition_->revision, 10);
}

TEST_F(DecisionTest, NothingButCreateWorksOnWhatIsNotThere) {
  for (Kind kind : {Kind::kChange, Kind::kActivate, Kind::kDeactivate, Kind::kDelete, Kind::kRecord}) {
    EXPECT_EQ(VerdictOn(Make(kind)), Verdict::kUnknown);
  }
  EXPECT_FALSE(definition_);
}

TEST_F(DecisionTest, OnlyADeactivatedOneIsDeletedAndComesBackWithANewId) {
  Apply(MakeCreate());
  const uint64_t id = definition_->id;
  EXPECT_EQ(VerdictOn(Make(Kind::kDelete)), Verdict::kActive);
  EXPECT_EQ(VerdictOn(Make(Kind::kActivate)), Verdict::kAlreadySo);
  EXPECT_EQ(VerdictOn(Make(Kind::kDeactivate)), Verdict::kDone);
  EXPECT_EQ(VerdictOn(Make(Kind::kDeactivate)), Verdict::kAlreadySo);
  EXPECT_EQ(VerdictOn(MakeRecord(1)), Verdict::kDeactivated);
  const Decision deleted = Apply(Make(Kind::kDelete));
  EXPECT_EQ(deleted.outcome.verdict, Verdict::kDone);
  EXPECT_EQ(deleted.outcome.definition->id, id);
  EXPECT_FALSE(definition_);
  Apply(MakeCreate());
  EXPECT_NE(definition_->id, id);
}

TEST_F(DecisionTest, ADeactivatedOneIsActivatedAgain) {
  Apply(MakeCreate());
  Apply(Make(Kind::kDeactivate));
  EXPECT_EQ(VerdictOn(Make(Kind::kActivate)), Verdict::kDone);
  EXPECT_EQ(VerdictOn(MakeRecord(1)), Verdict::kDone);
}

TEST_F(DecisionTest, ChangesWhatIsNamedAndCountsVersions) {
  Apply(MakeCreate());
  Command change = Make(Kind::kChange);
  change.max_reading = 60;
  EXPECT_EQ(VerdictOn(change), Verdict::kDone);
  EXPECT_EQ(definition_->name, "Temperature");
  EXPECT_EQ(definition_->min_reading, -10);
  EXPECT_EQ(definition_->max_reading, 60);
  EXPECT_EQ(definition_->version, 2u);
  change.max_reading = -11;
  EXPECT_EQ(VerdictOn(change), Verdict::kCrossedLimits);
  EXPECT_EQ(definition_->max_reading, 60);
  EXPECT_EQ(definition_->version, 2u);
}

TEST_F(DecisionTest, CurrentIsTheLastWrittenAndLastTheOneBefore) {
  Apply(MakeCreate(Truncation::kMinute));
  const Reading first = *Apply(MakeRecord(1, 120'500)).outcome.reading;
  EXPECT_EQ(first.at_ms, 120'000);
  EXPECT_EQ(definition_->current, first);
  EXPECT_EQ(definition_->last, std::nullopt);
  // The same instant: it replaces the first, which is the last one all the same.
  const Reading second = *Apply(MakeRecord(2, 121'000)).outcome.reading;
  EXPECT_EQ(second.at_ms, 120'000);
  EXPECT_EQ(definition_->current, second);
  EXPECT_EQ(definition_->last, first);
  // Older, and written later.
  const Reading third = *Apply(MakeRecord(3, 0)).outcome.reading;
  EXPECT_EQ(definition_->current, third);
  EXPECT_EQ(definition_->last, second);
}

TEST_F(DecisionTest, WithoutATimeAReadingHasThatOfItsRecord) {
  Apply(MakeCreate());
  const Reading reading = *Apply(MakeRecord(1)).outcome.reading;
  EXPECT_EQ(reading.at_ms, place_.timestamp_ms);
  EXPECT_EQ(reading.recorded_ms, place_.timestamp_ms);
}

TEST_F(DecisionTest, LimitsAreInclusive) {
  Apply(MakeCreate());
  EXPECT_FALSE(Apply(MakeRecord(-10)).outside_limits);
  EXPECT_FALSE(Apply(MakeRecord(50)).outside_limits);
  EXPECT_TRUE(Apply(MakeRecord(-11)).outside_limits);
  EXPECT_TRUE(Apply(MakeRecord(51)).outside_limits);
}

TEST_F(DecisionTest, CommandsAndOutcomesSurviveTheirBytes) {
  Apply(MakeCreate(Truncation::kWeek));
  Command record = MakeRecord(-7, 99);
  const Decision decision = Apply(record);
  EXPECT_EQ(*DecodeCommand(EncodeCommand(record)), record);
  EXPECT_EQ(*DecodeCommand(EncodeCommand(MakeCreate())), MakeCreate());
  EXPECT_EQ(*DecodeOutcome(EncodeOutcome(decision.outcome)), decision.outcome);
  const std::string bytes = EncodeOutcome(decision.outcome);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(DecodeOutcome(bytes.substr(0, size)).ok()) << size;
  const std::string command = EncodeCommand(record);
  for (size_t size = 0; size < command.size(); ++size) EXPECT_FALSE(DecodeCommand(command.substr(0, size)).ok()) << size;
}

TEST_F(DecisionTest, WhatOdometerWouldNotWriteIsNoCommand) {
  Command bad = MakeCreate();
  bad.code = "temp";
  EXPECT_FALSE(DecodeCommand(EncodeCommand(bad)).ok());
  bad = MakeCreate();
  bad.max_reading = -11;
  EXPECT_FALSE(DecodeCommand(EncodeCommand(bad)).ok());
  bad = MakeCreate();
  bad.name.reset();
  EXPECT_FALSE(DecodeCommand(EncodeCommand(bad)).ok());
  bad = MakeCreate();
  bad.request_id.clear();
  EXPECT_FALSE(DecodeCommand(EncodeCommand(bad)).ok());
  bad = MakeRecord(1, INT64_MAX);
  EXPECT_FALSE(DecodeCommand(EncodeCommand(bad)).ok());
}

TEST_F(DecisionTest, CodesAreNormalized) {
  EXPECT_EQ(NormalizedCode("  room_1\t"), "ROOM_1");
  for (const char* bad : {"", "   ", "a b", "a-b", "a/b", "\xc3\xa4"}) EXPECT_EQ(NormalizedCode(bad), std::nullopt) << bad;
  EXPECT_EQ(NormalizedCode(std::string(kMaxCodeBytes + 1, 'A')), std::nullopt);
}

}  // namespace
}  // namespace odometer
