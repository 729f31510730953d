// The state of one instance, for the query process: from the processor's state service, and while the processor is away
// from its database on the same disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/state/state_layout.h"
#include "common/state/state_reader.h"

namespace odometer {

struct InstanceReaderOptions {
  std::string state_dir;                 // common/state/state_paths.h says what lies in it
  TierSet tiers = TierSet::Default();    // as the processor has them
  int64_t events_retention_ms = kForever;  // likewise
  int service_timeout_ms = 5'000;        // for a view
  int64_t service_retry_ms = 200;        // while it is away, ask for it at most this often
  int64_t catch_up_ms = 100;             // the database is followed this closely while nobody reads
};

// Thread-safe. `clock` must outlive it. The database is open only while the service is away, that is, while it gives no
// view: a read of a view that takes too long is an error, and never tried again on the database.
// kRetry when neither can answer (the processor has never run here); why is logged.
std::unique_ptr<StateReader> NewInstanceReader(InstanceReaderOptions options, const Clock* clock);

}  // namespace odometer
