// Which slot of a store each source of the rules has.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/state/state_layout.h"
#include "common/store/store.h"

namespace odometer {

// Gives each topic its slot, the same as ever for one that the store knows, and writes that down. Sources that are not
// among the topics any more are not read from then on: their tasks are restored when they come back. The slots of the
// topics. No task may be open.
Result<std::map<int32_t, StoredSource>> ClaimSourceSlots(const std::vector<std::string>& topics, Store* store);

// What is added to the name of a static member of the group: another one for other topics, nothing without any. A member
// that comes back under its name keeps its partitions, whatever it subscribes to now; under another one it gets its share of
// the new topics, and what it had before once its session has ended.
std::string SourcesMark(const std::vector<std::string>& topics);

}  // namespace odometer
