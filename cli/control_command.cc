#include "cli/control_command.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "cli/control/controller.h"
#include "cli/listener.h"
#include "common/base/clock.h"
#include "common/model/tier.h"

namespace odometer::cli {
namespace {

int Fail(const std::string& what) {
  std::cerr << "odometer: " << what << "\n";
  return 1;
}

void Sleep(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

// The controller with its real parts. `timeout_ms` is which of its time-outs `--timeout` means.
int Control(const Config& config, const ControlRequest& request, int64_t ControlOptions::*timeout_ms,
            const std::function<int(Controller*, const std::vector<std::string>& names)>& what) {
  ControlOptions options{.run_dir = config.run_dir, .arguments = request.arguments, .force = request.force};
  if (!request.timeout.empty()) {
    Result<int64_t> timeout = ParseDuration(request.timeout);
    if (!timeout.ok() || *timeout == kForever) {
      std::cerr << "odometer: --timeout " << request.timeout << ": write a duration such as 90s or 5m\n";
      return kUsageError;
    }
    options.*timeout_ms = *timeout;
  }
  std::error_code error;
  options.binary = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return Fail("/proc/self/exe cannot be read: " + error.message());
  const SystemClock clock;
  const std::unique_ptr<Processes> processes = NewLinuxProcesses();
  const std::unique_ptr<ReadinessProbe> probe = NewHttpReadinessProbe({{"processor", config.processor_listen},
                                                                       {"query", config.query_listen},
                                                                       {"ingest", config.ingest_listen},
                                                                       {"serve", config.serve_listen},
                                                                       {"webhook", config.webhook_listen}});
  const ControlParts parts{processes.get(), probe.get(), &clock, Sleep, &std::cout, &std::cerr};
  Controller controller(std::move(options), parts);
  return what(&controller, controller.Expand(request.names));
}

}  // namespace

int RunStart(const Config& config, const ControlRequest& request) {
  return Control(config, request, &ControlOptions::ready_timeout_ms,
                 [](Controller* controller, const auto& names) { return controller->Start(names); });
}

int RunStop(const Config& config, const ControlRequest& request) {
  return Control(config, request, &ControlOptions::stop_timeout_ms,
                 [](Controller* controller, const auto& names) { return controller->Stop(names); });
}

int RunRestart(const Config& config, const ControlRequest& request) {
  return Control(config, request, &ControlOptions::ready_timeout_ms,
                 [](Controller* controller, const auto& names) { return controller->Restart(names); });
}

int RunStatus(const Config& config, const ControlRequest& request) {
  return Control(config, request, &ControlOptions::ready_timeout_ms, [&](Controller* controller, const auto& names) {
    Result<std::vector<ProcessReport>> reports = controller->Report(names);
    if (!reports.ok()) return Fail(reports.status().message());
    for (const ProcessReport& report : *reports) {
      std::cout << (request.json ? ReportJson(report) : ReportLine(report)) << "\n";
    }
    return ReportsCode(*reports);
  });
}

int RunLogs(const Config& config, const ControlRequest& request) {
  return Control(config, request, &ControlOptions::ready_timeout_ms, [&](Controller* controller, const auto& names) {
    // By name, so that it goes on when the log is set aside.
    std::vector<std::string> words{"tail", request.follow ? "-F" : "-q", "-n", std::to_string(request.lines), "--"};
    const size_t flags = words.size();
    for (const std::string& name : names) {
      const std::string path = controller->LogPath(name);
      if (std::filesystem::exists(path)) {
        words.push_back(path);
      } else if (!request.names.empty()) {
        std::cerr << "odometer: " << name << " has no log yet: " << path << "\n";
      }
    }
    if (words.size() == flags) return Fail("no log in " + config.run_dir);
    if (!request.follow && words.size() > flags + 1) words[1] = "-v";  // says which is which
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    return Fail(std::string("tail cannot be run: ") + std::strerror(errno));
  });
}

}  // namespace odometer::cli
