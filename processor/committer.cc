#include "processor/committer.h"

#include <optional>
#include <unordered_set>
#include <utility>

#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/model/aggregate_codec.h"
#include "common/model/raw_event.h"
#include "common/state/event_keys.h"
#include "processor/byte_arena.h"
#include "processor/rollup.h"

namespace odometer {

namespace {
// Records are handed to the producer in groups of this many.
constexpr size_t kProduceGroup = 4096;

Status Abort(TransactionalProducer* producer) {
  return AsStep("commit.abort", [&] { return producer->Abort(); });
}
}  // namespace

struct Committer::OpenTask {
  OpenTask(const StateLayout& layout, const TaskMeta& restored, TaskCheckpoint restored_checkpoint)
      : meta(restored), checkpoint(std::move(restored_checkpoint)) {
    for (const Tier& tier : layout.tiers.windows) {
      presence.emplace_back(&tier, restored.next_series_id, restored.stream_time_ms);
    }
    if (layout.tiers.total) presence.emplace_back(nullptr, restored.next_series_id, restored.stream_time_ms);
  }

  TaskMeta meta;  // as last committed
  TaskCheckpoint checkpoint;
  std::vector<WindowPresence> presence;  // per window tier, then of the total
};

// S1 of one commit: every change goes to its changelog and into the store's batch, the same bytes.
class Committer::Transaction {
 public:
  Transaction(const Committer& committer, TransactionalProducer* producer)
      : committer_(committer), producer_(producer), batch_(committer.store_->NewBatch()) {}

  // Everything but the ids of the events applied and the task's record.
  Status WriteTask(const Epoch& epoch, OpenTask* task, int64_t stream_time_ms) {
    task_ = epoch.task;
    sorted_ = epoch.overlay.Sorted();
    for (const auto& [id, identity] : epoch.forgotten) dead_.insert(id);
    for (const ChangelogStore& changelog : committer_.inputs_->Of(task_).changelogs) {
      if (changelog.family == StateLayout::kMeta || changelog.family == StateLayout::kIds) continue;
      changelog_ = &changelog;
      ODOMETER_RETURN_IF_ERROR(WriteStore(epoch, task, stream_time_ms));
      ODOMETER_RETURN_IF_ERROR(ProducePending(changelog.topic, TaskPartition(task_)));
    }
    dead_.clear();
    ODOMETER_RETURN_IF_ERROR(WriteOutputs(epoch));
    return WriteDeadLetters(epoch);
  }

  // What says that the rest was counted.
  Status WriteProgress(const Epoch& epoch, const TaskMeta& meta) {
    task_ = epoch.task;
    for (const ChangelogStore& changelog : committer_.inputs_->Of(task_).changelogs) {
      changelog_ = &changelog;
      if (changelog.family == StateLayout::kIds) ODOMETER_RETURN_IF_ERROR(WriteIds(epoch));
      if (changelog.family == StateLayout::kMeta) WriteMeta(meta);
      ODOMETER_RETURN_IF_ERROR(ProducePending(changelog.topic, TaskPartition(task_)));
    }
    return Status::Ok();
  }

  void WriteCheckpoint(int32_t task, const TaskCheckpoint& checkpoint) {
    batch_->Put(StateLayout::kMeta, CheckpointKey(task), EncodeTaskCheckpoint(checkpoint));
  }

  std::unique_ptr<StoreBatch> TakeBatch() { return std::move(batch_); }
  uint64_t written_bytes() const { return written_bytes_; }

 private:
  Status WriteStore(const Epoch& epoch, OpenTask* task, int64_t stream_time_ms) {
    if (changelog_->family == StateLayout::kSeries) return WriteSeries(epoch);
    if (changelog_->family == StateLayout::kEvents) return WriteEvents(epoch);
    if (changelog_->family == StateLayout::kTotals) {
      return WriteAggregates(nullptr, stream_time_ms, &task->presence.back());
    }
    if (changelog_->family < StateLayout::kFirstWindows) return WriteRows(epoch);
    const size_t tier = changelog_->family - StateLayout::kFirstWindows;
    return WriteAggregates(&committer_.layout_->tiers.windows[tier], stream_time_ms, &task->presence[tier]);
  }

