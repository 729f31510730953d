// A metric that an org has defined, with its limits and its latest readings, and the bytes in which the state holds it:
// docs/formats/commands.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/truncation.h"

namespace odometer {

struct Reading {
  int64_t value = 0;
  int64_t at_ms = 0;        // truncated as the metric says
  int64_t recorded_ms = 0;  // when it was recorded: the time of the command's record
  friend bool operator==(const Reading&, const Reading&) = default;
};

struct Definition {
  uint64_t id = 0;  // never used again, also not for a metric of the same code
  std::string org;
  std::string code;
  std::string name;
  int64_t min_reading = 0;
  int64_t max_reading = 0;
  Truncation truncation = Truncation::kNone;
  bool active = true;
  uint64_t version = 1;   // one more with every change of name, limits or truncation
  int64_t revision = -1;  // offset of the command that changed anything last, a reading included
  std::optional<Reading> current;  // the last one written
  std::optional<Reading> last;     // the current one before it
  friend bool operator==(const Definition&, const Definition&) = default;
};

// What makes a definition unique, and the key of its records: "<org>/<code>". No code holds a slash.
std::string DefinitionKey(std::string_view org, std::string_view code);

class ByteWriter;
class ByteReader;

// Parts of larger formats. A malformed one makes the reader fail.
void EncodeReading(const Reading& reading, ByteWriter* out);
Reading DecodeReading(ByteReader* in);

std::string EncodeDefinition(const Definition& definition);
Result<Definition> DecodeDefinition(std::string_view bytes);

// Upper case, without blanks around it: "  abc_1 " → "ABC_1". Nothing when it then holds anything but A–Z, 0–9 and _, is
// empty, or longer than kMaxCodeBytes.
std::optional<std::string> NormalizedCode(std::string_view code);
inline constexpr size_t kMaxCodeBytes = 100;
inline constexpr size_t kMaxDefinitionNameBytes = 512;

}  // namespace odometer
