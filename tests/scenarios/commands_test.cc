// Commands through the processor as it is: what is decided, that it is decided once whatever dies when, and that nothing
// of it is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/decision.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

using Verdict = CommandOutcome::Verdict;

Command Make(Command::Kind kind, const std::string& code, const std::string& request_id) {
  Command command;
  command.kind = kind;
  command.request_id = request_id;
  command.org = "acme";
  command.code = code;
  if (kind == Command::Kind::kCreate) {
    command.name = "Name of " + code;
    command.min_reading = 0;
    command.max_reading = 100;
    command.truncation = Truncation::kMinute;
  }
  return command;
}

// A processor that applies commands, and what a client of it sees.
class Commanded {
 public:
  Commanded() : odometer(2, TierSet::Default()) {
    odometer.CreateCommandTopics();
    odometer.commands = true;
    odometer.Crash();
    odometer.Start();
  }

  void Send(const Command& command) {
    const std::string key = DefinitionKey(command.org, command.code), bytes = EncodeCommand(command);
    const int32_t partition = CommandPartition(key, kCommandPartitions);
    odometer.broker.Append({kCommands, partition}, OutRecord{key, bytes, false, {}, -1});
    sent[partition].push_back(command);
  }
  void Record(const std::string& code, const std::string& request_id, int64_t value, int64_t at_ms) {
    Command command = Make(Command::Kind::kRecord, code, request_id);
    command.reading = value;
    command.reading_at_ms = at_ms;
    Send(command);
  }

  // In the log, and in the store.
  bool AllDecided() {
    const StatePosition position = odometer.Position();
    for (int32_t partition = 0; partition < kCommandPartitions; ++partition) {
      const TopicPartition tp{kCommands, partition};
      const int64_t end = odometer.broker.Log(tp).end();
      if (odometer.broker.CommittedOffset(kApplication, tp).value_or(0) < end) return false;
      const bool stored = std::any_of(position.command_tasks.begin(), position.command_tasks.end(), [&](const auto& task) {
        return task.partition == partition && task.next_input_offset >= end;
      });
      if (end > 0 && !stored) return false;
    }
    return true;
  }
  void Settle() {
    for (int round = 0; round < 2000 && !(AllDecided() && odometer.AllCommitted()); ++round) {
      ASSERT_TRUE(odometer.Round().ok());
    }
    ASSERT_TRUE(AllDecided() && odometer.AllCommitted());
  }

  std::vector<CommandOutcome> Outcomes(int32_t partition) {
    std::vector<CommandOutcome> outcomes;
    for (const MemoryRecord& record : odometer.broker.CommittedRecords({kOutcomes, partition})) {
      outcomes.push_back(*DecodeOutcome(record.value));
    }
    return outcomes;
  }
  std::vector<CommandOutcome> Outcomes() {
    std::vector<CommandOutcome> outcomes = Outcomes(0);
    for (CommandOutcome& outcome : Outcomes(1)) outcomes.push_back(std::move(outcome));
    return outcomes;
  }
  std::optional<Definition> Stored(const std::string& code) {
    const std::string definition_key = DefinitionKey("acme", code);
    std::string key = TaskKey(CommandTaskNumber(CommandPartition(definition_key, kCommandPartitions)));
    std::string bytes;
    key += definition_key;
    if (!odometer.store().Get(StateLayout::kDefinitions, key, &bytes).ok()) return std::nullopt;
    return *DecodeDefinition(bytes);
  }
  size_t Alerts() { return odometer.broker.CommittedRecords({kAlerts, 0}).size(); }

  ProcessorUnderTest odometer;
  std::map<int32_t, std::vector<Command>> sent;
};

TEST(CommandsTest, TheFirstOfTwoCreatesWinsAndTheOtherIsTold) {
  Commanded world;
  world.Send(Make(Command::Kind::kCreate, "TEMP", "one"));
  world.Send(Make(Command::Kind::kCreate, "TEMP", "two"));
  world.Settle();
  const std::vector<CommandOutcome> outcomes = world.Outcomes();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_EQ(outcomes[0].verdict, Verdict::kDone);
  EXPECT_EQ(outcomes[0].request_id, "one");
  EXPECT_EQ(outcomes[1].verdict, Verdict::kExists);
  EXPECT_EQ(outcomes[1].request_id, "two");
  EXPECT_EQ(world.Stored("TEMP"), outcomes[0].definition);
}

