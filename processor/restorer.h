// Brings a task's local state up to the end of its committed changelogs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/log_reader.h"
#include "common/state/state_layout.h"
#include "common/store/store.h"
#include "processor/command_state.h"
#include "processor/inputs.h"
#include "processor/seen_ids.h"
#include "processor/series_dictionary.h"

namespace odometer {

struct RestoredTask {
  TaskMeta meta;
  bool has_meta = false;  // false: this task has never committed
  TaskCheckpoint checkpoint;
  SeriesDictionary series;
  SeenIds ids{SeenIdsOptions{}};
  CommandState commands;  // of a command task
  uint64_t records = 0;  // read from the changelogs
  bool full = false;     // from the beginning, not from a checkpoint
};

struct RestorerOptions {
  // A checkpoint older than this may have missed tombstones that the broker has cleaned: restore in full.
  int64_t max_checkpoint_age_ms = 12 * 3'600'000;  // half of the changelogs' delete.retention.ms
  size_t batch_bytes = 32 << 20;
  SeenIdsOptions ids;
};

// One thread at a time.
class Restorer {
 public:
  Restorer(RestorerOptions options, const StateLayout* layout, const Inputs* inputs, Admin* admin, LogReader* reader,
           Store* store, const Clock* clock);

  // Reads the committed changelog records since the checkpoint and writes them to the store, the last batch together
  // with the new checkpoint. What fits one batch appears at once; else the checkpoint says `restoring` meanwhile. Ended
  // half-way, the next one starts where this one did.
  // `progress` is told records read so far and the number there may be; its error ends the restore.
  // kRetry: the broker could not be read; call again. kStop: a changelog is shorter than what was taken from it, or
  // something cannot be read.
  Result<RestoredTask> Restore(int32_t task_number,
                               const std::function<Status(uint64_t records, uint64_t of)>& progress);

  // Whether an input partition still has the record that was taken from it last. kStop: there is another one in its place.
  // OK also when its log does not reach back to that record, or has none in its place any more. kRetry: as above.
  Status CheckLastRecord(const TopicPartition& input, const OffsetRange& range, const RecordMark& last);

  // Makes a task that has never committed one that is read: as having counted nothing up to `meta`.
  Status MarkOpen(int32_t task_number, const TaskMeta& meta);
  // Marks a task whose partition another instance owns now: its state here must not be read any more.
  Status MarkReleased(int32_t task_number);

 private:
  struct Plan;
  class Writer;

  Result<TaskCheckpoint> LoadCheckpoint(int32_t task_number) const;
  Result<Plan> MakePlan(int32_t task_number, const TaskCheckpoint& checkpoint);
  Status LoadTask(int32_t task_number, RestoredTask* task) const;
  Status LoadCommands(const StoreView& view, const std::string& task_key, CommandState* commands) const;
  bool HasLostItsBeginning(const TopicPartition& changelog, int64_t from) const;

  const RestorerOptions options_;
  const StateLayout* const layout_;
  const Inputs* const inputs_;
  Admin* const admin_;
  LogReader* const reader_;
  Store* const store_;
  const Clock* const clock_;
};

}  // namespace odometer
