// `odometer dead-letters list` and `odometer dead-letters replay`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/config/config.h"
#include "cli/stop_signal.h"

namespace odometer::cli {

struct DeadLettersRequest {
  std::vector<std::string> reasons;
  std::string since;  // empty: from the beginning
  std::optional<uint64_t> limit;
  bool all = false;   // those that were replayed, too
  bool json = false;
  bool dry_run = false;
  std::string to;     // empty: the topic that each record came from
};

// Both: the process's exit code, 1 also when a letter was refused.
int RunListDeadLetters(const Config& config, const DeadLettersRequest& request, StopSignal* stop);
int RunReplayDeadLetters(const Config& config, const DeadLettersRequest& request, StopSignal* stop);

}  // namespace odometer::cli
