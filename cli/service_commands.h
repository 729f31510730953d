// The long-running sub-commands: each puts the real parts together, serves until asked to stop, and returns the
// process's exit code.
#pragma once

#include "cli/config/config.h"
#include "cli/stop_signal.h"

namespace odometer::cli {

// `source` is where `config` came from, for what is read anew on SIGHUP.
int RunProcessor(const Config& config, const ConfigSource& source, StopSignal* stop);
int RunIngest(const Config& config, const ConfigSource& source, StopSignal* stop);
int RunQuery(const Config& config, const ConfigSource& source, StopSignal* stop);
// Ingest and query on one listener.
int RunServe(const Config& config, const ConfigSource& source, StopSignal* stop);
int RunWebhook(const Config& config, const ConfigSource& source, StopSignal* stop);

}  // namespace odometer::cli
