#include "cli/rebuild_command.h"

#include <fmt/core.h>

#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "cli/control/processes.h"
#include "cli/control/run_folder.h"
#include "cli/control_command.h"
#include "cli/generation_in_use.h"
#include "cli/listener.h"
#include "cli/rebuild/rebuild_file.h"
#include "cli/rebuild/rebuild_progress.h"
#include "cli/rebuild_parts.h"
#include "cli/rules/rules_in_use.h"
#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/model/tier.h"
#include "processor/processor.h"

namespace odometer::cli {
namespace {

constexpr int kRoundMs = 1'000;
constexpr int kSoonMs = 50;
constexpr int64_t kTellEveryMs = 5'000;
constexpr int64_t kSwitchTimeoutMs = 60'000;  // of each of its steps
constexpr int64_t kCaughtUpSeconds = 2;       // that may be left to be counted while nobody else counts

void Say(const std::string& text) { std::cout << "rebuild: " << text << std::endl; }

class Rebuild {
 public:
  Rebuild(const Config& config, const RebuildRequest& request, RebuildParts* parts, StopSignal* stop)
      : config_(config), request_(request), parts_(*parts), stop_(*stop), rules_(config.processor.rules_file) {}
  ~Rebuild() {
    if (builder_) builder_->Stop();
  }

  Status Run() {
    Result<std::optional<RebuildFile>> file = ReadRebuildFile(state_dir());
    if (!file.ok()) return file.status();
    // A switch that was decided, and not brought to its end.
    if (*file && (*file)->generation <= parts_.generations().in_use) {
      file_ = std::move(**file);
      ODOMETER_RETURN_IF_ERROR(Finish());
      return request_.forget_old ? ForgetOld() : Status::Ok();
    }
    if (request_.forget_old) return ForgetOld();
    if (request_.abandon && !*file) return Status::Invalid("nothing is being rebuilt");
    if (*file && (request_.abandon || request_.again)) {
      ODOMETER_RETURN_IF_ERROR(parts_.Abandon(**file));
      Say(fmt::format("generation {} is abandoned, its folder and changelogs are deleted", (*file)->generation));
      if ((*file)->restart) Say("the processor was stopped for the switch: `odometer start processor` starts it again");
      if (request_.abandon) return Status::Ok();
      file->reset();
    }
    ODOMETER_RETURN_IF_ERROR(Plan(std::move(*file)));
    ODOMETER_RETURN_IF_ERROR(StartBuilder());
    ODOMETER_RETURN_IF_ERROR(CatchUp());
    return Switch();
  }

 private:
  const std::string& state_dir() const { return config_.processor.state_dir; }

  Status ForgetOld() {
    const int32_t old = parts_.generations().old;
    if (old == 0) return Status::Invalid("no old generation is kept");
    ODOMETER_RETURN_IF_ERROR(parts_.ForgetOld());
    Say(fmt::format("generation {} is forgotten, its folder and changelogs are deleted", old));
    return Status::Ok();
  }

  Status Plan(std::optional<RebuildFile> file) {
    if (const int32_t old = parts_.generations().old; old != 0) {
      return Status::Invalid(
          fmt::format("generation {} is still kept: run `odometer rebuild --forget-old` first", old));
    }
    ODOMETER_RETURN_IF_ERROR(rules_.Load());
    const auto rules = rules_.current();
    const uint64_t version = rules ? rules->version : 0;
    if (!file) {
      ODOMETER_RETURN_IF_ERROR(CheckAlone());
      const std::string from = request_.from.empty() ? "earliest" : request_.from;
      Result<RebuildFile> made = parts_.NewFile(from, version, rules ? rules->topics : std::vector<std::string>());
      if (!made.ok()) return made.status();
      file_ = std::move(*made);
      ODOMETER_RETURN_IF_ERROR(WriteRebuildFile(state_dir(), file_));
      Say(fmt::format("generation {} is counted from {}; {} goes on being counted and queried meanwhile",
                      file_.generation, file_.from, parts_.generations().in_use));
      return Status::Ok();
    }
    file_ = std::move(*file);
    if (!request_.from.empty() && request_.from != file_.from) {
      return Status::Invalid("a rebuild from " + file_.from +
                             " is half done: go on with it without --from, or begin anew with --again");
    }
    if (version != file_.rules_version) {
      return Status::Invalid("a rebuild is half done by other rules: begin anew with --again");
    }
    ODOMETER_RETURN_IF_ERROR(CheckAlone());
    Say(fmt::format("goes on with generation {}, counted from {}", file_.generation, file_.from));
    return Status::Ok();
  }

