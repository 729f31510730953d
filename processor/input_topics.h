// Keeps the changelogs as wide as the topics that are consumed, and the store's knowledge of these topics true.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/store/store.h"
#include "processor/inputs.h"
#include "processor/restorer.h"

namespace odometer {

// Used by the consuming thread only.
class InputTopics {
 public:
  // All must outlive it.
  InputTopics(const Inputs* inputs, Admin* admin, Store* store, Restorer* restorer, int16_t changelog_replication)
      : inputs_(*inputs), admin_(*admin), store_(*store), restorer_(*restorer), replication_(changelog_replication) {}

  // After the assignment has changed, or a topic may have grown: makes changelogs wide enough before the tasks in
  // `assigned` are opened, and marks what others have as not ours. *grown: a topic has, since the call before; the
  // producer does not know the new partitions. kRetry while the broker does not know a topic well enough.
  Status Ensure(const std::set<int32_t>& assigned, bool* grown);

  // As last seen; 0 before the first Ensure.
  int32_t command_partitions() const { return command_partitions_; }

 private:
  Status EnsureEvents(const std::set<int32_t>& assigned, bool* grown);
  Status EnsureCommands();
  Status EnsureSource(int32_t slot, const Input& source, const std::set<int32_t>& assigned, bool* grown);
  Status MarkReleased(const std::set<int32_t>& assigned);
  // How many partitions it has; kRetry while that is fewer than the tasks from `first_task` on need.
  Result<int32_t> Partitions(const std::string& topic, int32_t first_task, const std::set<int32_t>& assigned);

  const Inputs& inputs_;
  Admin& admin_;
  Store& store_;
  Restorer& restorer_;
  const int16_t replication_;
  int32_t event_partitions_ = 0;
  int32_t command_partitions_ = 0;
  std::map<int32_t, int32_t> source_partitions_;  // by slot
};

}  // namespace odometer
