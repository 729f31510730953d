// What `run.dir` keeps of each process that runs in the background:
//
//   NAME.pid   which process it is; written before it runs, removed once it has been stopped
//   NAME.lock  held by whoever starts or stops it
//   NAME.log   what it has logged, NAME.log.1 what came before that
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/control/file_lock.h"
#include "cli/control/process_id.h"
#include "cli/control/processes.h"
#include "common/base/status.h"

namespace odometer::cli {

// What a pid file says, compared with the processes that there are.
struct RecordedProcess {
  std::optional<ProcessId> running;
  bool ended = false;  // there is a pid file, but not its process
  pid_t ended_pid = 0;  // 0: the file cannot be understood
};

class RunFolder {
 public:
  // `processes` must outlive the folder.
  RunFolder(std::string path, const Processes* processes) : path_(std::move(path)), processes_(processes) {}

  // kInvalid: it is not there and cannot be made.
  Status Create() const;

  // kStop: there is a file that cannot be read.
  Result<RecordedProcess> Find(const std::string& name) const;
  bool HasPidFile(const std::string& name) const;
  Status Record(const std::string& name, const ProcessId& id) const;
  void Forget(const std::string& name) const;

  // None while another `odometer` starts or stops it.
  Result<std::optional<FileLock>> TryLock(const std::string& name) const;

  std::string LogPath(const std::string& name) const { return PathOf(name, "log"); }
  // Bytes; 0 without a log.
  uint64_t LogSize(const std::string& name) const;
  // Sets a log that has grown large aside, in place of the one that was set aside before. Not while its process runs,
  // which would go on writing to it.
  void RotateLog(const std::string& name) const;
  // The last lines of the log, each with its end; of what was written after the first `from` bytes.
  std::string LogTail(const std::string& name, uint64_t from, size_t lines) const;

 private:
  std::string PathOf(const std::string& name, const char* ending) const { return path_ + "/" + name + "." + ending; }

  const std::string path_;
  const Processes* const processes_;
};

}  // namespace odometer::cli
