// The commit protocol: changelogs, outputs and input offsets in one transaction, and only then the local store, with
// the changelog checkpoint, in one batch. docs/architecture.md draws it; S1 to S5 are its steps.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"
#include "common/state/state_layout.h"
#include "common/store/store.h"
#include "processor/epoch.h"
#include "processor/inputs.h"
#include "processor/window_presence.h"

namespace odometer {

struct CommitterOptions {
  bool exactly_once = true;
  std::string dead_letter_topic;
  int32_t dead_letter_partitions = 1;
  int64_t commit_timeout_ms = 15'000;  // for an outcome of S4 that stays unknown
};

// Used by one thread at a time; tasks are opened and closed only while no commit runs.
class Committer {
 public:
  Committer(CommitterOptions options, const StateLayout* layout, const Inputs* inputs, Store* store, const Clock* clock);
  ~Committer();

  // Takes over a task as it was restored. A task that is open already is replaced.
  void Open(int32_t task, const TaskMeta& meta, const TaskCheckpoint& checkpoint);
  void Close(int32_t task);

  // Commits the epochs of open tasks together. After an OK everything is in the log and in the store.
  // kAbort: nothing is committed; the same epochs may be committed again.
  // kRecover: the outcome is unknown, or the store is behind the log; drop the epochs and restore.
  // kStop: going on would be wrong.
  // `group` is not used, and may be null, without exactly_once.
  Status Commit(const std::vector<const Epoch*>& epochs, TransactionalProducer* producer, const GroupMetadata* group);

  // Keys and values that the last commit wrote to its topics; about the same goes to the store.
  uint64_t written_bytes() const { return written_bytes_; }

  // Says again of open tasks that are idle, and whose checkpoint is older than that, that nothing is missing: a
  // checkpoint that has become too old is not restored from (RestorerOptions::max_checkpoint_age_ms).
  Status RefreshCheckpoints(int64_t max_age_ms);

 private:
  struct OpenTask;
  class Transaction;

  Status Decide(TransactionalProducer* producer);

  const CommitterOptions options_;
  const StateLayout* const layout_;
  const Inputs* const inputs_;
  Store* const store_;
  const Clock* const clock_;
  std::map<int32_t, std::unique_ptr<OpenTask>> tasks_;
  uint64_t written_bytes_ = 0;
};

}  // namespace odometer
