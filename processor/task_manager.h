// Owns the tasks of the assigned partitions: opens them from restored state, feeds them, commits what they gathered,
// gives them up, and recovers them after a failure.
//
// Life of the manager:      kRunning ⇄ kRecovering      (kRecovering: producer lost; tasks are restored anew)
// Life of a partition here: assigned → (restored) open → revoked or lost → closed
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"
#include "processor/commit_policy.h"
#include "processor/command_task.h"
#include "processor/committer.h"
#include "processor/executor.h"
#include "processor/current_rules.h"
#include "processor/input_topics.h"
#include "processor/inputs.h"
#include "processor/instruments.h"
#include "processor/rebuild_bounds.h"
#include "processor/restorer.h"
#include "processor/source_task.h"
#include "processor/state_expiry.h"
#include "processor/task.h"

namespace odometer {

struct TaskManagerOptions {
  bool exactly_once = true;
  TaskOptions task;
  CommandTaskOptions command_task;
  CommitPolicy commit;
  int16_t changelog_replication = -1;
  int64_t transaction_timeout_ms = 15'000;
  uint64_t memory_limit_bytes = 0;        // 0: overlays keep their size whatever else grows
  int64_t max_lag_interval_ms = 1'000;    // how often lag and sizes are measured
  int64_t revoke_timeout_ms = 10'000;     // for the last commit before partitions are given up
};

// What the manager works with. Everything must outlive it.
struct TaskManagerParts {
  Consumer* consumer;
  Admin* admin;
  Store* store;
  const StateLayout* layout;
  const Inputs* inputs;
  Restorer* restorer;
  Committer* committer;
  Executor* executor;
  std::function<Result<std::unique_ptr<TransactionalProducer>>()> new_producer;
  const Clock* clock;
  StateExpiry* expiry;
  Instruments* instruments;
  std::function<void(uint64_t bytes)> resize_block_cache = nullptr;
  CurrentRules* rules = nullptr;  // null: there are no sources
  RebuildBounds* rebuild = nullptr;  // null: everything is counted
};

// Used by one thread.
class TaskManager final : public ConsumerEvents {
 public:
  TaskManager(TaskManagerOptions options, TaskManagerParts parts);
  ~TaskManager() override;

  // Joins the group.
  Status Start();
  // One round: take in what has arrived (waiting at most poll_timeout_ms), open what was assigned, commit when due.
  // An error that is returned is final.
  Status RunOnce(int poll_timeout_ms);
  // A restore under way ends soon. Any thread.
  void RequestStop() { stopping_ = true; }
  // Commits what there is and leaves. Idempotent.
  void Shutdown();

  // How long RunOnce may wait for records without holding up a commit.
  int PollTimeoutMs() const;

  // ConsumerEvents; called by the consumer inside Poll and Close.
  void OnRecord(const RecordView& record) override;
  void OnEnd(const TopicPartition& tp, int64_t next_offset) override;
  void OnAssigned(const std::vector<TopicPartition>& partitions) override;
  void OnRevoked(const std::vector<TopicPartition>& partitions) override;
  void OnLost(const std::vector<TopicPartition>& partitions) override;

 private:
  struct PendingCommit;

  Status OpenAssigned();
  Status OpenTask(int32_t number);
  std::unique_ptr<PartitionTask> NewTask(int32_t number, RestoredTask restored) const;
  Result<int64_t> StartOffset(int32_t number, const RestoredTask& task, std::optional<int64_t> committed);
  // Null when it is not open.
  PartitionTask* FindTask(int32_t number) const {
    auto found = tasks_.find(number);
    return found == tasks_.end() ? nullptr : found->second.get();
  }
  // They are no longer ours.
  void GiveUp(const std::vector<TopicPartition>& partitions);
  void CloseTask(int32_t number);
  // Of a rebuild: whether the record is past what may be counted by now. Then the task waits at the bound.
  bool HeldAtBound(PartitionTask* task, int64_t offset);
  // Tasks whose bounds were moved read on.
  Status FollowBounds();
  // The end of the task's partition as last seen, or the bound before it.
  std::optional<int64_t> CachedEnd(int32_t number) const;
  void DropPendingCommit();

  CommitPolicy Policy() const;
  bool ShouldCommit() const;
  void BeginCommit();
  void SubmitCommit();
  // Submits an aborted commit again when it is due.
  void RetryCommit();
  // Takes the result of a commit that has ended, if one has.
  Status FinishCommit();
  void OnCommitted(const PendingCommit& commit);
  Status CommitEverything(int64_t timeout_ms);
  Status Recover();
  Status OpenProducer();

  Status LimitMemory();
  // Now and then: writes checkpoints of idle tasks anew, looks whether the input topic has grown.
  Status Upkeep();
  uint64_t PendingBytes() const;
  // Of the tasks' series and remembered ids, and what the committer knows of the series' windows.
  uint64_t LastingBytes() const;
  // Shares the memory out anew: these are there to stay, so cache and overlays make room for them.
  void ShareMemory(uint64_t lasting_bytes);
  void Measure();
  void UpdateReadiness();

  const TaskManagerOptions options_;
  const TaskManagerParts parts_;
  InputTopics topics_;
  std::unique_ptr<TransactionalProducer> producer_;
  EventDecoder decoder_;
  std::map<int32_t, std::unique_ptr<PartitionTask>> tasks_;  // those that are open, by number
  std::set<int32_t> assigned_;                // all that are ours
  std::set<int32_t> to_open_;                 // of these, those not open yet
  bool assignment_seen_ = false;
  bool assignment_changed_ = false;
  int32_t last_opened_ = -1;
  std::map<int32_t, int64_t> up_to_;  // of a rebuild: the bounds
  uint64_t bounds_version_ = 0;
  std::set<int32_t> held_;            // tasks that have seen a record past their bound
  EpochLimit epoch_limit_;
  std::unique_ptr<PendingCommit> pending_commit_;
  std::atomic<bool> stopping_{false};
  bool recovering_ = false;
  bool paused_ = false;
  bool memory_fits_ = true;
  bool closed_ = false;
  std::string trouble_;         // why tasks or the producer could not be opened just now; empty: nothing
  std::string commit_trouble_;  // why the latest commit was aborted
  int64_t retry_at_ms_ = 0;
  int64_t last_commit_ms_ = 0;
  int64_t last_measure_ms_ = 0;
  int64_t last_upkeep_ms_ = 0;
};

}  // namespace odometer
