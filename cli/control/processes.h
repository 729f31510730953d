// The processes of this machine: found, started and signalled.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/control/process_id.h"
#include "common/base/status.h"

namespace odometer::cli {

struct Command {
  std::string binary;                  // a path
  std::vector<std::string> arguments;  // without the binary's name
  std::string log;                     // a file that standard output and standard error are appended to
};

// Not thread-safe.
class Processes {
 public:
  virtual ~Processes() = default;

  // The process that has this pid and lives. A zombie does not.
  virtual std::optional<ProcessId> Find(pid_t pid) const = 0;
  // How long ago it was started.
  virtual int64_t AgeMs(const ProcessId& id) const = 0;
  // Starts the command in a session of its own, so that it outlives this process and its terminal; it gets the
  // environment and the working directory, and nothing that is open here. It runs only after `record` has returned ok:
  // whoever dies in between leaves no process that nobody knows of. kStop, also of `record`: none was started.
  virtual Result<ProcessId> Spawn(const Command& command,
                                  const std::function<Status(const ProcessId&)>& record) = 0;
  // Sends the signal to that very process, never to another that has got its pid. kNotFound: it has ended; kStop: it
  // may not be signalled.
  virtual Status Signal(const ProcessId& id, int signal) = 0;
  // Of a process that this object has started, once it has ended: the exit code, or 128 and the signal.
  virtual std::optional<int> ExitCode(const ProcessId& id) = 0;

  bool Lives(const ProcessId& id) const { return Find(id.pid) == id; }
};

std::unique_ptr<Processes> NewLinuxProcesses();

}  // namespace odometer::cli