  // Finds out who counts the generation in use; kStop when it is more than the processor of this instance.
  Status CheckAlone() {
    ODOMETER_RETURN_IF_ERROR(
        Await("a processor starts all the time", kSwitchTimeoutMs, [&] { return SeeWhetherItRuns(); }));
    const std::unique_ptr<Processes> processes = NewLinuxProcesses();
    const Result<RecordedProcess> recorded = RunFolder(config_.run_dir, processes.get()).Find("processor");
    if (!recorded.ok()) return recorded.status();
    is_ours_ = runs_ && recorded->running;
    return parts_.CheckInstances(runs_ ? 1 : 0, &stop_);
  }

  // False: one is just starting.
  Result<bool> SeeWhetherItRuns() {
    const Result<std::optional<FileLock>> claim = TryToClaimState(state_dir());
    if (!claim.ok()) return claim.status();
    const Result<std::optional<FileLock>> state = TryToHoldState(state_dir());
    if (!state.ok()) return state.status();
    runs_ = !*state;
    return claim->has_value();
  }

  Status FindPartitions() {
    const Result<std::vector<TopicPartition>> partitions = parts_.Partitions(file_.sources);
    if (partitions.ok()) partitions_ = *partitions;
    return partitions.status();
  }

  Status StartBuilder() {
    ODOMETER_RETURN_IF_ERROR(FindPartitions());
    return Await("the new generation cannot be counted", kSwitchTimeoutMs, [&]() -> Result<bool> {
      ODOMETER_RETURN_IF_ERROR(FollowCounted());
      ODOMETER_RETURN_IF_ERROR(StartBuilderOnce());
      return true;
    });
  }

  Status StartBuilderOnce() {
    builder_.reset();
    ProcessorOptions options = config_.processor;
    options.generation = file_.generation;
    options.state_dir = parts_.Folder(file_.generation);
    options.dead_letter_topic = RebuildLettersTopic(parts_.Name(file_.generation));
    options.rules = rules_.current();
    options.rebuild = bounds();
    Result<std::unique_ptr<Processor>> builder = NewProcessor(std::move(options), &clock_, &metrics_);
    if (!builder.ok()) return builder.status();
    builder_ = std::move(*builder);
    return builder_->Start();
  }

  std::shared_ptr<RebuildBounds> bounds() {
    if (!bounds_) bounds_ = std::make_shared<RebuildBounds>(file_.begin);
    return bounds_;
  }

  // Moves the bounds to what the generation in use has counted by now.
  Status FollowCounted() {
    const Result<PartitionOffsets> counted = parts_.Counted(partitions_);
    followed_ms_ = clock_.SteadyMs();
    if (counted.ok()) bounds()->SetUpTo(*counted);
    return counted.status();
  }

  Status Measure() {
    if (const Status failed = builder_->Failure(); failed.Is(ErrorKind::kRecover)) {
      ODOMETER_RETURN_IF_ERROR(StartBuilder());  // from what is committed
    } else if (!failed.ok()) {
      return failed.WithContext("the new generation cannot go on (--again begins anew)");
    }
    progress().Add(clock_.SteadyMs(), bounds()->up_to(), bounds()->committed());
    return Status::Ok();
  }
  RebuildProgress& progress() {
    if (!progress_) progress_.emplace(file_.begin);
    return *progress_;
  }