TEST(CommandsTest, ARequestThatComesAgainIsAnsweredAsBeforeAndAppliedOnce) {
  Commanded world;
  world.Send(Make(Command::Kind::kCreate, "TEMP", "create"));
  world.Record("TEMP", "reading", 7, kT);
  world.Send(Make(Command::Kind::kDeactivate, "TEMP", "off"));
  world.Send(Make(Command::Kind::kDelete, "TEMP", "delete"));
  world.Settle();
  world.odometer.Crash();
  world.odometer.Start();
  world.Send(Make(Command::Kind::kCreate, "TEMP", "create"));
  world.Record("TEMP", "reading", 7, kT);
  world.Send(Make(Command::Kind::kDeactivate, "TEMP", "off"));
  world.Send(Make(Command::Kind::kDelete, "TEMP", "delete"));
  world.Settle();
  std::vector<CommandOutcome> outcomes = world.Outcomes();
  ASSERT_EQ(outcomes.size(), 8u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(outcomes[i].repeated);
    EXPECT_TRUE(outcomes[i + 4].repeated);
    outcomes[i + 4].repeated = false;
    EXPECT_EQ(outcomes[i], outcomes[i + 4]);
  }
  EXPECT_EQ(world.Stored("TEMP"), std::nullopt);
  EXPECT_EQ(world.odometer.Total("TEMP", MetricType::kGauge, "acme").count(), 1u);
}

TEST(CommandsTest, AnotherKindUnderTheSameIdIsAnotherRequest) {
  Commanded world;
  world.Send(Make(Command::Kind::kCreate, "TEMP", "id"));
  world.Send(Make(Command::Kind::kDeactivate, "TEMP", "id"));
  world.Send(Make(Command::Kind::kDelete, "TEMP", "id"));
  world.Settle();
  const std::vector<CommandOutcome> outcomes = world.Outcomes();
  ASSERT_EQ(outcomes.size(), 3u);
  for (const CommandOutcome& outcome : outcomes) EXPECT_FALSE(outcome.repeated);
  EXPECT_EQ(world.Stored("TEMP"), std::nullopt);
}

