#include "common/model/decision.h"

#include <algorithm>
#include <utility>

#include "common/model/timestamp.h"

namespace odometer {
namespace {

using Verdict = CommandOutcome::Verdict;

Decision Refused(Decision decision, Verdict verdict, const Definition* current) {
  decision.outcome.verdict = verdict;
  if (current != nullptr) decision.outcome.definition = *current;
  return decision;
}

Decision Put(Decision decision, Definition definition, const CommandPlace& place) {
  definition.revision = place.offset;
  decision.effect = Decision::Effect::kPut;
  decision.outcome.definition = std::move(definition);
  return decision;
}

Decision Create(Decision decision, const Command& command, const CommandPlace& place) {
  Definition definition;
  definition.id = static_cast<uint64_t>(place.offset) * static_cast<uint64_t>(place.partitions) +
                  static_cast<uint64_t>(place.partition) + 1;
  definition.org = command.org;
  definition.code = command.code;
  definition.name = *command.name;
  definition.min_reading = *command.min_reading;
  definition.max_reading = *command.max_reading;
  definition.truncation = *command.truncation;
  return Put(std::move(decision), std::move(definition), place);
}

Decision Change(Decision decision, const Definition& current, const Command& command, const CommandPlace& place) {
  Definition changed = current;
  if (command.name) changed.name = *command.name;
  if (command.min_reading) changed.min_reading = *command.min_reading;
  if (command.max_reading) changed.max_reading = *command.max_reading;
  if (command.truncation) changed.truncation = *command.truncation;
  if (changed.min_reading > changed.max_reading) return Refused(std::move(decision), Verdict::kCrossedLimits, &current);
  ++changed.version;
  return Put(std::move(decision), std::move(changed), place);
}

Decision SetActive(Decision decision, const Definition& current, bool active, const CommandPlace& place) {
  if (current.active == active) return Refused(std::move(decision), Verdict::kAlreadySo, &current);
  Definition changed = current;
  changed.active = active;
  return Put(std::move(decision), std::move(changed), place);
}

Decision Delete(Decision decision, const Definition& current) {
  if (current.active) return Refused(std::move(decision), Verdict::kActive, &current);
  decision.effect = Decision::Effect::kErase;
  decision.outcome.definition = current;
  return decision;
}

Decision Record(Decision decision, const Definition& current, const Command& command, const CommandPlace& place) {
  if (!current.active) return Refused(std::move(decision), Verdict::kDeactivated, &current);
  const int64_t now_ms = std::clamp(place.timestamp_ms, kMinTimestampMs, kMaxTimestampMs);
  const Reading reading{command.reading, Truncate(command.reading_at_ms.value_or(now_ms), current.truncation), now_ms};
  Definition changed = current;
  changed.last = std::exchange(changed.current, reading);
  decision.outcome.reading = reading;
  decision.outside_limits = reading.value < current.min_reading || reading.value > current.max_reading;
  return Put(std::move(decision), std::move(changed), place);
}

}  // namespace

Decision Decide(const Definition* current, const Command& command, const CommandPlace& place) {
  Decision decision;
  decision.outcome.kind = command.kind;
  decision.outcome.request_id = command.request_id;
  decision.outcome.org = command.org;
  decision.outcome.code = command.code;
  decision.outcome.offset = place.offset;
  if (command.kind == Command::Kind::kCreate) {
    return current == nullptr ? Create(std::move(decision), command, place)
                              : Refused(std::move(decision), Verdict::kExists, current);
  }
  if (current == nullptr) return Refused(std::move(decision), Verdict::kUnknown, nullptr);
  switch (command.kind) {
    case Command::Kind::kChange: return Change(std::move(decision), *current, command, place);
    case Command::Kind::kActivate: return SetActive(std::move(decision), *current, true, place);
    case Command::Kind::kDeactivate: return SetActive(std::move(decision), *current, false, place);
    case Command::Kind::kDelete: return Delete(std::move(decision), *current);
    default: return Record(std::move(decision), *current, command, place);
  }
}

}  // namespace odometer
