#include "processor/task_manager.h"

#include <algorithm>
#include <utility>

#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "processor/memory_budget.h"
#include "processor/window_presence.h"

namespace odometer {

namespace {
constexpr int64_t kRetryDelayMs = 100;
// Before partitions are given up; each attempt waits for the broker by itself.
constexpr int kLastCommitAttempts = 5;
constexpr int64_t kUpkeepIntervalMs = 60'000;
constexpr int64_t kCheckpointAgeMs = 3'600'000;
constexpr const char* kLog = "processor";
}  // namespace

// A commit handed to the executor. Until the executor is idle only the job touches it.
struct TaskManager::PendingCommit {
  std::vector<Epoch> epochs;
  std::unique_ptr<GroupMetadata> group;
  Status status;
  uint64_t bytes = 0;
  int64_t started_ms = 0;
  int64_t ended_ms = 0;
  bool submitted = false;
  int64_t retry_at_ms = 0;
};

TaskManager::TaskManager(TaskManagerOptions options, TaskManagerParts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      topics_(parts_.inputs, parts_.admin, parts_.store, parts_.restorer, options_.changelog_replication),
      epoch_limit_(options_.commit.overlay_bytes, options_.transaction_timeout_ms) {}

TaskManager::~TaskManager() { parts_.executor->Wait(); }

Status TaskManager::Start() {
  last_commit_ms_ = last_upkeep_ms_ = parts_.clock->SteadyMs();
  recovering_ = true;  // there is no producer yet
  return parts_.consumer->Subscribe(parts_.inputs->Topics());
}

Status TaskManager::RunOnce(int poll_timeout_ms) {
  if (parts_.rules != nullptr) parts_.rules->Refresh();
  if (parts_.rebuild != nullptr) ODOMETER_RETURN_IF_ERROR(FollowBounds());
  ODOMETER_RETURN_IF_ERROR(AsStep("consume.poll", [&] { return parts_.consumer->Poll(poll_timeout_ms, this); }));
  ODOMETER_RETURN_IF_ERROR(FinishCommit());
  if (parts_.clock->SteadyMs() >= retry_at_ms_) {
    Status status = recovering_ ? Recover() : OpenAssigned();
    if (status.Is(ErrorKind::kStop)) return status;
    if (!status.ok()) {
      retry_at_ms_ = parts_.clock->SteadyMs() + kRetryDelayMs;
      if (status.Is(ErrorKind::kRecover)) recovering_ = true;
      if (trouble_ != status.message()) LogWarn(kLog, "will try again: {}", status.message());
      trouble_ = status.message();
    } else {
      trouble_.clear();
    }
  }
  if (!recovering_) {
    if (pending_commit_) {
      RetryCommit();
    } else if (ShouldCommit()) {
      BeginCommit();
    }
  }
  ODOMETER_RETURN_IF_ERROR(LimitMemory());
  if (parts_.clock->SteadyMs() - last_measure_ms_ >= options_.max_lag_interval_ms) Measure();
  if (parts_.clock->SteadyMs() - last_upkeep_ms_ >= kUpkeepIntervalMs) ODOMETER_RETURN_IF_ERROR(Upkeep());
  UpdateReadiness();
  return Status::Ok();
}

int TaskManager::PollTimeoutMs() const {
  const int64_t now = parts_.clock->SteadyMs();
  if (pending_commit_) return 5;
  if (!to_open_.empty() && now >= retry_at_ms_) return 0;
  const int64_t until_commit = last_commit_ms_ + options_.commit.interval_ms - now;
  return static_cast<int>(std::clamp<int64_t>(until_commit, 1, 50));
}

void TaskManager::OnRecord(const RecordView& record) {
  PartitionTask* task = FindTask(parts_.inputs->TaskOf(record.topic, record.partition));
  if (task == nullptr || (parts_.rebuild != nullptr && HeldAtBound(task, record.offset))) return;
  task->Process(record, &decoder_);
}

void TaskManager::OnEnd(const TopicPartition& tp, int64_t next_offset) {
  PartitionTask* task = FindTask(parts_.inputs->TaskOf(tp.topic, tp.partition));
  if (task == nullptr || (parts_.rebuild != nullptr && HeldAtBound(task, next_offset))) return;
  task->SkipTo(next_offset);
}

bool TaskManager::HeldAtBound(PartitionTask* task, int64_t offset) {
  const auto bound = up_to_.find(task->number());
  const int64_t up_to = bound == up_to_.end() ? 0 : bound->second;
  if (offset < up_to) return false;
  task->SkipTo(up_to);  // all before it was seen
  held_.insert(task->number());
  return true;
}

Status TaskManager::FollowBounds() {
  if (const uint64_t version = parts_.rebuild->version(); std::exchange(bounds_version_, version) == version) {
    return Status::Ok();
  }
  for (const auto& [tp, offset] : parts_.rebuild->up_to()) {
    const int32_t number = parts_.inputs->TaskOf(tp.topic, tp.partition);
    up_to_[number] = offset;
    PartitionTask* task = FindTask(number);
    if (task == nullptr || task->next_input_offset() >= offset || held_.erase(number) == 0) continue;
    ODOMETER_RETURN_IF_ERROR(parts_.consumer->Start(tp, task->next_input_offset()));
  }
  return Status::Ok();
}

std::optional<int64_t> TaskManager::CachedEnd(int32_t number) const {
  std::optional<int64_t> end = parts_.consumer->CachedEnd(parts_.inputs->PartitionOf(number));
  if (!end || parts_.rebuild == nullptr) return end;
  const auto bound = up_to_.find(number);
  return bound == up_to_.end() ? 0 : std::min(*end, bound->second);
}

void TaskManager::OnAssigned(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& tp : partitions) {
    const int32_t task = parts_.inputs->TaskOf(tp.topic, tp.partition);
    assigned_.insert(task);
    to_open_.insert(task);
  }
  assignment_seen_ = true;
  assignment_changed_ = true;
}

void TaskManager::OnRevoked(const std::vector<TopicPartition>& partitions) {
  Status committed = CommitEverything(options_.revoke_timeout_ms);
  if (!committed.ok()) {
    LogWarn(kLog, "partitions are given up without a last commit, their next owner counts again: {}",
            committed.message());
  }
  GiveUp(partitions);
}

void TaskManager::OnLost(const std::vector<TopicPartition>& partitions) {
  LogWarn(kLog, "partitions lost to another member: count={}", partitions.size());
  parts_.executor->Wait();
  DropPendingCommit();
  GiveUp(partitions);
  // The commit that was dropped may have held epochs of tasks that are still ours.
  recovering_ = true;
}

void TaskManager::GiveUp(const std::vector<TopicPartition>& partitions) {
  for (const TopicPartition& tp : partitions) {
    const int32_t task = parts_.inputs->TaskOf(tp.topic, tp.partition);
    assigned_.erase(task);
    CloseTask(task);
  }
  if (assigned_.empty()) assignment_seen_ = false;
  assignment_changed_ = true;
}

Status TaskManager::OpenAssigned() {
  if (assignment_changed_) {
    bool grown = false;
    Status ensured = topics_.Ensure(assigned_, &grown);
    if (grown) recovering_ = true;  // the producer does not know the changelogs' new partitions: a new one does
    ODOMETER_RETURN_IF_ERROR(ensured);
    assignment_changed_ = false;
  }
  if (to_open_.empty() || recovering_) return Status::Ok();
  // Opening changes what the committer knows, so no commit may run meanwhile.
  parts_.executor->Wait();
  ODOMETER_RETURN_IF_ERROR(FinishCommit());
  if (recovering_) return Status::Ok();
  // One each round, so that the others are polled and counted between; in turn, so that one that fails holds up none.
  auto next = to_open_.upper_bound(last_opened_);
  if (next == to_open_.end()) next = to_open_.begin();
  last_opened_ = *next;
  ODOMETER_RETURN_IF_ERROR(OpenTask(last_opened_));
  to_open_.erase(last_opened_);
  return Status::Ok();
}

Status TaskManager::OpenTask(int32_t number) {
  const TopicPartition tp = parts_.inputs->PartitionOf(number);
  const int64_t started_ms = parts_.clock->SteadyMs();
  if (DefinitionTable* table = options_.task.judge.table; !IsCommandTask(number) && table && table->limits_version() == 0) {
    return Status::Retry("events wait for the definitions that they are judged by, which are not read yet");
  }
  std::optional<int64_t> committed;
  if (options_.exactly_once) {
    // Before the ends of the changelogs are read: a commit between the two would otherwise be missed.
    ODOMETER_RETURN_IF_ERROR(AsStep("recover.committed", [&] {
      Result<std::optional<int64_t>> offset = parts_.consumer->Committed(tp);
      if (offset.ok()) committed = *offset;
      return offset.status();
    }));
  }
  parts_.instruments->RestoreProgress(number, 0, 1);
  Result<RestoredTask> restored = parts_.restorer->Restore(number, [&](uint64_t records, uint64_t of) {
    LogInfo(kLog, "restoring partition={} records={} of={}", ToString(tp), records, of);
    parts_.instruments->RestoreProgress(number, records, of);
    parts_.instruments->Progressed(parts_.clock->SteadyMs());
    return stopping_ ? Status::Retry("stopping") : Status::Ok();
  });
  if (!restored.ok()) return restored.status();
  Result<int64_t> start = StartOffset(number, *restored, committed);
  if (!start.ok()) return start.status();

  if (!restored->has_meta) {
    restored->meta.next_input_offset = *start;
    restored->meta.commit_wall_ms = parts_.clock->WallMs();
    ODOMETER_RETURN_IF_ERROR(AsStep("recover.open", [&] { return parts_.restorer->MarkOpen(number, restored->meta); }));
  }
  parts_.committer->Open(number, restored->meta, restored->checkpoint);
  parts_.expiry->TaskOpened(number, restored->meta, restored->series);
  parts_.instruments->TaskOpened(number, restored->meta, restored->records, restored->full);
  parts_.instruments->RestoreEnded(number);
  parts_.instruments->Progressed(parts_.clock->SteadyMs());
  LogInfo(kLog, "task open partition={} offset={} series={} restored_records={} restore={} ms={}", ToString(tp), *start,
          restored->series.size(), restored->records, restored->full ? "full" : "tail",
          parts_.clock->SteadyMs() - started_ms);
  PartitionTask* task = (tasks_[number] = NewTask(number, std::move(*restored))).get();
  if (parts_.rebuild != nullptr) {
    task->SkipTo(parts_.rebuild->From(tp));  // which is committed, so that no restore begins before it
    parts_.rebuild->Committed(tp, task->committed_offset());
  }
  return AsStep("recover.start", [&] { return parts_.consumer->Start(tp, task->next_input_offset()); });
}

std::unique_ptr<PartitionTask> TaskManager::NewTask(int32_t number, RestoredTask restored) const {
  if (IsCommandTask(number)) {
    return std::make_unique<CommandTask>(TaskPartition(number), topics_.command_partitions(), options_.command_task,
                                         restored.meta, std::move(restored.commands));
  }
  if (IsSourceTask(number)) {
    return std::make_unique<SourceTask>(number, parts_.inputs->Of(number).topic, options_.task, parts_.rules,
                                        restored.meta, std::move(restored.series));
  }
  return std::make_unique<Task>(number, options_.task, restored.meta, std::move(restored.series),
                                std::move(restored.ids));
}

Result<int64_t> TaskManager::StartOffset(int32_t number, const RestoredTask& task,
                                         std::optional<int64_t> committed) {
  const TopicPartition tp = parts_.inputs->PartitionOf(number);
  const std::string where = ToString(tp);
  if (committed && !task.has_meta) {
    return Status::Stop("the group has committed offset " + std::to_string(*committed) + " of " + where +
                        ", but its changelogs are empty: they were deleted. Use another application name, or delete "
                        "the group's offsets to count from the beginning of the topic");
  }
  if (committed && *committed != task.meta.next_input_offset) {
    return Status::Stop("the group has committed offset " + std::to_string(*committed) + " of " + where +
                        ", but the changelogs say " + std::to_string(task.meta.next_input_offset) +
                        ": somebody has changed the group's offsets, or another application uses the same name");
  }
  Result<OffsetRange> range = parts_.admin->Offsets(tp);
  if (!range.ok()) return range.status();
  if (!task.has_meta) return range->begin;
  const int64_t next = task.meta.next_input_offset;
  if (next > range->end) {
    return Status::Stop(where + " ends at offset " + std::to_string(range->end) + ", but offset " +
                        std::to_string(next) + " was counted already: the topic was re-created or has lost records. To count what it "
                        "holds now, use another application name");
  }
  if (next < range->begin) {
    return Status::Stop("records " + std::to_string(next) + " to " + std::to_string(range->begin - 1) + " of " +
                        where + " were deleted by the topic's retention before they could be counted. To go on "
                        "without them, use another application name, which counts what is left");
  }
  ODOMETER_RETURN_IF_ERROR(AsStep("recover.input", [&] { return parts_.restorer->CheckLastRecord(tp, *range, task.meta.last_record); }));
  return next;
}

void TaskManager::CloseTask(int32_t number) {
  if (to_open_.erase(number) > 0) parts_.instruments->RestoreEnded(number);
  held_.erase(number);
  if (tasks_.erase(number) == 0) return;
  parts_.committer->Close(number);
  parts_.expiry->TaskClosed(number);
  parts_.instruments->TaskClosed(number);
}

void TaskManager::DropPendingCommit() { pending_commit_.reset(); }

// The log must not run away from the disk: while a commit is under way and the next epoch is full already, wait; while
// commits fail, take nothing more in.
Status TaskManager::LimitMemory() {
  auto full = [&] { return pending_commit_ && PendingBytes() >= epoch_limit_.bytes(); };
  if (full()) {
    parts_.executor->Wait();
    ODOMETER_RETURN_IF_ERROR(FinishCommit());
  }
  if (full() == paused_) return Status::Ok();
  paused_ = !paused_;
  return paused_ ? parts_.consumer->Pause() : parts_.consumer->Resume();
}

uint64_t TaskManager::PendingBytes() const {
  uint64_t bytes = 0;
  for (const auto& [number, task] : tasks_) bytes += task->PendingBytes();
  return bytes;
}

CommitPolicy TaskManager::Policy() const {
  CommitPolicy policy = options_.commit;
  policy.overlay_bytes = epoch_limit_.bytes();
  return policy;
}

bool TaskManager::ShouldCommit() const {
  CommitPolicy::Situation now;
  for (const auto& [number, task] : tasks_) {
    now.dirty = now.dirty || task->dirty();
    now.pending_bytes += task->PendingBytes();
    std::optional<int64_t> end = CachedEnd(number);
    if (end) now.lag_records += std::max<int64_t>(0, *end - task->next_input_offset());
  }
  now.since_last_commit_ms = parts_.clock->SteadyMs() - last_commit_ms_;
  return Policy().ShouldCommit(now);
}

void TaskManager::BeginCommit() {
  pending_commit_ = std::make_unique<PendingCommit>();
  pending_commit_->bytes = PendingBytes();
  for (auto& [number, task] : tasks_) {
    if (task->dirty()) pending_commit_->epochs.push_back(task->Seal());
  }
  last_commit_ms_ = parts_.clock->SteadyMs();
  SubmitCommit();
}

void TaskManager::SubmitCommit() {
  PendingCommit* commit = pending_commit_.get();
  if (options_.exactly_once) commit->group = parts_.consumer->Group();
  commit->started_ms = parts_.clock->SteadyMs();
  commit->submitted = true;
  parts_.executor->Submit([this, commit] {
    std::vector<const Epoch*> epochs;
    for (const Epoch& epoch : commit->epochs) epochs.push_back(&epoch);
    commit->status = parts_.committer->Commit(epochs, producer_.get(), commit->group.get());
    commit->ended_ms = parts_.clock->SteadyMs();
  });
}

void TaskManager::RetryCommit() {
  const PendingCommit& commit = *pending_commit_;
  if (!commit.submitted && parts_.clock->SteadyMs() >= commit.retry_at_ms) SubmitCommit();
}

Status TaskManager::FinishCommit() {
  if (!pending_commit_ || !parts_.executor->Idle()) return Status::Ok();
  PendingCommit& commit = *pending_commit_;
  if (!commit.submitted) return Status::Ok();
  const int64_t took_ms = commit.ended_ms - commit.started_ms;
  const double seconds = static_cast<double>(took_ms) / 1000;
  if (commit.status.ok()) {
    epoch_limit_.Committed(took_ms, commit.bytes, parts_.committer->written_bytes());
    parts_.instruments->CommitEnded("committed", seconds);
    OnCommitted(commit);
    pending_commit_.reset();
    return Status::Ok();
  }
  if (commit.status.Is(ErrorKind::kStop) || commit.status.Is(ErrorKind::kInvalid)) {
    return Status::Stop("commit: " + commit.status.message());
  }
  if (commit.status.Is(ErrorKind::kRecover)) {
    epoch_limit_.Lost();
    parts_.instruments->CommitEnded("recovered", seconds);
    LogWarn(kLog, "commit failed, recovering: {}", commit.status.message());
    DropPendingCommit();
    recovering_ = true;
    return Status::Ok();
  }
  // Nothing was committed: the same epochs again, a little later, while the tasks go on with their next ones.
  parts_.instruments->CommitEnded("aborted", seconds);
  const std::string trouble = "commit aborted: " + commit.status.message();
  if (commit_trouble_ != trouble) LogWarn(kLog, "{}; it will be tried again", trouble);
  commit_trouble_ = trouble;
  commit.submitted = false;
  commit.retry_at_ms = parts_.clock->SteadyMs() + kRetryDelayMs;
  return Status::Ok();
}

void TaskManager::OnCommitted(const PendingCommit& commit) {
  commit_trouble_.clear();
  parts_.instruments->Progressed(parts_.clock->SteadyMs());
  std::vector<std::pair<TopicPartition, int64_t>> offsets;
  for (const Epoch& epoch : commit.epochs) {
    PartitionTask* task = FindTask(epoch.task);
    task->Committed(epoch);
    if (parts_.rebuild != nullptr) {
      parts_.rebuild->Committed(parts_.inputs->PartitionOf(epoch.task), epoch.meta.next_input_offset);
    }
    parts_.expiry->TaskCommitted(epoch.task, epoch.meta, epoch.forgotten);
    parts_.instruments->TaskCommitted(epoch, task->series_count());
    offsets.emplace_back(parts_.inputs->PartitionOf(epoch.task), epoch.meta.next_input_offset);
  }
  if (options_.exactly_once) return;
  // Only for those who watch the group's lag: the position itself is in the meta changelog.
  Status committed = parts_.consumer->CommitOffsets(offsets);
  if (!committed.ok()) LogWarn(kLog, "group offsets not updated: {}", committed.message());
}

Status TaskManager::CommitEverything(int64_t timeout_ms) {
  if (recovering_) {
    parts_.executor->Wait();
    DropPendingCommit();
    return Status::Recover("the producer was lost");
  }
  const int64_t deadline_ms = parts_.clock->SteadyMs() + timeout_ms;
  bool sealed_all = false;
  int attempts_left = kLastCommitAttempts;
  while (true) {
    parts_.executor->Wait();
    ODOMETER_RETURN_IF_ERROR(FinishCommit());
    if (recovering_) return Status::Recover("the last commit failed");
    if (!pending_commit_) {
      const bool dirty = std::any_of(tasks_.begin(), tasks_.end(), [](const auto& task) { return task.second->dirty(); });
      if (sealed_all || !dirty) return Status::Ok();
      sealed_all = true;
      BeginCommit();
      continue;
    }
    if (parts_.executor->Idle() && !pending_commit_->submitted) {
      if (--attempts_left == 0 || parts_.clock->SteadyMs() >= deadline_ms) {
        const std::string why = commit_trouble_;
        DropPendingCommit();
        recovering_ = true;
        return Status::Retry("not committed in time: " + why);
      }
      SubmitCommit();
    }
  }
}

Status TaskManager::Recover() {
  parts_.executor->Wait();
  DropPendingCommit();
  for (int32_t task : assigned_) {
    CloseTask(task);
    to_open_.insert(task);
  }
  ODOMETER_RETURN_IF_ERROR(OpenProducer());
  recovering_ = false;
  return OpenAssigned();
}

Status TaskManager::OpenProducer() {
  producer_.reset();
  Result<std::unique_ptr<TransactionalProducer>> producer = parts_.new_producer();
  if (!producer.ok()) return producer.status();
  Status opened = AsStep("recover.init", [&] { return (*producer)->Init(); });
  ODOMETER_RETURN_IF_ERROR(opened.WithContext("opening the transactional producer"));
  producer_ = std::move(*producer);
  return Status::Ok();
}

void TaskManager::Shutdown() {
  if (closed_) return;
  closed_ = true;
  parts_.consumer->Close(this);  // gives the partitions up, which commits
  parts_.executor->Wait();
}

Status TaskManager::Upkeep() {
  last_upkeep_ms_ = parts_.clock->SteadyMs();
  // With a cooperative group nothing tells this member of partitions that the others got.
  if (assignment_seen_) assignment_changed_ = true;
  if (pending_commit_ || recovering_) return Status::Ok();
  return parts_.committer->RefreshCheckpoints(kCheckpointAgeMs);
}

void TaskManager::Measure() {
  last_measure_ms_ = parts_.clock->SteadyMs();
  for (const auto& [number, task] : tasks_) {
    std::optional<int64_t> end = parts_.consumer->CachedEnd(parts_.inputs->PartitionOf(number));
    if (!end) continue;
    const int64_t lag = std::max<int64_t>(0, *end - task->committed_offset());
    const int64_t now_ms = parts_.clock->WallMs();
    const int64_t oldest_ms = lag == 0 ? now_ms : task->oldest_uncommitted_ms().value_or(now_ms);
    const int64_t age_ms = std::max<int64_t>(0, now_ms - oldest_ms);
    parts_.instruments->Lag(number, {*end, now_ms}, lag, static_cast<double>(age_ms) / 1000);
  }
  const uint64_t lasting_bytes = LastingBytes();
  if (options_.memory_limit_bytes > 0) ShareMemory(lasting_bytes);
  parts_.instruments->Memory(options_.memory_limit_bytes, lasting_bytes);
  const uint64_t sealed_bytes = pending_commit_ ? pending_commit_->bytes : 0;
  parts_.instruments->State(parts_.store->DiskBytes(), parts_.store->MemoryBytes(), PendingBytes() + sealed_bytes);
}

uint64_t TaskManager::LastingBytes() const {
  const size_t stores = options_.task.tiers.windows.size() + (options_.task.tiers.total ? 1 : 0);
  uint64_t bytes = 0;
  for (const auto& [number, task] : tasks_) {
    bytes += task->LastingBytes() + stores * task->series_ids() * WindowPresence::kBytesPerSeries;
  }
  return bytes;
}

void TaskManager::ShareMemory(uint64_t lasting_bytes) {
  const MemoryBudget budget = SplitMemory(options_.memory_limit_bytes, lasting_bytes);
  epoch_limit_.set_max_bytes(budget.overlay_bytes);
  if (parts_.resize_block_cache) parts_.resize_block_cache(budget.block_cache_bytes);
  if (memory_fits_ && !budget.fits) {
    LogWarn(kLog, "series and remembered ids take {} MiB, which leaves too little of memory.limit: more memory than that will be used",
            lasting_bytes >> 20);
  }
  memory_fits_ = budget.fits;
}

void TaskManager::UpdateReadiness() {
  std::vector<std::string> reasons;
  if (recovering_) reasons.push_back("connecting to the broker");
  if (!assignment_seen_) reasons.push_back("waiting for partitions of the input topic");
  for (int32_t task : to_open_) reasons.push_back("restoring partition " + parts_.inputs->LabelOf(task));
  if (!trouble_.empty()) reasons.push_back(trouble_);
  if (!commit_trouble_.empty()) reasons.push_back(commit_trouble_);
  // A commit under way is progress only once it has succeeded.
  if (reasons.empty() && !pending_commit_) parts_.instruments->Progressed(parts_.clock->SteadyMs());
  // A restart would not help.
  for (const TopicPartition& tp : parts_.consumer->HeldUp()) {
    reasons.push_back("a transaction that stays open holds up " + ToString(tp) +
                      ": see \"What stops a processor\" in docs/operations.md");
  }
  parts_.instruments->SetNotReady(std::move(reasons));
}

}  // namespace odometer
