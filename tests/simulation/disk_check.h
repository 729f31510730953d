// Whether what a disk shows is what the changelogs say.
#pragma once

#include <string>

#include "common/kafka/memory_broker.h"
#include "common/store/store.h"
#include "tests/simulation/simulated_tasks.h"

namespace odometer {

// Of every task that can be read from the store: as of its checkpoint, neither less nor more. The first difference; empty
// when there is none.
std::string CompareDisk(Store* store, const StateLayout& layout, const SimulatedTasks& tasks, MemoryBroker* broker);

}  // namespace odometer
