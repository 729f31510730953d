// One life of a whole cluster, decided by a seed: processors that count, crash at any step, hang, wake up as zombies,
// come back with or without their disks, over a broker that fails in every way that Kafka is known to.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace odometer {

struct SimulationReport {
  // What did not hold; empty when everything did.
  std::string failure;
  uint64_t records = 0;
  uint64_t commits = 0;  // batches that reached a store
  // How often each thing happened that processors must survive: every kind that there is.
  std::map<std::string, uint64_t> events;
};

// Must hold: every answer equals the oracle's, from the local store and from one that is restored from the changelogs
// alone; accounts balance at every commit; no store is ever ahead of its committed changelog; the group's offsets and
// the changelogs agree whenever no transaction is open; and where somebody has tampered with the logs or offsets,
// the processor stops. `trace` prints what happens.
SimulationReport Simulate(uint64_t seed, bool trace);

}  // namespace odometer
