#include "common/model/command.h"

#include <xxhash.h>

#include "common/base/bytes.h"
#include "common/model/timestamp.h"
#include "common/model/utf8.h"

namespace odometer {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kMaxTextBytes = 512;

Status Malformed(const std::string& what) { return Status::Invalid("malformed " + what); }

Status CheckVersion(ByteReader* in, const std::string& what) {
  const uint8_t version = in->U8();
  if (in->failed()) return Malformed(what);
  if (version == kVersion) return Status::Ok();
  return Status::Invalid(what + " of format version " + std::to_string(version) + ", this program reads version " +
                         std::to_string(kVersion));
}

void EncodeOptional(const std::optional<int64_t>& value, ByteWriter* out) {
  out->U8(value ? 1 : 0);
  if (value) out->SignedVarint(*value);
}
std::optional<int64_t> DecodeOptional(ByteReader* in) {
  if (in->U8() == 0) return std::nullopt;
  return in->SignedVarint();
}

bool IsText(std::string_view text) { return text.size() <= kMaxTextBytes && IsValidUtf8(text); }

bool IsGood(const Command& command) {
  if (command.request_id.empty() || !IsText(command.request_id) || command.org.empty() || !IsText(command.org)) return false;
  if (NormalizedCode(command.code) != command.code) return false;
  if (command.name && !IsText(*command.name)) return false;
  if (command.reading_at_ms &&
      (*command.reading_at_ms < kMinTimestampMs || *command.reading_at_ms > kMaxTimestampMs)) {
    return false;
  }
  if (command.min_reading && command.max_reading && *command.min_reading > *command.max_reading) return false;
  const bool complete = command.name && command.min_reading && command.max_reading && command.truncation;
  return command.kind != Command::Kind::kCreate || complete;
}

}  // namespace

std::string EncodeCommand(const Command& command) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.U8(kVersion);
  out.U8(static_cast<uint8_t>(command.kind));
  out.Blob(command.request_id);
  out.Blob(command.org);
  out.Blob(command.code);
  out.U8(command.name ? 1 : 0);
  if (command.name) out.Blob(*command.name);
  EncodeOptional(command.min_reading, &out);
  EncodeOptional(command.max_reading, &out);
  out.U8(command.truncation ? 1 : 0);
  if (command.truncation) out.U8(static_cast<uint8_t>(*command.truncation));
  out.SignedVarint(command.reading);
  EncodeOptional(command.reading_at_ms, &out);
  return bytes;
}

Result<Command> DecodeCommand(std::string_view bytes) {
  ByteReader in(bytes);
  ODOMETER_RETURN_IF_ERROR(CheckVersion(&in, "command"));
  Command command;
  const uint8_t kind = in.U8();
  command.kind = static_cast<Command::Kind>(kind);
  command.request_id = in.Blob();
  command.org = in.Blob();
  command.code = in.Blob();
  if (in.U8() != 0) command.name = std::string(in.Blob());
  command.min_reading = DecodeOptional(&in);
  command.max_reading = DecodeOptional(&in);
  uint8_t truncation = 0;
  if (in.U8() != 0) command.truncation = static_cast<Truncation>(truncation = in.U8());
  command.reading = in.SignedVarint();
  command.reading_at_ms = DecodeOptional(&in);
  if (!in.Done() || kind > static_cast<uint8_t>(Command::Kind::kRecord) || truncation >= kTruncations) {
    return Malformed("command");
  }
  return IsGood(command) ? Result<Command>(std::move(command)) : Malformed("command");
}

int32_t CommandPartition(std::string_view definition_key, int32_t partitions) {
  return static_cast<int32_t>(XXH3_64bits(definition_key.data(), definition_key.size()) %
                              static_cast<uint64_t>(partitions));
}

std::string EncodeOutcome(const CommandOutcome& outcome) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.U8(kVersion);
  out.U8(static_cast<uint8_t>(outcome.kind));
  out.U8(static_cast<uint8_t>(outcome.verdict));
  out.Blob(outcome.request_id);
  out.Blob(outcome.org);
  out.Blob(outcome.code);
  out.SignedVarint(outcome.offset);
  out.U8(outcome.repeated ? 1 : 0);
  out.U8(outcome.definition ? 1 : 0);
  if (outcome.definition) out.Blob(EncodeDefinition(*outcome.definition));
  out.U8(outcome.reading ? 1 : 0);
  if (outcome.reading) EncodeReading(*outcome.reading, &out);
  return bytes;
}

Result<CommandOutcome> DecodeOutcome(std::string_view bytes) {
  ByteReader in(bytes);
  ODOMETER_RETURN_IF_ERROR(CheckVersion(&in, "outcome"));
  CommandOutcome outcome;
  const uint8_t kind = in.U8();
  outcome.kind = static_cast<Command::Kind>(kind);
  const uint8_t verdict = in.U8();
  outcome.verdict = static_cast<CommandOutcome::Verdict>(verdict);
  outcome.request_id = in.Blob();
  outcome.org = in.Blob();
  outcome.code = in.Blob();
  outcome.offset = in.SignedVarint();
  outcome.repeated = in.U8() != 0;
  if (in.U8() != 0) {
    Result<Definition> definition = DecodeDefinition(in.Blob());
    if (!definition.ok()) return definition.status().WithContext("outcome");
    outcome.definition = std::move(*definition);
  }
  if (in.U8() != 0) outcome.reading = DecodeReading(&in);
  if (!in.Done() || kind > static_cast<uint8_t>(Command::Kind::kRecord) ||
      verdict > static_cast<uint8_t>(CommandOutcome::Verdict::kCrossedLimits)) {
    return Malformed("outcome");
  }
  return outcome;
}

}  // namespace odometer
