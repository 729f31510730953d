#include "processor/restorer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "common/model/event_decoder.h"
#include "common/model/timestamp.h"
#include "common/state/event_keys.h"

namespace odometer {

namespace {
constexpr uint64_t kProgressRecords = 100'000;
}  // namespace

struct Restorer::Plan {
  struct Part {
    const ChangelogStore* changelog;
    OffsetRange range;
    int64_t from;
  };
  bool full = false;
  std::vector<Part> parts;
  uint64_t records = 0;  // at most
};

// Gathers restored records into batches.
class Restorer::Writer {
 public:
  // `from`: where the restore starts, and would start again if it ended half-way.
  Writer(int32_t task, const TaskCheckpoint& from, size_t batch_bytes, Store* store)
      : task_(task), unfinished_(from), batch_bytes_(batch_bytes), store_(store), batch_(store->NewBatch()) {
    unfinished_.restoring = true;
  }

  // Everything of the task goes, before it is restored from the beginning.
  void Wipe(const StateLayout& layout) {
    const std::string begin = TaskKey(task_);
    const std::string end = PrefixEnd(begin);
    for (FamilyId family = StateLayout::kSeries; family < layout.families.size(); ++family) {
      if (family != StateLayout::kNames) batch_->DeleteRange(family, begin, end);
    }
    batch_->Delete(StateLayout::kMeta, MetaKey(task_));
    auto view = store_->View();
    for (auto it = view->Scan(StateLayout::kSeries, begin, end); it->Valid(); it->Next()) {
      DeleteName(ParseSeriesKey(it->Key()).second, it->Value());
    }
  }

  Status Apply(const ChangelogStore& changelog, const RecordView& record) {
    if (changelog.family == StateLayout::kMeta) {
      if (record.has_value) batch_->Put(StateLayout::kMeta, MetaKey(task_), record.value);
      return FlushIfLarge();
    }
    key_ = TaskKey(task_);
    key_.append(record.key);
    if (changelog.family == StateLayout::kEvents) {
      if (!ApplyEvent(record)) return NotOurs(changelog, record);
      return FlushIfLarge();
    }
    if (!HasKeySize(changelog.family, key_.size())) {
      return NotOurs(changelog, record);
    }
    if (changelog.family == StateLayout::kSeries) {
      ODOMETER_RETURN_IF_ERROR(ApplySeries(record));
    } else if (record.has_value) {
      batch_->Put(changelog.family, key_, record.value);
    } else {
      batch_->Delete(changelog.family, key_);
    }
    return FlushIfLarge();
  }

  // The last batch.
  Status Finish(const TaskCheckpoint& checkpoint) {
    batch_->Put(StateLayout::kMeta, CheckpointKey(task_), EncodeTaskCheckpoint(checkpoint));
    return store_->Write(std::move(batch_));
  }

 private:
  static Status NotOurs(const ChangelogStore& changelog, const RecordView& record) {
    return Status::Stop("changelog " + changelog.topic + " holds a key of " + std::to_string(record.key.size()) +
                        " bytes at offset " + std::to_string(record.offset) + ": it is not ours");
  }

  static bool HasKeySize(FamilyId family, size_t size) {
    if (family == StateLayout::kDefinitions) return size > kTaskKeyBytes;
    if (family == StateLayout::kReadings) return size == 20;
    return size == (family >= StateLayout::kFirstWindows ? 16 : 8);
  }

  // False when it is nothing that a processor writes; events are never deleted.
  bool ApplyEvent(const RecordView& record) {
    if (!record.has_value) return false;
    Result<StoredEvent> event = DecodeStoredEvent(record.value);
    if (!event.ok()) return false;
    const std::optional<std::string> by_name = ByNameKey(key_, event->name_part);
    if (!by_name) return false;
    batch_->Put(StateLayout::kEvents, key_, record.value);
    batch_->Put(StateLayout::kEventsByName, *by_name, record.value);
    return true;
  }