  // Until what is left is counted in a moment.
  Status CatchUp() {
    int64_t told_ms = clock_.SteadyMs();
    while (true) {
      if (stop_.WaitFor(kRoundMs)) return Status::Retry("asked to stop; run it once more to go on");
      ODOMETER_RETURN_IF_ERROR(Measure());
      const std::vector<std::string> reasons = builder_->NotReadyReasons();
      // Before the bounds are moved: one that keeps up has reached them.
      if (reasons.empty() && progress().lag() <= progress().rate() * kCaughtUpSeconds) break;
      if (clock_.SteadyMs() - told_ms >= kTellEveryMs) {
        told_ms = clock_.SteadyMs();
        Say(progress().Text() + (reasons.empty() ? "" : "; " + reasons.front()));
      }
      if (Status followed = FollowCounted(); !followed.ok() && !followed.Is(ErrorKind::kRetry)) return followed;
    }
    Say(progress().Text() + ": caught up");
    return Status::Ok();
  }

  Status Switch() {
    ODOMETER_RETURN_IF_ERROR(CheckAlone());
    file_.restart = is_ours_ || (file_.restart && !runs_);
    file_.old_sources = parts_.SourcesInUse();
    ODOMETER_RETURN_IF_ERROR(WriteRebuildFile(state_dir(), file_));
    const Status switched = SwitchInTurn();
    builder_.reset();  // closes the database
    if (switched.ok()) return Finish();
    // Whichever is in use goes on. Whether that is the old one Kafka knows, when its answer got lost.
    Say("not switched over, the processor goes on as before");
    if (file_.restart && !Control(RunStart, "").ok()) return switched.WithContext("and the processor is not ready");
    return switched;
  }

  // Before a processor that starts meanwhile.
  Status SwitchInTurn() {
    std::optional<FileLock> claim, state;
    ODOMETER_RETURN_IF_ERROR(Await("a processor starts all the time", kSwitchTimeoutMs, [&]() -> Result<bool> {
      Result<std::optional<FileLock>> claimed = TryToClaimState(state_dir());
      if (!claimed.ok()) return claimed.status();
      claim = std::move(*claimed);
      return claim.has_value();
    }));
    if (is_ours_) {
      ODOMETER_RETURN_IF_ERROR(Control(RunStop, "the processor could not be stopped"));
    } else if (runs_) {
      Say("waits for the processor to end, which `odometer start` has not started: restart it now, as you have started "
          "it. It goes on with the new generation; until then it counts as before");
    }
    const int64_t timeout_ms = runs_ && !is_ours_ ? kForever : kSwitchTimeoutMs;
    ODOMETER_RETURN_IF_ERROR(Await("another processor counts", timeout_ms, [&] { return HoldState(&state); }));
    return SwitchAlone();
  }

  // Follows the generation in use as long as it is counted.
  Result<bool> HoldState(std::optional<FileLock>* state) {
    Result<std::optional<FileLock>> held = TryToHoldState(state_dir());
    if (!held.ok()) return held.status();
    *state = std::move(*held);
    if (*state || clock_.SteadyMs() - followed_ms_ < kRoundMs) return state->has_value();
    ODOMETER_RETURN_IF_ERROR(FollowCounted());
    ODOMETER_RETURN_IF_ERROR(Measure());
    return false;
  }

  // With nobody who counts the generation in use.
  Status SwitchAlone() {
    ODOMETER_RETURN_IF_ERROR(
        Await("it is not known how far was counted", kSwitchTimeoutMs, [&] { return CountedAll(); }));
    ODOMETER_RETURN_IF_ERROR(Await("the last records take too long", kSwitchTimeoutMs, [&] { return Complete(); }));
    builder_->Stop();
    const Result<bool> complete = Complete();
    if (!complete.ok()) return complete.status();
    if (!*complete) return Status::Stop("the last records were not committed");
    builder_.reset();
    // Until it is sure: it must not be decided once a processor counts the old one again.
    return Await("it is not known which generation is in use", kSwitchTimeoutMs, [&]() -> Result<bool> {
      ODOMETER_RETURN_IF_ERROR(parts_.SwitchTo(file_.generation));
      return true;
    });
  }

  // The bounds are what was counted at the end, of new partitions too.
  Result<bool> CountedAll() {
    ODOMETER_RETURN_IF_ERROR(FindPartitions());
    ODOMETER_RETURN_IF_ERROR(FollowCounted());
    return true;
  }

  // Whether every partition is as far as the generation in use.
  Result<bool> Complete() {
    ODOMETER_RETURN_IF_ERROR(Measure());
    const PartitionOffsets committed = bounds()->committed();
    for (const auto& [partition, offset] : bounds()->up_to()) {
      const auto found = committed.find(partition);
      if (found == committed.end() || found->second < offset) return false;
    }
    return true;
  }

