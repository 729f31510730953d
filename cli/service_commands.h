// The long-running sub-commands: each puts the real parts together, serves until asked to stop, and returns the
// process's exit code.
#pragma once

#include "cli/config/config.h"
#include "cli/stop_signal.h"

namespace odometer::cli {

int RunProcessor(const Config& config, StopSignal* stop);
int RunIngest(const Config& config, StopSignal* stop);
int RunQuery(const Config& config, StopSignal* stop);
// Ingest and query on one listener.
int RunServe(const Config& config, StopSignal* stop);

}  // namespace odometer::cli