  Status ApplySeries(const RecordView& record) {
    const SeriesId id = ParseSeriesKey(key_).second;
    if (record.has_value) {
      Result<Series> series = DecodeSeriesIdentity(record.value);
      if (!series.ok()) return Status::Stop("a series in the changelog cannot be read: " + series.status().message());
      name_key_.clear();
      AppendNameKey(*series, task_, id, &name_key_);
      batch_->Put(StateLayout::kSeries, key_, record.value);
      batch_->Put(StateLayout::kNames, name_key_, record.value);
      pending_series_[id] = std::string(record.value);
      return Status::Ok();
    }
    // The name is not in the tombstone: it is in this batch or in the store.
    if (auto pending = pending_series_.find(id); pending != pending_series_.end()) {
      DeleteName(id, pending->second);
      pending_series_.erase(pending);
    } else {
      std::string identity;
      Status found = store_->Get(StateLayout::kSeries, key_, &identity);
      if (found.ok()) DeleteName(id, identity);
      if (!found.ok() && !found.Is(ErrorKind::kNotFound)) return found;
    }
    batch_->Delete(StateLayout::kSeries, key_);
    return Status::Ok();
  }

  void DeleteName(SeriesId id, std::string_view identity) {
    Result<Series> series = DecodeSeriesIdentity(identity);
    if (!series.ok()) return;
    name_key_.clear();
    AppendNameKey(*series, task_, id, &name_key_);
    batch_->Delete(StateLayout::kNames, name_key_);
  }

  Status FlushIfLarge() {
    if (batch_->Bytes() < batch_bytes_) return Status::Ok();
    batch_->Put(StateLayout::kMeta, CheckpointKey(task_), EncodeTaskCheckpoint(unfinished_));
    ODOMETER_RETURN_IF_ERROR(store_->Write(std::move(batch_)));
    batch_ = store_->NewBatch();
    pending_series_.clear();
    return Status::Ok();
  }

