// What a task of a source has to tell of the rules that it counted by: docs/rules.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace odometer {

// One version of the rules, and from which record on a task counted by it.
struct RulesVersion {
  uint64_t version = 0;     // the hash of the file
  int64_t from_offset = 0;  // in the task's partition
  int64_t from_ms = 0;      // the timestamp of that record
  friend bool operator==(const RulesVersion&, const RulesVersion&) = default;
};

struct RulesHistory {
  static constexpr size_t kMaxVersions = 50;

  uint64_t events = 0;           // that the records gave: those of the records applied and overflowed
  uint64_t without_events = 0;   // records, of those applied, that gave none
  uint64_t forgotten = 0;        // versions before the first of `versions`
  std::vector<RulesVersion> versions;  // oldest first, the latest kMaxVersions

  // From that record on the task counts by that version. Nothing changes when it does already.
  void Follow(uint64_t version, int64_t offset, int64_t record_ts_ms);
  bool empty() const { return versions.empty(); }
  friend bool operator==(const RulesHistory&, const RulesHistory&) = default;
};

// 16 hexadecimal digits.
std::string RulesVersionText(uint64_t version);

void EncodeRulesHistory(const RulesHistory& history, class ByteWriter* out);
RulesHistory DecodeRulesHistory(class ByteReader* in);  // malformed: the reader fails

}  // namespace odometer
