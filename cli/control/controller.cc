#include "cli/control/controller.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <utility>

namespace odometer::cli {
namespace {

constexpr int kPauseMs = 100;
constexpr int64_t kTellEveryMs = 5'000;
// The longest that another `odometer stop --force` keeps a lock, and a little.
constexpr int64_t kLockTimeoutMs = 60'000;
constexpr int64_t kKillTimeoutMs = 10'000;
constexpr size_t kLogTailLines = 20;
constexpr int64_t kSecondMs = 1'000;

// The first failure is the one to tell of.
void Keep(int code, int* kept) {
  if (*kept == 0) *kept = code;
}

std::vector<std::string> Reversed(const std::vector<std::string>& names) { return {names.rbegin(), names.rend()}; }

}  // namespace

Controller::Controller(ControlOptions options, const ControlParts& parts)
    : options_(std::move(options)), parts_(parts), folder_(options_.run_dir, parts.processes) {}

std::vector<std::string> Controller::Expand(const std::vector<std::string>& names) const {
  auto named = [&](std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  const bool all = names.empty() || named(kAllServices);
  const bool serves = folder_.HasPidFile("serve");
  auto among_all = [&](const std::string& name) {
    if (name == "processor") return true;
    if (name == "query" || name == "ingest") return !serves || folder_.HasPidFile(name);
    return folder_.HasPidFile(name);
  };
  std::vector<std::string> expanded;
  for (std::string_view service : kServices) {
    const std::string name(service);
    if (named(name) || (all && among_all(name))) expanded.push_back(name);
  }
  return expanded;
}

int Controller::Start(const std::vector<std::string>& names) {
  if (Status status = folder_.Create(); !status.ok()) return Fail("run.dir", status);
  std::vector<Started> started;
  int code = 0;
  for (const std::string& name : names) Keep(LockAndLaunch(name, &started), &code);
  Keep(AwaitReady(std::move(started)), &code);
  return code;
}

int Controller::Stop(const std::vector<std::string>& names) {
  std::vector<FileLock> locks;
  std::vector<std::string> recorded;
  int code = 0;
  // What writes and asks goes before what keeps the state. Everybody who takes several locks takes them in this order.
  for (const std::string& name : Reversed(names)) {
    // Without a pid file there may be no folder for a lock either. One who starts it now does so after us.
    if (!folder_.HasPidFile(name)) {
      Tell(name, "not running");
      continue;
    }
    Result<FileLock> lock = Lock(name);
    if (!lock.ok()) {
      Keep(Fail(name, lock.status()), &code);
      continue;
    }
    locks.push_back(std::move(*lock));
    recorded.push_back(name);
  }
  Keep(StopLocked(recorded), &code);
  return code;
}

int Controller::Restart(const std::vector<std::string>& names) {
  if (Status status = folder_.Create(); !status.ok()) return Fail("run.dir", status);
  for (auto name = names.begin(); name != names.end(); ++name) {
    std::vector<Started> started;
    int code = 0;
    if (Result<FileLock> lock = Lock(*name); !lock.ok()) {
      code = Fail(*name, lock.status());
    } else if (code = StopLocked({*name}); code == 0) {
      Result<Started> launched = Launch(*name);
      if (launched.ok()) {
        started.push_back(std::move(*launched));
      } else {
        code = Fail(*name, launched.status());
      }
    }
    if (code == 0) code = AwaitReady(std::move(started));
    if (code == 0) continue;
    if (const std::vector<std::string> rest(std::next(name), names.end()); !rest.empty()) {
      *parts_.err << fmt::format("odometer: left as they are: {}\n", fmt::join(rest, ", "));
    }
    return code;
  }
  return 0;
}

Result<std::vector<ProcessReport>> Controller::Report(const std::vector<std::string>& names) const {
  std::vector<ProcessReport> reports;
  for (const std::string& name : names) {
    Result<RecordedProcess> recorded = folder_.Find(name);
    if (!recorded.ok()) return recorded.status();
    reports.push_back(ReportOf(name, *recorded));
  }
  return reports;
}

Result<FileLock> Controller::Lock(const std::string& name) const {
  const int64_t begin_ms = parts_.clock->SteadyMs();
  for (bool told = false;; parts_.pause(kPauseMs)) {
    Result<std::optional<FileLock>> lock = folder_.TryLock(name);
    if (!lock.ok()) return lock.status();
    if (*lock) return std::move(**lock);
    const int64_t waited_ms = parts_.clock->SteadyMs() - begin_ms;
    if (waited_ms >= kLockTimeoutMs) {
      return Status::Retry(
          fmt::format("another odometer has been starting or stopping it for {} s", waited_ms / kSecondMs));
    }
    if (!std::exchange(told, true)) Tell(name, "another odometer starts or stops it, waiting");
  }
}

Result<Controller::Started> Controller::Launch(const std::string& name) {
  Result<RecordedProcess> recorded = folder_.Find(name);
  if (!recorded.ok()) return recorded.status();
  if (recorded->running) {
    Tell(name, fmt::format("runs already, pid {}", recorded->running->pid));
    return Started{name, *recorded->running, 0};
  }
  if (recorded->ended) Tell(name, EndedText(name, *recorded));
  folder_.RotateLog(name);
  const uint64_t log_from = folder_.LogSize(name);
  std::vector<std::string> arguments{name};
  arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
  Result<ProcessId> id =
      parts_.processes->Spawn({options_.binary, std::move(arguments), folder_.LogPath(name)},
                              [&](const ProcessId& spawned) { return folder_.Record(name, spawned); });
  if (!id.ok()) return id.status();
  Tell(name, fmt::format("started, pid {}", id->pid));
  return Started{name, *id, log_from};
}

int Controller::StopLocked(const std::vector<std::string>& names) {
  int code = 0;
  std::vector<Started> stopping;
  for (const std::string& name : names) {
    Result<RecordedProcess> recorded = folder_.Find(name);
    if (!recorded.ok()) {
      Keep(Fail(name, recorded.status()), &code);
    } else if (!recorded->running) {
      Tell(name, "not running" + (recorded->ended ? "; " + EndedText(name, *recorded) : ""));
      folder_.Forget(name);
    } else if (Status status = parts_.processes->Signal(*recorded->running, SIGTERM);
               status.ok() || status.Is(ErrorKind::kNotFound)) {
      stopping.push_back({name, *recorded->running, 0});
    } else {
      Keep(Fail(name, status), &code);
    }
  }
  for (const Started& left : AwaitEnd(std::move(stopping), options_.stop_timeout_ms)) {
    const std::string late =
        fmt::format("pid {} has not stopped within {} s", left.id.pid, options_.stop_timeout_ms / kSecondMs);
    if (!options_.force) {
      Keep(Fail(left.name, Status::Retry(late + "; --force kills it, and what is committed is kept")), &code);
      continue;
    }
    Tell(left.name, late + ": killed");
    Status status = parts_.processes->Signal(left.id, SIGKILL);
    if (status.Is(ErrorKind::kNotFound)) status = Status::Ok();
    if (status.ok() && !AwaitEnd({left}, kKillTimeoutMs).empty()) {
      status = Status::Retry(fmt::format("pid {} has not ended though it was killed", left.id.pid));
    }
    if (!status.ok()) Keep(Fail(left.name, status), &code);
  }
  return code;
}

int Controller::LockAndLaunch(const std::string& name, std::vector<Started>* started) {
  // Until it is recorded: whoever comes then finds it running.
  Result<FileLock> lock = Lock(name);
  if (!lock.ok()) return Fail(name, lock.status());
  Result<Started> launched = Launch(name);
  if (!launched.ok()) return Fail(name, launched.status());
  started->push_back(std::move(*launched));
  return 0;
}

int Controller::AwaitReady(std::vector<Started> waiting) {
  int code = 0;
  const int64_t begin_ms = parts_.clock->SteadyMs();
  int64_t told_ms = begin_ms;
  while (!waiting.empty()) {
    const int64_t now_ms = parts_.clock->SteadyMs();
    const bool over = now_ms - begin_ms >= options_.ready_timeout_ms;
    const bool tell = now_ms - told_ms >= kTellEveryMs;
    if (tell) told_ms = now_ms;
    std::vector<Started> still;
    for (const Started& process : waiting) {
      if (!parts_.processes->Lives(process.id)) {
        Keep(TellEnded(process), &code);
        continue;
      }
      const Readiness readiness = parts_.probe->Ask(process.name, process.id);
      const auto waited_s = static_cast<double>(now_ms - begin_ms) / kSecondMs;
      const std::string reasons = fmt::format("{}", fmt::join(readiness.reasons, "; "));
      if (reasons.empty()) {
        Tell(process.name, fmt::format("ready after {:.1f} s, http://{}", waited_s, readiness.address));
      } else if (over) {
        const std::string late = fmt::format("not ready within {:.0f} s, and left running: {}. Its log: {}", waited_s,
                                             reasons, folder_.LogPath(process.name));
        Keep(Fail(process.name, Status::Retry(late)), &code);
      } else {
        if (tell) Tell(process.name, fmt::format("not ready after {:.0f} s: {}", waited_s, reasons));
        still.push_back(process);
      }
    }
    waiting = std::move(still);
    if (!waiting.empty()) parts_.pause(kPauseMs);
  }
  return code;
}

int Controller::TellEnded(const Started& process) {
  const std::optional<int> ended = parts_.processes->ExitCode(process.id);
  const std::string tail = folder_.LogTail(process.name, process.log_from, kLogTailLines);
  *parts_.err << fmt::format("odometer: {}: ended before it was ready{}; its log, {}{}\n{}", process.name,
                             ended ? fmt::format(", with exit code {}", *ended) : "", folder_.LogPath(process.name),
                             tail.empty() ? ", says nothing" : ":", tail);
  return ended.value_or(1) == 0 ? 1 : ended.value_or(1);
}

std::vector<Controller::Started> Controller::AwaitEnd(std::vector<Started> waiting, int64_t timeout_ms) {
  const int64_t begin_ms = parts_.clock->SteadyMs();
  int64_t told_ms = begin_ms;
  while (true) {
    std::erase_if(waiting, [&](const Started& process) {
      if (parts_.processes->Lives(process.id)) return false;
      Tell(process.name, fmt::format("stopped, pid {}", process.id.pid));
      folder_.Forget(process.name);
      return true;
    });
    const int64_t now_ms = parts_.clock->SteadyMs();
    if (waiting.empty() || now_ms - begin_ms >= timeout_ms) return waiting;
    if (now_ms - told_ms >= kTellEveryMs) {
      told_ms = now_ms;
      for (const Started& process : waiting) {
        Tell(process.name, fmt::format("still stopping after {} s", (now_ms - begin_ms) / kSecondMs));
      }
    }
    parts_.pause(kPauseMs);
  }
}

void Controller::Tell(const std::string& name, const std::string& what) const {
  *parts_.out << name << ": " << what << std::endl;  // at once: what comes next may take long
}

int Controller::Fail(const std::string& name, const Status& status) const {
  *parts_.err << "odometer: " << name << ": " << status.message() << "\n";
  return status.Is(ErrorKind::kInvalid) ? 2 : 1;
}

std::string Controller::EndedText(const std::string& name, const RecordedProcess& recorded) const {
  if (recorded.ended_pid == 0) return "its pid file cannot be understood, and names no process";
  return fmt::format("pid {} has ended without `odometer stop`, see {}", recorded.ended_pid, folder_.LogPath(name));
}

ProcessReport Controller::ReportOf(const std::string& name, const RecordedProcess& recorded) const {
  ProcessReport report{.name = name};
  if (!recorded.running) {
    if (recorded.ended) report.reasons.push_back(EndedText(name, recorded));
    return report;
  }
  Readiness readiness = parts_.probe->Ask(name, *recorded.running);
  report.lag_records = parts_.probe->LagRecords(readiness);
  report.state = readiness.reasons.empty() ? ProcessState::kReady : ProcessState::kNotReady;
  report.pid = recorded.running->pid;
  report.age_ms = parts_.processes->AgeMs(*recorded.running);
  report.started_ms = parts_.clock->WallMs() - report.age_ms;
  report.address = std::move(readiness.address);
  report.reasons = std::move(readiness.reasons);
  return report;
}

}  // namespace odometer::cli