  Status WriteRows(const Epoch& epoch) {
    for (const EpochRow& row : epoch.rows) {
      if (row.family != changelog_->family) continue;
      key_ = TaskKey(task_);
      key_.append(row.key);
      if (row.value) {
        batch_->Put(row.family, key_, *row.value);
        ODOMETER_RETURN_IF_ERROR(Produce(row.key, *row.value));
      } else {
        batch_->Delete(row.family, key_);
        ODOMETER_RETURN_IF_ERROR(ProduceTombstone(key_));
      }
    }
    return Status::Ok();
  }

  Status WriteOutputs(const Epoch& epoch) {
    for (const EpochOutput& output : epoch.outputs) {
      pending_.push_back({output.key, output.value, false, {}});
      if (!output.kind.empty()) pending_.back().headers = {{kKindHeader, output.kind}};
      ODOMETER_RETURN_IF_ERROR(ProducePending(output.topic, output.partition));
    }
    return Status::Ok();
  }

  Status WriteIds(const Epoch& epoch) {
    for (const SeenIds::Added& added : epoch.ids) {
      key_.clear();
      AppendIdKey(task_, added.slot, &key_);
      value_.clear();
      EncodeSeenId(added.id, &value_);
      batch_->Put(StateLayout::kIds, key_, value_);
      ODOMETER_RETURN_IF_ERROR(Produce(std::string_view(key_).substr(kTaskKeyBytes), value_));
    }
    return Status::Ok();
  }

  void WriteMeta(const TaskMeta& meta) {
    const std::string_view value = arena_.Copy(EncodeTaskMeta(meta));
    batch_->Put(StateLayout::kMeta, MetaKey(task_), value);
    pending_.push_back({kMetaChangelogKey, value, false, {}});
  }

  Status WriteSeries(const Epoch& epoch) {
    for (const auto& [id, identity] : epoch.added) {
      if (dead_.contains(id)) continue;
      ODOMETER_RETURN_IF_ERROR(WriteSeriesRow(id, identity, /*forgotten=*/false));
    }
    for (const auto& [id, identity] : epoch.forgotten) {
      ODOMETER_RETURN_IF_ERROR(WriteSeriesRow(id, identity, /*forgotten=*/true));
    }
    return Status::Ok();
  }

  Status WriteSeriesRow(SeriesId id, std::string_view identity, bool forgotten) {
    Result<Series> series = DecodeSeriesIdentity(identity);
    if (!series.ok()) return Status::Stop("a series of our own cannot be read: " + series.status().message());
    key_.clear();
    AppendSeriesKey(task_, id, &key_);
    name_key_.clear();
    AppendNameKey(*series, task_, id, &name_key_);
    if (forgotten) {
      batch_->Delete(StateLayout::kSeries, key_);
      batch_->Delete(StateLayout::kNames, name_key_);
      return ProduceTombstone(key_);
    }
    batch_->Put(StateLayout::kSeries, key_, identity);
    batch_->Put(StateLayout::kNames, name_key_, identity);
    return Produce(std::string_view(key_).substr(kTaskKeyBytes), identity);
  }

  // The epoch keeps the bytes until the commit is over.
  Status WriteEvents(const Epoch& epoch) {
    for (const EventRow& event : epoch.events) {
      Result<StoredEvent> stored = DecodeStoredEvent(event.value);
      std::optional<std::string> by_name;
      if (stored.ok()) by_name = ByNameKey(event.key, stored->name_part);
      if (!by_name) return Status::Stop("a raw event of our own cannot be read");
      batch_->Put(StateLayout::kEvents, event.key, event.value);
      batch_->Put(StateLayout::kEventsByName, *by_name, event.value);
      pending_.push_back({std::string_view(event.key).substr(kTaskKeyBytes), event.value, false, {}});
      if (pending_.size() < kProduceGroup) continue;
      ODOMETER_RETURN_IF_ERROR(ProducePending(changelog_->topic, TaskPartition(task_)));
    }
    return Status::Ok();
  }

  // The total when `tier` is null. Writes the new absolute value of every window that the deltas touch.
  Status WriteAggregates(const Tier* tier, int64_t stream_time_ms, WindowPresence* presence) {
    Status status;
    RollUp(sorted_, tier, [&](SeriesId series, int64_t window_start_ms, const Aggregate& delta) {
      if (!status.ok() || dead_.contains(series)) return;
      if (tier && !tier->Retains(window_start_ms, stream_time_ms)) return;
      status = WriteAggregate(tier, series, window_start_ms, delta, presence);
    });
    return status;
  }

