#include "tests/simulation/command_oracle.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/bytes.h"
#include "tests/scenarios/processor_instance.h"

namespace odometer {
namespace {

constexpr int64_t kMinuteMs = 60'000;

std::string StoredReading(const Reading& reading) {
  std::string value;
  ByteWriter out(&value);
  out.U8(1);
  EncodeReading(reading, &out);
  return value;
}

std::map<std::string, std::string> ReadAll(const Store& store, FamilyId family) {
  std::map<std::string, std::string> all;
  const std::unique_ptr<StoreView> view = store.View();
  for (auto it = view->Scan(family, "", ""); it->Valid(); it->Next()) all.emplace(it->Key(), it->Value());
  return all;
}

std::string Describe(const CommandOutcome& o) {
  return fmt::format("{} of {}/{}: kind {} verdict {} of {}{}", o.request_id, o.org, o.code, static_cast<int>(o.kind),
                     static_cast<int>(o.verdict), o.offset, o.repeated ? ", repeated" : "");
}

}  // namespace

CommandOracle::CommandOracle(const std::map<int32_t, std::vector<SentCommand>>& sent) {
  for (const auto& [partition, commands] : sent) {
    for (const SentCommand& command : commands) Take(partition, command);
  }
}

void CommandOracle::Take(int32_t partition, const SentCommand& sent) {
  Accounting& accounting = accounting_[partition];
  ++accounting.consumed;
  if (sent.rejected) {
    ++rejected_;
    ++accounting.rejected[1];  // only the sum is compared
    return;
  }
  if (auto known = requests_.find(sent.command.request_id); known != requests_.end()) {
    ++accounting.duplicate;
    outcomes_[partition].push_back(known->second);
    outcomes_[partition].back().repeated = true;
    return;
  }
  ++accounting.applied;
  CommandOutcome outcome;
  outcome.kind = sent.command.kind;
  outcome.request_id = sent.command.request_id;
  outcome.org = sent.command.org;
  outcome.code = sent.command.code;
  outcome.offset = sent.offset;
  outcome.verdict = Decide(partition, sent, &outcome);
  requests_[outcome.request_id] = outcome;
  outcomes_[partition].push_back(outcome);
}

CommandOutcome::Verdict CommandOracle::Decide(int32_t partition, const SentCommand& sent, CommandOutcome* outcome) {
  using Kind = Command::Kind;
  const Command& command = sent.command;
  const std::string key = command.org + "/" + command.code;
  const bool exists = definitions_.contains(key);
  if (command.kind == Kind::kCreate ? exists : !exists) {
    if (exists) outcome->definition = definitions_[key];
    return exists ? Verdict::kExists : Verdict::kUnknown;
  }
  Definition& definition = definitions_[key];
  Verdict verdict = Verdict::kDone;
  switch (command.kind) {
    case Kind::kCreate:
      definition.id = static_cast<uint64_t>(sent.offset * kCommandPartitions + partition + 1);
      definition.org = command.org;
      definition.code = command.code;
      definition.truncation = *command.truncation;
      Change(command, &definition);
      definition.version = 1;
      break;
    case Kind::kChange: verdict = Change(command, &definition); break;
    case Kind::kActivate:
    case Kind::kDeactivate: {
      const bool active = command.kind == Kind::kActivate;
      if (definition.active == active) verdict = Verdict::kAlreadySo;
      definition.active = active;
      break;
    }
    case Kind::kDelete:
      outcome->definition = definition;
      if (definition.active) return Verdict::kActive;
      definitions_.erase(key);
      return Verdict::kDone;
    case Kind::kRecord:
      if (definition.active) {
        Record(partition, sent, &definition, outcome);
      } else {
        verdict = Verdict::kDeactivated;
      }
  }
  if (verdict == Verdict::kDone) definition.revision = sent.offset;
  outcome->definition = definition;
  return verdict;
}

CommandOutcome::Verdict CommandOracle::Change(const Command& change, Definition* definition) {
  const int64_t least = change.min_reading.value_or(definition->min_reading);
  const int64_t most = change.max_reading.value_or(definition->max_reading);
  if (least > most) return Verdict::kCrossedLimits;
  definition->min_reading = least;
  definition->max_reading = most;
  if (change.name) definition->name = *change.name;
  ++definition->version;
  return Verdict::kDone;
}

void CommandOracle::Record(int32_t partition, const SentCommand& sent, Definition* definition,
                           CommandOutcome* outcome) {
  int64_t at_ms = sent.command.reading_at_ms.value_or(sent.appended_ms);
  if (definition->truncation == Truncation::kMinute) at_ms -= at_ms % kMinuteMs;
  const Reading reading{sent.command.reading, at_ms, sent.appended_ms};
  definition->last = definition->current;
  definition->current = reading;
  outcome->reading = reading;
  std::string key;
  AppendReadingKey(CommandTaskNumber(partition), definition->id, at_ms, &key);
  readings_[key] = StoredReading(reading);
  if (at_ms <= sent.appended_ms + kMaxFutureMs) {
    counted_.insert(ReadingText(definition->org, definition->code, reading.value, at_ms));
  }
  if (reading.value < definition->min_reading || reading.value > definition->max_reading) {
    alerts_.insert(fmt::format("{}-{} version {}", partition, sent.offset, definition->version));
  }
}

std::string CommandOracle::ReadingText(const std::string& org, const std::string& code, int64_t value, int64_t at_ms) {
  return fmt::format("{} of {}/{} at {}", value, org, code, at_ms);
}

// Events of producers have no key here.
std::vector<SentRecord> CommandOracle::ReadingEvents(MemoryBroker* broker, int32_t partition) {
  std::vector<SentRecord> events;
  for (const MemoryRecord& record : broker->CommittedRecords({kTopic, partition})) {
    if (record.key.empty()) continue;
    const nlohmann::json json = nlohmann::json::parse(record.value);
    SentRecord event;
    event.offset = record.offset;
    while (SimulatedOrg(event.org) != json.at("org")) ++event.org;
    while (SimulatedName(event.name) != json.at("name")) ++event.name;
    event.type = json.at("type") == "gauge" ? MetricType::kGauge : MetricType::kCounter;
    event.value = json.at("value");
    event.ts_ms = json.at("ts");
    events.push_back(event);
  }
  return events;
}

std::string CommandOracle::Compare(const Store& store, StateReader* state, MemoryBroker* broker) const {
  std::string difference = CompareStore(store);
  if (difference.empty()) difference = CompareOutputs(broker);
  return difference.empty() ? CompareAccounting(state) : difference;
}

std::string CommandOracle::CompareStore(const Store& store) const {
  const std::map<std::string, std::string> definitions = ReadAll(store, StateLayout::kDefinitions);
  for (const auto& [key, definition] : definitions_) {
    const int32_t partition = CommandPartition(key, kCommandPartitions);
    auto stored = definitions.find(TaskKey(CommandTaskNumber(partition)) + key);
    if (stored == definitions.end()) return key + " is not there";
    if (stored->second != EncodeDefinition(definition)) return key + " is another one";
  }
  if (definitions.size() != definitions_.size()) return "definitions that are deleted are there";
  const std::map<std::string, std::string> readings = ReadAll(store, StateLayout::kReadings);
  if (readings == readings_) return "";
  return fmt::format("{} readings, not {}, or others", readings.size(), readings_.size());
}

std::string CommandOracle::CompareOutputs(MemoryBroker* broker) const {
  for (const auto& [partition, expected] : outcomes_) {
    const std::vector<MemoryRecord> records = broker->CommittedRecords({kOutcomes, partition});
    for (size_t i = 0; i < std::max(records.size(), expected.size()); ++i) {
      if (i >= expected.size()) return fmt::format("{} outcomes, not {}", records.size(), expected.size());
      if (i >= records.size()) return "no outcome: " + Describe(expected[i]);
      Result<CommandOutcome> outcome = DecodeOutcome(records[i].value);
      if (!outcome.ok()) return outcome.status().ToString();
      if (*outcome != expected[i]) return Describe(*outcome) + ", not " + Describe(expected[i]);
    }
  }
  std::multiset<std::string> counted, alerts;
  for (int32_t partition = 0; broker->FindLog({kTopic, partition}) != nullptr; ++partition) {
    for (const SentRecord& event : ReadingEvents(broker, partition)) {
      counted.insert(ReadingText(SimulatedOrg(event.org), SimulatedName(event.name), event.value, event.ts_ms));
    }
  }
  if (counted != counted_) return fmt::format("{} readings counted, not {}, or others", counted.size(), counted_.size());
  for (const MemoryRecord& record : broker->CommittedRecords({kAlerts, 0})) {
    const nlohmann::json alert = nlohmann::json::parse(record.value);
    alerts.insert(fmt::format("{} version {}", alert.at("id").get<std::string>(), alert.at("version").get<int>()));
  }
  if (alerts == alerts_) return "";
  return fmt::format("{} alerts, not {}, or others", alerts.size(), alerts_.size());
}

std::string CommandOracle::CompareAccounting(StateReader* state) const {
  Result<StatePosition> position = state->Position();
  if (!position.ok()) return position.status().ToString();
  for (const auto& [partition, expected] : accounting_) {
    const int32_t wanted = partition;
    auto task = std::find_if(position->command_tasks.begin(), position->command_tasks.end(),
                             [&](const TaskPosition& candidate) { return candidate.partition == wanted; });
    if (task == position->command_tasks.end()) return fmt::format("commands/{} is not there", partition);
    const Accounting& actual = task->accounting;
    if (!actual.Balanced() || actual.consumed != expected.consumed || actual.applied != expected.applied ||
        actual.duplicate != expected.duplicate || actual.rejected_total() != expected.rejected_total()) {
      return fmt::format("commands/{}: consumed {} applied {} duplicate {} rejected {}, not {} {} {} {}", partition,
                         actual.consumed, actual.applied, actual.duplicate, actual.rejected_total(), expected.consumed,
                         expected.applied, expected.duplicate, expected.rejected_total());
    }
  }
  return "";
}

}  // namespace odometer
