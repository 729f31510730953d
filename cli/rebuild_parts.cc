#include "cli/rebuild_parts.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

#include "cli/generation_in_use.h"
#include "common/base/clock.h"
#include "common/state/instance_reader.h"
#include "common/state/state_paths.h"
#include "processor/changelog_topics.h"

namespace odometer::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kTimeoutMs = 15'000;
constexpr int kLookEveryMs = 500;
// A session may take a little longer than its time-out to end.
constexpr int64_t kSessionMarginMs = 5'000;

Status Remove(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? Status::Stop(path + " cannot be removed: " + error.message()) : Status::Ok();
}

}  // namespace

std::string RebuildLettersTopic(const std::string& generation_name) { return generation_name + "-dead-letters"; }

Result<std::unique_ptr<RebuildParts>> RebuildParts::Make(const Config& config) {
  std::unique_ptr<RebuildParts> parts(new RebuildParts(config));
  Result<std::unique_ptr<Admin>> admin =
      NewRdAdmin(config.kafka(), config.processor.application + "-rebuild", kTimeoutMs);
  if (!admin.ok()) return admin.status();
  parts->admin_ = std::move(*admin);
  Result<Generations> generations = parts->FindGenerations();
  if (!generations.ok()) return generations.status();
  parts->generations_ = std::move(*generations);
  Result<std::unique_ptr<GroupAdmin>> group = parts->Group(parts->generations_.in_use);
  if (!group.ok()) return group.status();
  parts->group_ = std::move(*group);
  return parts;
}

Result<Generations> RebuildParts::FindGenerations() {
  const std::string& state_dir = config_.processor.state_dir;
  const Result<std::optional<FileLock>> claim = TryToClaimState(state_dir);
  if (!claim.ok()) return claim.status();
  if (!*claim) return ReadGenerations(state_dir);
  const Result<std::optional<FileLock>> state = TryToHoldState(state_dir);
  if (!state.ok()) return state.status();
  return *state ? AgreeOnGeneration(config_.processor, admin_.get()) : ReadGenerations(state_dir);
}

std::string RebuildParts::Name(int32_t generation) const {
  return GenerationName(config_.processor.application, generation);
}

std::string RebuildParts::Folder(int32_t generation) const {
  return GenerationFolder(config_.processor.state_dir, generation);
}

Result<std::unique_ptr<GroupAdmin>> RebuildParts::Group(int32_t generation) const {
  return NewRdGroupAdmin(config_.kafka(), Name(generation), config_.processor.application + "-rebuild", kTimeoutMs);
}

Result<std::vector<TopicPartition>> RebuildParts::Partitions(const std::vector<std::string>& sources) {
  std::vector<std::string> topics{config_.processor.input_topic};
  topics.insert(topics.end(), sources.begin(), sources.end());
  std::vector<TopicPartition> partitions;
  for (const std::string& topic : topics) {
    const Result<std::optional<TopicInfo>> info = admin_->Describe(topic);
    if (!info.ok()) return info.status();
    if (!info->has_value()) return Status::Stop("topic " + topic + " does not exist");
    for (int32_t partition = 0; partition < (*info)->partitions; ++partition) partitions.push_back({topic, partition});
  }
  return partitions;
}

Result<PartitionOffsets> RebuildParts::Counted(const std::vector<TopicPartition>& partitions) {
  Result<PartitionOffsets> counted = group_->Committed(partitions);
  if (!counted.ok()) return counted.status();
  for (const TopicPartition& tp : partitions) {
    if (counted->contains(tp)) continue;
    const Result<OffsetRange> range = admin_->Offsets(tp);
    if (!range.ok()) return range.status();
    (*counted)[tp] = range->begin;
  }
  return counted;
}

Status RebuildParts::CheckInstances(size_t expected, StopSignal* stop) {
  const SystemClock clock;
  const int64_t give_up_ms = clock.SteadyMs() + config_.processor.session_timeout_ms + kSessionMarginMs;
  while (true) {
    const Result<std::vector<GroupMember>> members = group_->Members();
    if (!members.ok()) return members.status();
    if (members->size() <= expected) return Status::Ok();
    if (clock.SteadyMs() >= give_up_ms) {
      return Status::Stop(std::to_string(members->size() - expected) + " other processors count for " +
                          config_.processor.application + ": where several instances share the work nothing can be "
                          "rebuilt beside them. Stop them, so that this one has all partitions");
    }
    if (stop->WaitFor(kLookEveryMs)) return Status::Retry("asked to stop");
  }
}

std::vector<std::string> RebuildParts::SourcesInUse() const {
  const SystemClock clock;
  const auto reader = NewInstanceReader({.state_dir = Folder(generations_.in_use),
                                         .tiers = config_.processor.tiers,
                                         .events_retention_ms = config_.processor.events_retention_ms},
                                        &clock);
  const Result<StatePosition> position = reader->Position();
  std::vector<std::string> topics;
  if (!position.ok()) return topics;
  for (const SourcePosition& source : position->sources) topics.push_back(source.topic);
  return topics;
}