TEST(CommandsTest, ReadingsAreCountedAsAGaugeAndAlertedOutsideTheLimits) {
  Commanded world;
  world.Send(Make(Command::Kind::kCreate, "TEMP", "create"));
  world.Record("TEMP", "r1", 50, kT + 1'500);
  world.Record("TEMP", "r2", 101, kT + 60'000);
  world.Record("TEMP", "r3", 100, kT + 120'000);
  world.Settle();
  const Aggregate total = world.odometer.Total("TEMP", MetricType::kGauge, "acme");
  EXPECT_EQ(total.count(), 3u);
  EXPECT_EQ(total.first_ts_ms(), kT);  // truncated to the minute
  EXPECT_EQ(total.last().ToJson(), "100");
  ASSERT_EQ(world.Alerts(), 1u);
  EXPECT_NE(world.odometer.broker.CommittedRecords({kAlerts, 0})[0].value.find(R"("reading":101)"), std::string::npos);
}

TEST(CommandsTest, WhatIsNoCommandIsADeadLetterAndSoIsOneOnTheWrongPartition) {
  Commanded world;
  world.odometer.broker.Append({kCommands, 0}, OutRecord{"k", "nonsense", false, {}, -1});
  const Command command = Make(Command::Kind::kCreate, "TEMP", "one");
  const int32_t wrong = 1 - CommandPartition(DefinitionKey(command.org, command.code), kCommandPartitions);
  world.odometer.broker.Append({kCommands, wrong}, OutRecord{"k", EncodeCommand(command), false, {}, -1});
  world.Settle();
  EXPECT_EQ(world.odometer.broker.CommittedRecords({kDeadLetters, 0}).size(), 2u);
  EXPECT_TRUE(world.Outcomes().empty());
}

TEST(CommandsTest, StopsWhenTheCommandsTopicHasGrown) {
  Commanded world;
  world.Send(Make(Command::Kind::kCreate, "TEMP", "one"));
  world.Settle();
  ASSERT_TRUE(world.odometer.broker.NewAdmin()->GrowPartitions(kCommands, kCommandPartitions + 1).ok());
  world.odometer.Crash();
  world.odometer.Start();
  Status status;
  for (int round = 0; round < 50 && status.ok(); ++round) status = world.odometer.Round();
  EXPECT_TRUE(status.Is(ErrorKind::kStop)) << status.ToString();
  EXPECT_NE(status.message().find("partitions"), std::string::npos) << status.message();
}

// What must be there after all of a story's commands, from the log alone.
struct Expected {
  std::map<std::string, Definition> definitions;
  std::vector<CommandOutcome> outcomes;  // first ones
  size_t readings = 0, alerts = 0;
};

Expected Replay(Commanded* world, int32_t partition) {
  Expected expected;
  std::map<std::string, CommandOutcome> requests;
  int64_t offset = 0;
  for (const MemoryRecord& record : world->odometer.broker.CommittedRecords({kCommands, partition})) {
    const Command command = *DecodeCommand(record.value);
    const std::string key = DefinitionKey(command.org, command.code), request = key + "/" + command.request_id;
    offset = record.offset;
    if (auto known = requests.find(request); known != requests.end()) {
      expected.outcomes.push_back(known->second);
      expected.outcomes.back().repeated = true;
      continue;
    }
    auto current = expected.definitions.find(key);
    const Decision decision = Decide(current == expected.definitions.end() ? nullptr : &current->second, command,
                                     {partition, kCommandPartitions, offset, record.timestamp_ms});
    if (decision.effect == Decision::Effect::kPut) expected.definitions[key] = *decision.outcome.definition;
    if (decision.effect == Decision::Effect::kErase) expected.definitions.erase(key);
    if (decision.outcome.reading) ++expected.readings;
    if (decision.outside_limits) ++expected.alerts;
    expected.outcomes.push_back(decision.outcome);
    requests.emplace(request, decision.outcome);
  }
  return expected;
}

// The process dies at its `death`th call to the broker, just before its effect or just after it.
struct Life {
  int calls = 0;
  int deaths = 0;
  std::string trouble;
};

Life Live(Commanded* world, int death, bool disk_lost) {
  Life life;
  bool alive = true;
  world->odometer.broker.SetObserver([&](BrokerCall, CallMoment) {
    if (life.calls++ != death) return;
    world->odometer.broker.set_cut_off(true);
    alive = false;
  });
  auto advance = [&](int rounds) {
    for (int i = 0; i < rounds; ++i) {
      Status status = world->odometer.Round(25);
      if (!alive) {
        world->odometer.Crash();
        world->odometer.broker.set_cut_off(false);
        if (disk_lost) world->odometer.LoseStore();
        ++life.deaths;
        alive = true;
        world->odometer.Start();
      } else if (!status.ok()) {
        life.trouble = status.message();
      }
    }
  };
  const std::vector<std::string> codes = {"A", "B", "C"};
  for (int step = 0; step < 4; ++step) {
    for (const std::string& code : codes) {
      const std::string request = code + std::to_string(step);
      if (step == 0) {
        world->Send(Make(Command::Kind::kCreate, code, request));
        world->Send(Make(Command::Kind::kCreate, code, request + "-rival"));
      } else {
        world->Record(code, request, step * 60, kT + step * 60'000);
        world->Send(Make(Command::Kind::kCreate, code, code + "0"));  // a client that tries again
      }
    }
    advance(6);
  }
  world->Send(Make(Command::Kind::kDeactivate, "B", "off"));
  world->Send(Make(Command::Kind::kDelete, "B", "delete"));
  for (int round = 0; round < 600 && !(world->AllDecided() && world->odometer.AllCommitted()); ++round) advance(1);
  if (!world->AllDecided()) life.trouble = "not all was decided";
  world->odometer.broker.SetObserver({});
  return life;
}

void ExpectExact(Commanded* world, const std::string& where) {
  SCOPED_TRACE(where);
  size_t readings = 0, alerts = 0;
  for (int32_t partition = 0; partition < kCommandPartitions; ++partition) {
    const Expected expected = Replay(world, partition);
    EXPECT_EQ(world->Outcomes(partition), expected.outcomes);
    readings += expected.readings;
    alerts += expected.alerts;
    std::map<std::string, Definition> stored;
    const std::string begin = TaskKey(CommandTaskNumber(partition));
    auto view = world->odometer.store().View();
    for (auto it = view->Scan(StateLayout::kDefinitions, begin, PrefixEnd(begin)); it->Valid(); it->Next()) {
      stored[std::string(it->Key().substr(kTaskKeyBytes))] = *DecodeDefinition(it->Value());
    }
    EXPECT_EQ(stored, expected.definitions);
  }
  uint64_t counted = 0;
  for (const char* code : {"A", "B", "C"}) {
    counted += world->odometer.Total(code, MetricType::kGauge, "acme").count();
  }
  EXPECT_EQ(counted, readings);
  EXPECT_EQ(world->Alerts(), alerts);
  EXPECT_EQ(readings, 9u);
  EXPECT_EQ(alerts, 6u);
}

TEST(CommandsTest, DyingAtAnyCallDecidesEverythingOnce) {
  Commanded undisturbed;
  const int calls = Live(&undisturbed, -1, false).calls;
  ExpectExact(&undisturbed, "undisturbed");
  ASSERT_GT(calls, 100);
  for (int death = 0; death < calls; death += kEveryNthDeath) {
    Commanded world;
    const Life life = Live(&world, death, /*disk_lost=*/death % 3 == 0);
    ASSERT_EQ(life.trouble, "") << death;
    ASSERT_EQ(life.deaths, 1) << death;
    ExpectExact(&world, "death at call " + std::to_string(death));
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace odometer
