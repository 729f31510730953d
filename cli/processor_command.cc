#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/generation_in_use.h"
#include "cli/listener.h"
#include "cli/rules/rules_in_use.h"
#include "cli/service_commands.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/http/operations.h"
#include "common/model/tier.h"
#include "processor/processor.h"

namespace odometer::cli {
namespace {

// How soon a failure ends the process.
constexpr int kFailureCheckMs = 200;
// Until a start that failed for a passing reason, such as a broker that is not up yet, is tried again.
constexpr int kStartRetryMs = 1'000;

// The processor that /readyz is asked about: another one after each attempt to start.
class CurrentProcessor {
 public:
  // Counts by these rules, or asks for another processor that can.
  void FollowRules(std::shared_ptr<const rules::RuleSet> rules) {
    MutexLock lock(mutex_);
    if (!started_ || !processor_->FollowRules(std::move(rules))) needs_another_ = true;
  }
  // Since the call before.
  bool NeedsAnother() {
    MutexLock lock(mutex_);
    return std::exchange(needs_another_, false);
  }
  void Set(std::shared_ptr<Processor> processor) {
    MutexLock lock(mutex_);
    processor_ = std::move(processor);
  }
  void Started() {
    MutexLock lock(mutex_);
    started_ = true;
    last_failure_ = Status::Ok();
  }
  // There is none any more.
  void Ended(const Status& status) {
    MutexLock lock(mutex_);
    processor_ = nullptr;
    started_ = false;
    last_failure_ = status;
  }
  std::vector<std::string> NotReadyReasons() const {
    MutexLock lock(mutex_);
    std::vector<std::string> reasons = processor_ ? processor_->NotReadyReasons() : std::vector<std::string>{"starting"};
    if (!reasons.empty() && !last_failure_.ok()) {
      reasons.push_back("the last attempt to start failed: " + last_failure_.message());
    }
    return reasons;
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<Processor> processor_ ODOMETER_GUARDED_BY(mutex_);
  bool started_ ODOMETER_GUARDED_BY(mutex_) = false;
  bool needs_another_ ODOMETER_GUARDED_BY(mutex_) = false;
  Status last_failure_ ODOMETER_GUARDED_BY(mutex_);
};

// Runs one processor until asked to stop, or until it cannot start or go on: the reason. kRecover: another one may.
Status RunOnce(const Config& config, const Clock* clock, Metrics* metrics, RulesInUse* rules, CurrentProcessor* current,
               StopSignal* stop) {
  const Result<FileLock> state = HoldStateToCount(config.processor.state_dir);
  Result<ProcessorOptions> options = state.ok() ? OptionsInUse(config.processor) : state.status();
  if (!options.ok()) {
    current->Ended(options.status());
    return options.status();
  }
  options->rules = rules->current();
  Result<std::unique_ptr<Processor>> made = NewProcessor(*options, clock, metrics);
  if (!made.ok()) return made.status();
  std::shared_ptr<Processor> processor = std::move(*made);
  current->Set(processor);
  Status status = processor->Start();
  // Once it has run, whoever supervises the process starts it again from the committed state.
  const bool started = status.ok();
  if (started) {
    current->Started();
    rules->Confirm(options->rules);
  }
  while (status.ok() && !stop->WaitFor(kFailureCheckMs)) {
    status = processor->Failure();
    if (status.ok() && current->NeedsAnother()) status = Status::Recover("the rules have other sources now");
  }
  if (started && !status.ok()) {
    LogError("processor", "stopping: {}", status.message());
    stop->LimitEnd();  // one that is stuck may never stop
  }
  processor->Stop();
  if (status.Is(ErrorKind::kRecover)) stop->EndReached();  // another one starts
  current->Ended(status);
  // Rules that were taken into use while it ran, and cannot be followed.
  if (!started && status.Is(ErrorKind::kStop) && rules->Revert()) {
    LogError("processor", "the rules stay as they were: {}", status.message());
    return Status::Recover("back to the rules before");
  }
  if (started && status.Is(ErrorKind::kRetry)) return Status::Stop(status.message());
  return status;
}

}  // namespace

int RunProcessor(const Config& config, const ConfigSource&, StopSignal* stop) {
  const std::string name = "processor";
  const SystemClock clock;
  Metrics metrics;
  CurrentProcessor current;
  // Listening comes first, so that one can ask why it is not ready yet.
  http::Router router;
  http::AddHealthRoute([&current] { return current.NotReadyReasons().empty(); }, &router);
  Result<std::unique_ptr<http::Server>> server =
      Listen(name, config.processor_listen, config, /*gate=*/nullptr, std::move(router),
             [&current] { return current.NotReadyReasons(); }, &metrics);
  if (!server.ok()) return Fail(name, server.status());
  RulesInUse rules(config.processor.rules_file);
  if (Status loaded = rules.Load(); !loaded.ok()) return Fail(name, loaded);
  const StopSignal::OnHangup on_hangup(stop, [&] {
    if (std::shared_ptr<const rules::RuleSet> changed = rules.Reload()) current.FollowRules(std::move(changed));
  });

  int64_t give_up_ms = clock.SteadyMs() + config.processor.stuck_timeout_ms;
  Status status = RunOnce(config, &clock, &metrics, &rules, &current, stop);
  std::string told;
  while (status.Is(ErrorKind::kRetry) || status.Is(ErrorKind::kRecover)) {
    if (status.Is(ErrorKind::kRecover)) {
      LogWarn(name, "starting anew from what is committed: {}", status.message());
      give_up_ms = clock.SteadyMs() + config.processor.stuck_timeout_ms;
    } else if (clock.SteadyMs() >= give_up_ms) {
      status = Status::Stop("could not start within " + FormatDuration(config.processor.stuck_timeout_ms) + ": " +
                            status.message());
      break;
    } else if (told != status.message()) {
      LogWarn(name, "cannot start yet, trying again: {}", status.message());
    }
    told = status.message();
    status = stop->WaitFor(kStartRetryMs) ? Status::Ok() : RunOnce(config, &clock, &metrics, &rules, &current, stop);
  }
  (*server)->Stop(kDrainMs);
  if (!status.ok()) return Fail(name, status);
  LogInfo(name, "stopped");
  return 0;
}

}  // namespace odometer::cli
