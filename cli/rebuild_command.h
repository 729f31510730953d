// `odometer rebuild`: counts the topics anew into another generation of the state, beside the one in use, and switches
// over.
#pragma once

#include <string>
#include <vector>

#include "cli/config/config.h"
#include "cli/stop_signal.h"

namespace odometer::cli {

struct RebuildRequest {
  std::string from;     // empty: earliest, or as the rebuild that is gone on with
  bool again = false;
  bool abandon = false;
  bool forget_old = false;
  std::vector<std::string> arguments;  // the flags that a processor is given, as they were given to us
};

// The process's exit code.
int RunRebuild(const Config& config, const RebuildRequest& request, StopSignal* stop);

}  // namespace odometer::cli
