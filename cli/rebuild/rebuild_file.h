// What is known of a generation that is being built: the file `rebuild` in state.dir. It is there from before the first
// record is counted until the generation is in use, or is abandoned.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "processor/rebuild_bounds.h"

namespace odometer::cli {

struct RebuildFile {
  int32_t generation = 0;
  std::string from;                   // as it was given
  uint64_t rules_version = 0;         // of the rules that count; 0: there are none
  std::vector<std::string> sources;   // their topics
  PartitionOffsets begin;             // what `from` means
  std::vector<std::string> old_sources;  // at the switch: those of the generation that was in use
  bool restart = false;               // the processor is stopped for the switch, and started after it
  friend bool operator==(const RebuildFile&, const RebuildFile&) = default;
};

std::string RebuildFileText(const RebuildFile& file);
// kStop for anything else.
Result<RebuildFile> ParseRebuildFile(std::string_view text);

// Nothing when no generation is being built.
Result<std::optional<RebuildFile>> ReadRebuildFile(const std::string& state_dir);
Status WriteRebuildFile(const std::string& state_dir, const RebuildFile& file);
Status RemoveRebuildFile(const std::string& state_dir);

}  // namespace odometer::cli