  const int32_t task_;
  TaskCheckpoint unfinished_;
  const size_t batch_bytes_;
  Store* const store_;
  std::unique_ptr<StoreBatch> batch_;
  std::map<SeriesId, std::string> pending_series_;  // put in the current batch
  std::string key_, name_key_;
};

Restorer::Restorer(RestorerOptions options, const StateLayout* layout, const Inputs* inputs, Admin* admin,
                   LogReader* reader, Store* store, const Clock* clock)
    : options_(options),
      layout_(layout),
      inputs_(inputs),
      admin_(admin),
      reader_(reader),
      store_(store),
      clock_(clock) {}

Result<RestoredTask> Restorer::Restore(int32_t task_number,
                                       const std::function<Status(uint64_t records, uint64_t of)>& progress) {
  const int32_t partition = TaskPartition(task_number);
  Result<TaskCheckpoint> loaded = LoadCheckpoint(task_number);
  if (!loaded.ok()) return loaded.status();
  Result<Plan> plan = MakePlan(task_number, *loaded);
  if (!plan.ok()) return plan.status();

  RestoredTask task;
  task.full = plan->full;
  if (!plan->full) task.checkpoint = *loaded;
  Writer writer(task_number, task.checkpoint, options_.batch_bytes, store_);
  if (plan->full) writer.Wipe(*layout_);
  for (const Plan::Part& part : plan->parts) {
    int64_t first_append_ms = 0;
    auto take = [&](const RecordView& record) {
      if (first_append_ms == 0) first_append_ms = record.timestamp_ms;
      if (++task.records % kProgressRecords == 0) ODOMETER_RETURN_IF_ERROR(progress(task.records, plan->records));
      return writer.Apply(*part.changelog, record);
    };
    Status read = AsStep("restore.read", [&] {
      return reader_->Read({part.changelog->topic, partition}, part.from, part.range.end, take);
    });
    if (read.Is(ErrorKind::kStop) && HasLostItsBeginning({part.changelog->topic, partition}, part.from)) {
      return Status::Retry("the broker deleted old records of " + part.changelog->topic + " while it was read");
    }
    if (!read.ok()) return read.WithContext("restoring " + part.changelog->topic);
    task.checkpoint.changelog_next[part.changelog->store] = part.range.end;
    // A log that does not begin at 0 has lost records to the broker's retention.
    const bool expires =
        part.changelog->family >= StateLayout::kFirstWindows || part.changelog->family == StateLayout::kEvents;
    if (plan->full && part.range.begin > 0 && expires) {
      // What the broker has deleted was appended before the oldest record that is left; event times reach at most
      // kMaxFutureMs beyond their append time.
      const int64_t oldest_ms = first_append_ms != 0 ? first_append_ms : clock_->WallMs();
      task.checkpoint.complete_from_ms[part.changelog->store] = oldest_ms + kMaxFutureMs;
    }
  }
  task.checkpoint.restoring = false;
  task.checkpoint.written_wall_ms = clock_->WallMs();
  ODOMETER_RETURN_IF_ERROR(AsStep("restore.store", [&] { return writer.Finish(task.checkpoint); }));
  ODOMETER_RETURN_IF_ERROR(LoadTask(task_number, &task));
  return task;
}

Status Restorer::CheckLastRecord(const TopicPartition& input, const OffsetRange& range, const RecordMark& last) {
  if (last.offset < range.begin) return Status::Ok();
  Status read = reader_->Read(input, last.offset, last.offset + 1, [&](const RecordView& record) {
    if (record.timestamp_ms == last.timestamp_ms) return Status::Ok();
    return Status::Stop(ToString(input) + " has a record of " + FormatIso8601(record.timestamp_ms) + " at offset " +
                        std::to_string(last.offset) + ", where one of " + FormatIso8601(last.timestamp_ms) +
                        " was counted: the topic was re-created. To count what it holds now, use another application name");
  });
  if (read.Is(ErrorKind::kStop) && HasLostItsBeginning(input, last.offset)) return Status::Ok();
  return read;
}

bool Restorer::HasLostItsBeginning(const TopicPartition& changelog, int64_t from) const {
  Result<OffsetRange> range = admin_->Offsets(changelog);
  return range.ok() && range->begin > from;
}

Status Restorer::MarkOpen(int32_t task_number, const TaskMeta& meta) {
  auto batch = store_->NewBatch();
  batch->Put(StateLayout::kMeta, MetaKey(task_number), EncodeTaskMeta(meta));
  return store_->Write(std::move(batch));
}

Status Restorer::MarkReleased(int32_t task_number) {
  Result<TaskCheckpoint> checkpoint = LoadCheckpoint(task_number);
  if (!checkpoint.ok()) return checkpoint.status();
  if (checkpoint->restoring) return Status::Ok();
  checkpoint->restoring = true;
  auto batch = store_->NewBatch();
  batch->Put(StateLayout::kMeta, CheckpointKey(task_number), EncodeTaskCheckpoint(*checkpoint));
  return store_->Write(std::move(batch));
}

Result<TaskCheckpoint> Restorer::LoadCheckpoint(int32_t task_number) const {
  std::string bytes;
  Status found = store_->Get(StateLayout::kMeta, CheckpointKey(task_number), &bytes);
  if (found.Is(ErrorKind::kNotFound)) return TaskCheckpoint{};
  if (!found.ok()) return found;
  Result<TaskCheckpoint> checkpoint = DecodeTaskCheckpoint(bytes);
  if (!checkpoint.ok()) return Status::Stop("the task's checkpoint cannot be read: " + checkpoint.status().message());
  return checkpoint;
}

Result<Restorer::Plan> Restorer::MakePlan(int32_t task_number, const TaskCheckpoint& checkpoint) {
  const int32_t partition = TaskPartition(task_number);
  Plan plan;
  plan.full = clock_->WallMs() - checkpoint.written_wall_ms > options_.max_checkpoint_age_ms;
  for (const ChangelogStore& changelog : inputs_->Of(task_number).changelogs) {
    OffsetRange range;
    ODOMETER_RETURN_IF_ERROR(AsStep("restore.ends", [&] {
      Result<OffsetRange> found = admin_->Offsets({changelog.topic, partition});
      if (found.ok()) range = *found;
      return found.status();
    }));
    plan.parts.push_back({&changelog, range, range.begin});
    auto next = checkpoint.changelog_next.find(changelog.store);
    const bool known = next != checkpoint.changelog_next.end();
    // A state from before ids or raw events were kept has nothing of them, and all the rest.
    const bool newer = changelog.family == StateLayout::kIds || changelog.family == StateLayout::kEvents;
    if (!known && newer && !checkpoint.changelog_next.empty()) continue;
    if (!known || next->second < range.begin) {
      plan.full = true;
    } else if (next->second > range.end) {
      return Status::Stop("changelog " + changelog.topic + "/" + std::to_string(partition) + " ends at offset " +
                          std::to_string(range.end) + ", but this state folder has taken records up to " +
                          std::to_string(next->second) +
                          " from it: the topic was re-created or has lost records. If that is what you want, remove "
                          "the state folder; then the state is what the changelogs and the input topic still hold");
    } else {
      plan.parts.back().from = next->second;
    }
  }
  for (Plan::Part& part : plan.parts) {
    if (plan.full) part.from = part.range.begin;
    plan.records += static_cast<uint64_t>(part.range.end - part.from);
  }
  return plan;
}

Status Restorer::LoadTask(int32_t task_number, RestoredTask* task) const {
  std::string bytes;
  Status found = store_->Get(StateLayout::kMeta, MetaKey(task_number), &bytes);
  if (found.ok()) {
    Result<TaskMeta> meta = DecodeTaskMeta(bytes);
    if (!meta.ok()) return Status::Stop("the task's record cannot be read: " + meta.status().message());
    task->meta = *meta;
    task->has_meta = meta->sequence > 0;
  } else if (!found.Is(ErrorKind::kNotFound)) {
    return found;
  }
  task->series = SeriesDictionary(task->meta.next_series_id);
  auto view = store_->View();
  const std::string begin = TaskKey(task_number);
  if (IsCommandTask(task_number)) return LoadCommands(*view, begin, &task->commands);
  auto series = view->Scan(StateLayout::kSeries, begin, PrefixEnd(begin));
  for (; series->Valid(); series->Next()) task->series.Load(series->Value(), ParseSeriesKey(series->Key()).second);
  ODOMETER_RETURN_IF_ERROR(series->status());
  // Without transactions a crash may leave series that the task's record does not know of yet.
  task->meta.next_series_id = task->series.next_id();
  task->ids = SeenIds(options_.ids);
  auto ids = view->Scan(StateLayout::kIds, begin, PrefixEnd(begin));
  for (; ids->Valid(); ids->Next()) {
    Result<SeenId> id = DecodeSeenId(ids->Value());
    if (!id.ok()) return Status::Stop("an id in the store cannot be read: " + id.status().message());
    task->ids.Load(ParseIdKeySlot(ids->Key()), *id);
  }
  return ids->status();
}

Status Restorer::LoadCommands(const StoreView& view, const std::string& task_key, CommandState* commands) const {
  const std::string end = PrefixEnd(task_key);
  auto definitions = view.Scan(StateLayout::kDefinitions, task_key, end);
  for (; definitions->Valid(); definitions->Next()) {
    Status loaded = commands->LoadDefinition(definitions->Key().substr(kTaskKeyBytes), definitions->Value());
    if (!loaded.ok()) return Status::Stop("a definition in the store cannot be read: " + loaded.message());
  }
  ODOMETER_RETURN_IF_ERROR(definitions->status());
  auto requests = view.Scan(StateLayout::kRequests, task_key, end);
  for (; requests->Valid(); requests->Next()) {
    Status loaded = commands->LoadRequest(ParseIdKeySlot(requests->Key()), requests->Value());
    if (!loaded.ok()) return Status::Stop("a request in the store cannot be read: " + loaded.message());
  }
  return requests->status();
}

}  // namespace odometer