  Status WriteAggregate(const Tier* tier, SeriesId series, int64_t window_start_ms, const Aggregate& delta,
                        WindowPresence* presence) {
    key_.clear();
    if (tier) {
      AppendWindowKey(task_, series, window_start_ms, &key_);
    } else {
      AppendSeriesKey(task_, series, &key_);
    }
    value_.clear();
    bool merged = false;
    if (presence->TestAndSet(series, window_start_ms)) {
      Status found = committer_.store_->Get(changelog_->family, key_, &stored_);
      if (found.ok()) {
        Result<Aggregate> absolute = AggregateCodec::Decode(stored_);
        if (!absolute.ok()) {
          return Status::Stop("the store holds an aggregate that cannot be read (" + changelog_->store +
                              "): " + absolute.status().message());
        }
        absolute->Merge(delta);
        AggregateCodec::Encode(*absolute, &value_);
        merged = true;
      } else if (!found.Is(ErrorKind::kNotFound)) {
        return found;
      }
    }
    if (!merged) AggregateCodec::Encode(delta, &value_);
    batch_->Put(changelog_->family, key_, value_);
    return Produce(std::string_view(key_).substr(kTaskKeyBytes), value_);
  }

  Status WriteDeadLetters(const Epoch& epoch) {
    const int32_t partition = TaskPartition(epoch.task) % committer_.options_.dead_letter_partitions;
    for (const DeadLetter& letter : epoch.dead_letters) pending_.push_back(ToRecord(letter));
    return ProducePending(committer_.options_.dead_letter_topic, partition);
  }

  Status Produce(std::string_view key, std::string_view value) {
    pending_.push_back({arena_.Copy(key), arena_.Copy(value), false, {}});
    return pending_.size() < kProduceGroup ? Status::Ok() : ProducePending(changelog_->topic, TaskPartition(task_));
  }
  Status ProduceTombstone(std::string_view store_key) {
    pending_.push_back({arena_.Copy(store_key.substr(kTaskKeyBytes)), {}, true, {}});
    return Status::Ok();
  }
  Status ProducePending(const std::string& topic, int32_t partition) {
    if (pending_.empty()) return Status::Ok();
    for (const OutRecord& record : pending_) written_bytes_ += record.key.size() + record.value.size();
    Status status = producer_->Produce(topic, partition, pending_);
    pending_.clear();
    return status;
  }

