// What a command does to its definition. A function of the log alone: the same commands in the same order are decided in
// the same way, on any machine.
//
//   (none) --create--> active <--deactivate / activate--> deactivated --delete--> (none)
//   Readings are taken by an active one only; changes by both.
#pragma once

#include <cstdint>
#include <optional>

#include "common/model/command.h"
#include "common/model/definition.h"

namespace odometer {

// Where the command's record is in the log.
struct CommandPlace {
  int32_t partition = 0;
  int32_t partitions = 1;  // of the topic: never another number, or ids would be given out twice
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
};

struct Decision {
  enum class Effect { kNone, kPut, kErase };
  Effect effect = Effect::kNone;  // on the definition; kPut: outcome.definition is the new one
  CommandOutcome outcome;
  bool outside_limits = false;  // the reading, by outcome.definition
};

// `current` is null when there is no definition of that key.
Decision Decide(const Definition* current, const Command& command, const CommandPlace& place);

}  // namespace odometer
