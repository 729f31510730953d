// Commands: decisions that must be unique, as records of the topic metrics.commands, and their outcomes, of
// metrics.outcomes. Bytes: docs/formats/commands.md. Why they are events: docs/adr/0005-commands.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/definition.h"

namespace odometer {

// The numbers of the enumerations are stored: never renumber.
struct Command {
  enum class Kind : uint8_t { kCreate = 0, kChange, kActivate, kDeactivate, kDelete, kRecord };

  Kind kind = Kind::kCreate;
  // The client's, or a random one: a command that comes again under it is not applied again.
  std::string request_id;
  std::string org;
  std::string code;  // NormalizedCode()
  // Of a create, which has them all; of a change those that it changes.
  std::optional<std::string> name;
  std::optional<int64_t> min_reading;
  std::optional<int64_t> max_reading;
  std::optional<Truncation> truncation;
  // Of a record.
  int64_t reading = 0;
  std::optional<int64_t> reading_at_ms;  // nothing: the time of the command's record

  friend bool operator==(const Command&, const Command&) = default;
};
std::string EncodeCommand(const Command& command);
// kInvalid for what Odometer would never write, such as a code that is not normalized or limits that are crossed.
Result<Command> DecodeCommand(std::string_view bytes);

// Where a definition's commands go, whoever writes them.
int32_t CommandPartition(std::string_view definition_key, int32_t partitions);

struct CommandOutcome {
  enum class Verdict : uint8_t {
    kDone = 0,
    kExists,         // create: the org has a metric of that code
    kUnknown,        // there is none
    kAlreadySo,      // activate, deactivate
    kActive,         // delete: only a deactivated one
    kDeactivated,    // record
    kCrossedLimits,  // change: the minimum would be above the maximum
  };

  Command::Kind kind = Command::Kind::kCreate;
  Verdict verdict = Verdict::kDone;
  std::string request_id;
  std::string org;
  std::string code;
  int64_t offset = 0;     // of the command that was decided
  bool repeated = false;  // it was decided before; this is what was found then
  std::optional<Definition> definition;  // as it is after the command; of a delete, as it was
  std::optional<Reading> reading;        // that was recorded

  friend bool operator==(const CommandOutcome&, const CommandOutcome&) = default;
};
std::string EncodeOutcome(const CommandOutcome& outcome);
Result<CommandOutcome> DecodeOutcome(std::string_view bytes);

}  // namespace odometer