  // Until it is true. What may pass by itself is tried again.
  Status Await(const std::string& otherwise, int64_t timeout_ms, const std::function<Result<bool>()>& is_true) {
    const int64_t give_up_ms = timeout_ms == kForever ? kForever : clock_.SteadyMs() + timeout_ms;
    while (true) {
      const Result<bool> now = is_true();
      if (now.ok() && *now) return Status::Ok();
      if (!now.ok() && !now.status().Is(ErrorKind::kRetry)) return now.status();
      if (clock_.SteadyMs() >= give_up_ms) {
        return now.ok() ? Status::Retry(otherwise) : now.status().WithContext(otherwise);
      }
      if (stop_.WaitFor(kSoonMs)) return Status::Retry("asked to stop; run it once more to go on");
    }
  }

  Status Control(int (*run)(const Config&, const ControlRequest&), const std::string& otherwise) {
    const int code = run(config_, {.names = {"processor"}, .arguments = request_.arguments});
    return code == 0 ? Status::Ok() : Status::Retry(otherwise);
  }

  // The generation is in use.
  Status Finish() {
    ODOMETER_RETURN_IF_ERROR(parts_.KeepOldSources(file_.old_sources));
    Say(fmt::format("generation {} is in use", parts_.generations().in_use));
    ODOMETER_RETURN_IF_ERROR(RemoveRebuildFile(state_dir()));
    if (const int32_t old = parts_.generations().old; old != 0) {
      Say(fmt::format("generation {} is kept; `odometer rebuild --forget-old` deletes its folder and changelogs", old));
    }
    Say("what was rejected meanwhile, if anything, is in topic " +
        RebuildLettersTopic(parts_.Name(parts_.generations().in_use)));
    if (file_.restart) return Control(RunStart, "the processor is not ready; the switch is done");
    Say("the processor that is started next goes on with it");
    return Status::Ok();
  }

  const Config& config_;
  const RebuildRequest& request_;
  RebuildParts& parts_;
  StopSignal& stop_;
  RulesInUse rules_;
  const SystemClock clock_;
  Metrics metrics_;
  RebuildFile file_;
  bool runs_ = false;     // the processor of this instance
  bool is_ours_ = false;  // and `odometer start` has started it
  std::vector<TopicPartition> partitions_;
  std::shared_ptr<RebuildBounds> bounds_;
  std::optional<RebuildProgress> progress_;
  int64_t followed_ms_ = 0;
  std::unique_ptr<Processor> builder_;
};

Status Run(const Config& config, const RebuildRequest& request, StopSignal* stop) {
  if (!config.processor.exactly_once) {
    return Status::Invalid("processing.guarantee is at_least_once: only what is counted exactly once can be rebuilt, "
                           "for else it is not known which record the switch is at");
  }
  if (request.abandon + request.forget_old + request.again > 1 ||
      (!request.from.empty() && (request.abandon || request.forget_old))) {
    return Status::Invalid("--again, --abandon and --forget-old exclude each other; --from goes with --again only");
  }
  if (!request.from.empty()) {
    if (const auto from = ParseRebuildFrom(request.from); !from.ok()) return from.status();
  }
  const std::string& state_dir = config.processor.state_dir;
  const Result<std::optional<FileLock>> alone = TryToHoldRebuild(state_dir);
  if (!alone.ok()) return alone.status();
  if (!*alone) return Status::Stop("another `odometer rebuild` runs on " + state_dir);
  Result<std::unique_ptr<RebuildParts>> parts = RebuildParts::Make(config);
  if (!parts.ok()) return parts.status();
  return Rebuild(config, request, parts->get(), stop).Run();
}

}  // namespace

int RunRebuild(const Config& config, const RebuildRequest& request, StopSignal* stop) {
  const Status status = Run(config, request, stop);
  if (status.ok()) return 0;
  std::cerr << "odometer: rebuild: " << status.message() << "\n";
  return status.Is(ErrorKind::kInvalid) ? kUsageError : 1;
}

}  // namespace odometer::cli
