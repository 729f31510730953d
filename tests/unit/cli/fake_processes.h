// Processes that there are only in a test.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/control/processes.h"

namespace odometer::cli {

class FakeProcesses final : public Processes {
 public:
  // A process with that pid, which starts now.
  ProcessId Add(pid_t pid) {
    const ProcessId id{pid, ++ticks_, "boot"};
    living_[pid] = id;
    return id;
  }
  void End(pid_t pid, int exit_code = 0) {
    living_.erase(pid);
    exit_codes_[pid] = exit_code;
  }

  std::optional<ProcessId> Find(pid_t pid) const override {
    const auto found = living_.find(pid);
    return found == living_.end() ? std::nullopt : std::optional(found->second);
  }
  int64_t AgeMs(const ProcessId&) const override { return 90'000; }

  Result<ProcessId> Spawn(const Command& command,
                          const std::function<Status(const ProcessId&)>& record) override {
    const ProcessId id = Add(next_pid_++);
    if (Status status = record(id); !status.ok()) {
      End(id.pid);
      return status;
    }
    spawned.push_back(command);
    if (on_spawn) on_spawn(command, id);
    return id;
  }

  Status Signal(const ProcessId& id, int signal) override {
    if (!Lives(id)) return Status::NotFound("it has ended");
    signals.emplace_back(id.pid, signal);
    if (on_signal) on_signal(id, signal);
    return Status::Ok();
  }

  std::optional<int> ExitCode(const ProcessId& id) override {
    const auto found = exit_codes_.find(id.pid);
    return found == exit_codes_.end() ? std::nullopt : std::optional(found->second);
  }

  std::function<void(const Command&, const ProcessId&)> on_spawn;
  std::function<void(const ProcessId&, int signal)> on_signal;
  std::vector<Command> spawned;
  std::vector<std::pair<pid_t, int>> signals;

 private:
  uint64_t ticks_ = 0;
  pid_t next_pid_ = 1'001;
  std::map<pid_t, ProcessId> living_;
  std::map<pid_t, int> exit_codes_;
};

}  // namespace odometer::cli