Result<bool> RebuildParts::IsTaken(int32_t generation) {
  const StateLayout layout(config_.processor.tiers, config_.processor.events_retention_ms);
  for (const ChangelogStore& store : ChangelogStores(Name(generation), config_.processor.input_topic, layout)) {
    const Result<std::optional<TopicInfo>> topic = admin_->Describe(store.topic);
    if (!topic.ok()) return topic.status();
    if (topic->has_value()) return true;
  }
  Result<std::unique_ptr<GroupAdmin>> group = Group(generation);
  if (!group.ok()) return group.status();
  const Result<std::vector<TopicPartition>> partitions = Partitions({});
  if (!partitions.ok()) return partitions.status();
  const Result<PartitionOffsets> committed = (*group)->Committed(*partitions);
  if (!committed.ok()) return committed.status();
  return !committed->empty();
}

Result<RebuildFile> RebuildParts::NewFile(const std::string& from, uint64_t rules_version,
                                          const std::vector<std::string>& sources) {
  Result<RebuildFrom> parsed = ParseRebuildFrom(from);
  if (!parsed.ok()) return parsed.status();
  const Result<std::vector<TopicPartition>> partitions = Partitions(sources);
  if (!partitions.ok()) return partitions.status();
  const Result<PartitionOffsets> committed = group_->Committed(*partitions);
  if (!committed.ok()) return committed.status();
  if (committed->empty()) return Status::Invalid("nothing was counted yet: there is nothing to be counted anew");
  RebuildFile file{
      .generation = generations_.in_use + 1, .from = from, .rules_version = rules_version, .sources = sources};
  for (const TopicPartition& tp : *partitions) {
    const Result<OffsetRange> range = admin_->Offsets(tp);
    if (!range.ok()) return range.status();
    std::optional<int64_t> at_time;
    if (parsed->time_ms) {
      const Result<int64_t> offset = group_->OffsetAt(tp, *parsed->time_ms);
      if (!offset.ok()) return offset.status();
      at_time = *offset;
    }
    PartitionLog log{range->begin, {}};
    if (const auto found = committed->find(tp); found != committed->end()) log.counted = found->second;
    const Result<int64_t> start = RebuildStart(*parsed, tp, log, at_time);
    if (!start.ok()) return start.status();
    file.begin[tp] = *start;
    parsed->offsets.erase(tp);
  }
  if (!parsed->offsets.empty()) {
    return Status::Invalid("--from " + ToString(parsed->offsets.begin()->first) +
                           ": neither a partition of the input topic nor of a source of the rules");
  }
  while (true) {
    const Result<bool> taken = IsTaken(file.generation);
    if (!taken.ok()) return taken.status();
    if (!*taken) break;
    ++file.generation;
  }
  ODOMETER_RETURN_IF_ERROR(Remove(Folder(file.generation)));
  return file;
}

Status RebuildParts::SwitchTo(int32_t generation) {
  const Generations next{.in_use = generation, .old = generations_.in_use, .old_sources = {}};
  ODOMETER_RETURN_IF_ERROR(DecideGeneration(config_.processor, generation, admin_.get()));
  ODOMETER_RETURN_IF_ERROR(WriteGenerations(config_.processor.state_dir, next));
  generations_ = next;
  return Status::Ok();
}

Status RebuildParts::KeepOldSources(const std::vector<std::string>& topics) {
  Generations next = generations_;
  next.old_sources = topics;
  ODOMETER_RETURN_IF_ERROR(WriteGenerations(config_.processor.state_dir, next));
  generations_ = std::move(next);
  return Status::Ok();
}

Status RebuildParts::Delete(int32_t generation, const std::vector<std::string>& sources) {
  const StateLayout layout(config_.processor.tiers, config_.processor.events_retention_ms);
  std::vector<ChangelogStore> stores = ChangelogStores(Name(generation), config_.processor.input_topic, layout);
  for (const std::string& topic : sources) {
    std::vector<ChangelogStore> more = SourceChangelogStores(Name(generation), topic, layout);
    std::move(more.begin(), more.end(), std::back_inserter(stores));
  }
  for (const ChangelogStore& store : stores) ODOMETER_RETURN_IF_ERROR(group_->DeleteTopic(store.topic));
  const std::string folder = Folder(generation);
  if (generation != kFirstGeneration) return Remove(folder);
  // The first one's folder is that of the instance.
  ODOMETER_RETURN_IF_ERROR(Remove(StateDatabasePath(folder)));
  ODOMETER_RETURN_IF_ERROR(Remove(StateFollowerPath(folder)));
  return Remove(StateSocketPath(folder));
}

Status RebuildParts::ForgetOld() {
  ODOMETER_RETURN_IF_ERROR(Delete(generations_.old, generations_.old_sources));
  const Generations next{.in_use = generations_.in_use};
  ODOMETER_RETURN_IF_ERROR(WriteGenerations(config_.processor.state_dir, next));
  generations_ = next;
  return Status::Ok();
}

Status RebuildParts::Abandon(const RebuildFile& file) {
  ODOMETER_RETURN_IF_ERROR(Delete(file.generation, file.sources));
  ODOMETER_RETURN_IF_ERROR(group_->DeleteTopic(RebuildLettersTopic(Name(file.generation))));
  return RemoveRebuildFile(config_.processor.state_dir);
}

}  // namespace odometer::cli
