// `odometer start`, `stop`, `restart`, `status` and `logs`: the processes of an instance in the background.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/config/config.h"

namespace odometer::cli {

struct ControlRequest {
  std::vector<std::string> names;      // none: all
  std::vector<std::string> arguments;  // the flags that a process is given, as they were given to us
  std::string timeout;                 // a duration; empty: the usual one
  bool force = false;
  bool json = false;
  uint64_t lines = 20;
  bool follow = false;
};

// Each: the process's exit code.
int RunStart(const Config& config, const ControlRequest& request);
int RunStop(const Config& config, const ControlRequest& request);
int RunRestart(const Config& config, const ControlRequest& request);
int RunStatus(const Config& config, const ControlRequest& request);
// Does not return when there is a log.
int RunLogs(const Config& config, const ControlRequest& request);

}  // namespace odometer::cli
