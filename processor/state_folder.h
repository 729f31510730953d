// Whose state a store holds.
#pragma once

#include <string>

#include "common/base/status.h"
#include "common/state/state_layout.h"
#include "common/store/store.h"

namespace odometer {

// An empty store becomes `ours`. kStop, with what to do, when it is of another application, topic, cluster or set of
// tiers, or cannot be read. `state_dir` is for the message.
Status ClaimStateFolder(const StateFormat& ours, const std::string& state_dir, Store* store);

}  // namespace odometer