  const Committer& committer_;
  TransactionalProducer* const producer_;
  std::unique_ptr<StoreBatch> batch_;
  ByteArena arena_;
  int32_t task_ = 0;
  const ChangelogStore* changelog_ = nullptr;
  std::vector<OutRecord> pending_;
  std::vector<const Delta*> sorted_;
  std::unordered_set<SeriesId> dead_;  // forgotten in this epoch: what it counted before can't be seen any more
  std::string key_, name_key_, value_, stored_;
  uint64_t written_bytes_ = 0;
};

Committer::Committer(CommitterOptions options, const StateLayout* layout, const Inputs* inputs, Store* store,
                     const Clock* clock)
    : options_(std::move(options)), layout_(layout), inputs_(inputs), store_(store), clock_(clock) {}

Committer::~Committer() = default;

void Committer::Open(int32_t task, const TaskMeta& meta, const TaskCheckpoint& checkpoint) {
  tasks_[task] = std::make_unique<OpenTask>(*layout_, meta, checkpoint);
}

void Committer::Close(int32_t task) { tasks_.erase(task); }

Status Committer::Commit(const std::vector<const Epoch*>& epochs, TransactionalProducer* producer,
                         const GroupMetadata* group) {
  ODOMETER_RETURN_IF_ERROR(AsStep("commit.begin", [&] { return producer->Begin(); }));
  const int64_t now_ms = clock_->WallMs();
  Transaction transaction(*this, producer);
  std::vector<std::pair<TopicPartition, int64_t>> offsets;
  std::vector<TaskMeta> metas;

  auto abort = [&](const Status& why) {
    // Whatever failed, and be it the store: until then the producer refers to the transaction's records.
    Status aborted = Abort(producer);
    if (why.Is(ErrorKind::kRecover) || why.Is(ErrorKind::kStop)) return why;
    if (!aborted.ok()) return aborted;
    // What is refused once is refused again.
    return why.Is(ErrorKind::kInvalid) ? Status::Stop(why.message()) : Status::Abort(why.message());
  };

  // S1
  for (const Epoch* epoch : epochs) {
    OpenTask* task = tasks_.at(epoch->task).get();
    TaskMeta meta = epoch->meta;
    meta.sequence = task->meta.sequence + 1;
    meta.commit_wall_ms = now_ms;
    Status written =
        AsStep("commit.produce", [&] { return transaction.WriteTask(*epoch, task, meta.stream_time_ms); });
    if (!written.ok()) return abort(written);
    offsets.emplace_back(inputs_->PartitionOf(epoch->task), meta.next_input_offset);
    metas.push_back(meta);
  }
  if (!options_.exactly_once) {
    // Without a transaction neither the position nor the ids must get ahead of what they cover: what is skipped for
    // them would never be counted.
    if (Status flushed = producer->Flush(); !flushed.ok()) return abort(flushed);
  }
  for (size_t i = 0; i < epochs.size(); ++i) {
    Status written = AsStep("commit.progress", [&] { return transaction.WriteProgress(*epochs[i], metas[i]); });
    if (!written.ok()) return abort(written);
  }
  written_bytes_ = transaction.written_bytes();
  // S2
  if (Status flushed = AsStep("commit.flush", [&] { return producer->Flush(); }); !flushed.ok()) return abort(flushed);
  std::map<TopicPartition, int64_t> ends = producer->AcknowledgedEnds();
  if (options_.exactly_once) {
    // S3: any error aborts; going on to S4 would commit the outputs without the offsets.
    if (group == nullptr) return abort(Status::Abort("not a member of the group at the moment"));
    Status sent = AsStep("commit.offsets", [&] { return producer->SendOffsets(offsets, *group); });
    if (!sent.ok()) return abort(sent);
    // S4
    ODOMETER_RETURN_IF_ERROR(Decide(producer));
  }
  // S5
  for (size_t i = 0; i < epochs.size(); ++i) {
    OpenTask* task = tasks_.at(epochs[i]->task).get();
    task->meta = metas[i];
    task->checkpoint.written_wall_ms = now_ms;
    for (const ChangelogStore& changelog : inputs_->Of(epochs[i]->task).changelogs) {
      auto end = ends.find({changelog.topic, TaskPartition(epochs[i]->task)});
      if (end != ends.end()) task->checkpoint.changelog_next[changelog.store] = end->second;
    }
    transaction.WriteCheckpoint(epochs[i]->task, task->checkpoint);
  }
  Status stored = AsStep("commit.store", [&] { return store_->Write(transaction.TakeBatch()); });
  if (!stored.ok()) {
    if (stored.Is(ErrorKind::kStop)) return stored;
    return Status::Recover("committed, but the local store could not take it: " + stored.message());
  }
  return Status::Ok();
}

Status Committer::RefreshCheckpoints(int64_t max_age_ms) {
  const int64_t now_ms = clock_->WallMs();
  auto batch = store_->NewBatch();
  bool any = false;
  for (const auto& [number, task] : tasks_) {
    if (now_ms - task->checkpoint.written_wall_ms < max_age_ms) continue;
    task->checkpoint.written_wall_ms = now_ms;
    batch->Put(StateLayout::kMeta, CheckpointKey(number), EncodeTaskCheckpoint(task->checkpoint));
    any = true;
  }
  return any ? store_->Write(std::move(batch)) : Status::Ok();
}

Status Committer::Decide(TransactionalProducer* producer) {
  const int64_t deadline_ms = clock_->SteadyMs() + options_.commit_timeout_ms;
  while (true) {
    Status committed = AsStep("commit.decide", [&] { return producer->Commit(); });
    if (committed.ok()) return committed;
    if (committed.Is(ErrorKind::kAbort)) {
      Status aborted = Abort(producer);
      return aborted.ok() ? committed : aborted;
    }
    if (!committed.Is(ErrorKind::kRetry)) return committed;
    if (clock_->SteadyMs() >= deadline_ms) {
      return Status::Recover("the outcome of a commit stayed unknown: " + committed.message());
    }
    LogWarn("committer", "commit is tried again: {}", committed.message());
  }
}

}  // namespace odometer
