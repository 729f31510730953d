#include "common/state/rules_history.h"

#include <fmt/core.h>

#include "common/base/bytes.h"

namespace odometer {

void RulesHistory::Follow(uint64_t version, int64_t offset, int64_t record_ts_ms) {
  if (!versions.empty() && versions.back().version == version) return;
  if (versions.size() >= kMaxVersions) {
    versions.erase(versions.begin());
    ++forgotten;
  }
  versions.push_back({version, offset, record_ts_ms});
}

std::string RulesVersionText(uint64_t version) { return fmt::format("{:016x}", version); }

void EncodeRulesHistory(const RulesHistory& history, ByteWriter* out) {
  out->Varint(history.events);
  out->Varint(history.without_events);
  out->Varint(history.forgotten);
  out->Varint(history.versions.size());
  for (const RulesVersion& version : history.versions) {
    out->U64(version.version);
    out->SignedVarint(version.from_offset);
    out->SignedVarint(version.from_ms);
  }
}

RulesHistory DecodeRulesHistory(ByteReader* in) {
  RulesHistory history;
  history.events = in->Varint();
  history.without_events = in->Varint();
  history.forgotten = in->Varint();
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    RulesVersion version;
    version.version = in->U64();
    version.from_offset = in->SignedVarint();
    version.from_ms = in->SignedVarint();
    history.versions.push_back(version);
  }
  return history;
}

}  // namespace odometer
