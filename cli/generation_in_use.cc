#include "cli/generation_in_use.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

namespace odometer::cli {
namespace {

constexpr int kAdminTimeoutMs = 15'000;

Result<std::optional<FileLock>> TryToLock(const std::string& state_dir, const std::string& name) {
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  if (error) return Status::Stop("cannot create the state folder " + state_dir + ": " + error.message());
  return FileLock::Try(state_dir + "/" + name);
}

}  // namespace

Result<std::optional<FileLock>> TryToHoldState(const std::string& state_dir) {
  return TryToLock(state_dir, "processor.lock");
}

Result<std::optional<FileLock>> TryToClaimState(const std::string& state_dir) {
  return TryToLock(state_dir, "switch.lock");
}

Result<std::optional<FileLock>> TryToHoldRebuild(const std::string& state_dir) {
  return TryToLock(state_dir, "rebuild.lock");
}

Result<FileLock> HoldStateToCount(const std::string& state_dir) {
  const Result<std::optional<FileLock>> claim = TryToClaimState(state_dir);
  if (!claim.ok()) return claim.status();
  if (!*claim) return Status::Retry("`odometer rebuild` is about to switch to another generation of " + state_dir);
  Result<std::optional<FileLock>> state = TryToHoldState(state_dir);
  if (!state.ok()) return state.status();
  if (!*state) {
    return Status::Stop("another process counts in " + state_dir + " (it holds " + state_dir +
                        "/processor.lock): stop it, or use another state folder");
  }
  return std::move(**state);
}

Result<Generations> AgreeOnGeneration(const ProcessorOptions& options, Admin* admin) {
  Result<Generations> generations = ReadGenerations(options.state_dir);
  if (!generations.ok()) return generations.status();
  const Result<std::optional<TopicInfo>> topic = admin->Describe(GenerationTopic(options.application));
  if (!topic.ok()) return topic.status();
  const int32_t decided = topic->has_value() ? (*topic)->partitions : kFirstGeneration;
  if (decided > generations->in_use) {
    *generations = {.in_use = decided, .old = generations->in_use};
    ODOMETER_RETURN_IF_ERROR(WriteGenerations(options.state_dir, *generations));
  } else if (decided < generations->in_use) {
    ODOMETER_RETURN_IF_ERROR(DecideGeneration(options, generations->in_use, admin));
  }
  return generations;
}

Status DecideGeneration(const ProcessorOptions& options, int32_t generation, Admin* admin) {
  const std::string topic = GenerationTopic(options.application);
  ODOMETER_RETURN_IF_ERROR(admin->Create({topic, generation, options.changelog_replication, {}}));
  return admin->GrowPartitions(topic, generation);
}

Result<ProcessorOptions> OptionsInUse(const ProcessorOptions& options) {
  const Result<std::unique_ptr<Admin>> admin =
      NewRdAdmin(options.kafka, "odometer-" + options.instance_id + "-generation", kAdminTimeoutMs);
  if (!admin.ok()) return admin.status();
  const Result<Generations> generations = AgreeOnGeneration(options, admin->get());
  if (!generations.ok()) return generations.status();
  ProcessorOptions in_use = options;
  in_use.generation = generations->in_use;
  in_use.state_dir = GenerationFolder(options.state_dir, generations->in_use);
  return in_use;
}

}  // namespace odometer::cli
