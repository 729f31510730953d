// The state of an instance, of whichever generation is in use: a switch to another one is followed while it runs.
#pragma once

#include <memory>

#include "common/base/clock.h"
#include "common/state/instance_reader.h"
#include "common/state/state_reader.h"

namespace odometer {

// Thread-safe. `options.state_dir` is that of the instance. Views that were given out before a switch stay those of the
// generation before. `clock` must outlive it.
std::unique_ptr<StateReader> NewGenerationReader(InstanceReaderOptions options, const Clock* clock);

}  // namespace odometer
