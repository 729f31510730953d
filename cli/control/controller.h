// Starts and stops the processes of one instance in the background, and says what became of it.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/control/process_report.h"
#include "cli/control/processes.h"
#include "cli/control/readiness.h"
#include "cli/control/run_folder.h"
#include "common/base/clock.h"

namespace odometer::cli {

// Sub-commands that run until they are stopped, in the order in which they are started.
inline constexpr std::string_view kServices[] = {"processor", "query", "ingest", "serve", "webhook"};
inline constexpr std::string_view kAllServices = "all";

struct ControlOptions {
  std::string run_dir;
  std::string binary;                  // path of `odometer`
  std::vector<std::string> arguments;  // what a process is given after its name
  int64_t ready_timeout_ms = 60'000;
  // A process ends itself 18 s after it was asked to.
  int64_t stop_timeout_ms = 30'000;
  bool force = false;                  // kill what has not stopped by then
};

// All must outlive the controller.
struct ControlParts {
  Processes* processes;
  ReadinessProbe* probe;
  const Clock* clock;
  std::function<void(int ms)> pause;
  std::ostream* out;  // what is done
  std::ostream* err;  // what failed, and why
};

// Each call tells what it does, and returns the exit code of the command: 0 when all of it was reached. Calls of
// several `odometer` at once take turns, process by process. Not thread-safe.
class Controller {
 public:
  Controller(ControlOptions options, const ControlParts& parts);

  // The services in order, each once. "all", or none, are processor, query and ingest, and webhook where it has been
  // started; serve, where it has been started, stands in for those of query and ingest that have not.
  std::vector<std::string> Expand(const std::vector<std::string>& names) const;

  // Starts what does not run, all at once, and waits until all are ready. The exit code of one that has ended instead;
  // 1 when one is not ready in time: it is left running.
  int Start(const std::vector<std::string>& names);
  // Asks all to stop, and waits until they have.
  int Stop(const std::vector<std::string>& names);
  // One after the other: the next is stopped once this one is ready again, and left as it is when that fails.
  int Restart(const std::vector<std::string>& names);
  // Changes nothing.
  Result<std::vector<ProcessReport>> Report(const std::vector<std::string>& names) const;
  std::string LogPath(const std::string& name) const { return folder_.LogPath(name); }

 private:
  struct Started {
    std::string name;
    ProcessId id;
    uint64_t log_from = 0;  // bytes of the log that are older
  };

  // kRetry: others have kept the lock for too long.
  Result<FileLock> Lock(const std::string& name) const;
  // Both with the lock.
  Result<Started> Launch(const std::string& name);
  int StopLocked(const std::vector<std::string>& names);

  int LockAndLaunch(const std::string& name, std::vector<Started>* started);
  int AwaitReady(std::vector<Started> waiting);
  // The exit code of one that has ended.
  int TellEnded(const Started& process);
  // Those that have not ended by then.
  std::vector<Started> AwaitEnd(std::vector<Started> waiting, int64_t timeout_ms);
  void Tell(const std::string& name, const std::string& what) const;
  int Fail(const std::string& name, const Status& status) const;
  ProcessReport ReportOf(const std::string& name, const RecordedProcess& recorded) const;
  std::string EndedText(const std::string& name, const RecordedProcess& recorded) const;

  const ControlOptions options_;
  const ControlParts parts_;
  const RunFolder folder_;
};

}  // namespace odometer::cli
