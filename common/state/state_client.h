// A StateReader that asks the state service.
#pragma once

#include <memory>
#include <string>

#include "common/state/state_reader.h"

namespace odometer {

struct StateClientOptions {
  std::string socket_path;  // any length
  int timeout_ms = 5'000;   // for a view; its reads may take until its deadline
  size_t max_idle_connections = 8;
};

// Thread-safe; connects when asked something, and again after the service was away. A view has a connection of its own.
// kRetry for a view when the service cannot be reached, breaks off, or takes too long. The service's own errors come
// through as they are.
std::unique_ptr<StateReader> NewStateClient(StateClientOptions options);

}  // namespace odometer
