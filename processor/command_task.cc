#include "processor/command_task.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/bytes.h"
#include "common/model/event.h"
#include "common/model/event_decoder.h"
#include "common/model/raw_event.h"
#include "common/model/truncation.h"
#include "processor/changelog_topics.h"

namespace odometer {
namespace {

constexpr uint8_t kReadingVersion = 1;
constexpr size_t kRowBytes = 96;  // besides its texts, about

// Key and time as the store has them, without the task.
std::string ReadingRowKey(const Definition& definition, int64_t at_ms) {
  std::string key;
  AppendReadingKey(0, definition.id, at_ms, &key);
  return key.substr(kTaskKeyBytes);
}

std::string ReadingRowValue(const Reading& reading) {
  std::string value;
  ByteWriter out(&value);
  out.U8(kReadingVersion);
  EncodeReading(reading, &out);
  return value;
}

// What this task writes is UTF-8: it was checked when the command was decoded.
std::string ToText(const nlohmann::ordered_json& json) { return json.dump(); }

}  // namespace

CommandTask::CommandTask(int32_t partition, int32_t partitions, CommandTaskOptions options, const TaskMeta& meta,
                         CommandState state)
    : PartitionTask(CommandTaskNumber(partition), options.dead_letter_max_bytes, meta),
      partition_(partition),
      partitions_(partitions),
      options_(std::move(options)),
      commands_(std::move(state)) {}

void CommandTask::Process(const RecordView& record, EventDecoder*) {
  if (!Take(record)) return;
  Result<Command> command = DecodeCommand(record.value);
  if (!command.ok()) return Reject(RejectReason::kBadControl, record);
  const std::string key = DefinitionKey(command->org, command->code);
  // Elsewhere another task may decide for the same key.
  if (CommandPartition(key, partitions_) != partition_) return Reject(RejectReason::kBadControl, record);
  if (const CommandOutcome* known = commands_.FindRequest(*command)) {
    ++state_.accounting.duplicate;
    CommandOutcome again = *known;
    again.repeated = true;
    return AddOutcome(key, again);
  }
  ++state_.accounting.applied;
  const Decision decision =
      Decide(commands_.Find(key), *command, {partition_, partitions_, record.offset, record.timestamp_ms});
  Apply(key, decision);
  const CommandState::Remembered remembered = commands_.Remember(decision.outcome);
  std::string slot;
  ByteWriter(&slot).U32(remembered.slot);
  AddRow({StateLayout::kRequests, std::move(slot), remembered.bytes});
  AddOutcome(key, decision.outcome);
  if (decision.outcome.reading) AddReading(*decision.outcome.definition, *decision.outcome.reading, record.timestamp_ms);
  if (decision.outside_limits) AddAlert(key, decision);
}

void CommandTask::Apply(const std::string& key, const Decision& decision) {
  if (decision.effect == Decision::Effect::kNone) return;
  if (decision.effect == Decision::Effect::kErase) {
    commands_.Erase(key);
    return AddRow({StateLayout::kDefinitions, key, std::nullopt});
  }
  const Definition& definition = *decision.outcome.definition;
  AddRow({StateLayout::kDefinitions, key, EncodeDefinition(definition)});
  commands_.Put(key, definition);
}

void CommandTask::AddReading(const Definition& definition, const Reading& reading, int64_t record_ms) {
  AddRow({StateLayout::kReadings, ReadingRowKey(definition, reading.at_ms), ReadingRowValue(reading)});
  ++epoch_.readings;
  // An event that far ahead would be rejected.
  if (reading.at_ms > record_ms + kMaxFutureMs) return;
  const std::string key = DefinitionKey(definition.org, definition.code);
  const nlohmann::ordered_json event = {{"name", definition.code},
                                        {"type", "gauge"},
                                        {"value", reading.value},
                                        {"ts", reading.at_ms},
                                        {"org", definition.org}};
  AddOutput({options_.events_topic, CommandPartition(key, options_.events_partitions), key, ToText(event),
             kReadingKind});
}

void CommandTask::AddAlert(const std::string& key, const Decision& decision) {
  const Definition& definition = *decision.outcome.definition;
  const Reading& reading = *decision.outcome.reading;
  const nlohmann::ordered_json alert = {
      {"id", std::to_string(partition_) + "-" + std::to_string(decision.outcome.offset)},
      {"org", definition.org},
      {"code", definition.code},
      {"name", definition.name},
      {"metric_id", definition.id},
      {"version", definition.version},
      {"reading", reading.value},
      {"min_reading", definition.min_reading},
      {"max_reading", definition.max_reading},
      {"reading_at", FormatUtcSeconds(reading.at_ms)},
      {"recorded_at", FormatUtcSeconds(reading.recorded_ms)}};
  AddOutput({options_.alerts_topic, CommandPartition(key, options_.alerts_partitions), key, ToText(alert)});
  ++epoch_.alerts;
}

void CommandTask::AddOutcome(const std::string& key, const CommandOutcome& outcome) {
  AddOutput({options_.outcomes_topic, partition_ % options_.outcomes_partitions, key, EncodeOutcome(outcome)});
}

void CommandTask::AddRow(EpochRow row) {
  pending_bytes_ += kRowBytes + row.key.size() + (row.value ? row.value->size() : 0);
  epoch_.rows.push_back(std::move(row));
}

void CommandTask::AddOutput(EpochOutput output) {
  pending_bytes_ += kRowBytes + output.topic.size() + output.key.size() + output.value.size();
  epoch_.outputs.push_back(std::move(output));
}

Epoch CommandTask::Seal() {
  pending_bytes_ = 0;
  return PartitionTask::Seal();
}

}  // namespace odometer
