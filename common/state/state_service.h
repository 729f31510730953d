// The server side of the state protocol (docs/formats/state-protocol.md): answers from a StateReader over a Unix
// socket.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/status.h"
#include "common/state/state_reader.h"

namespace odometer {

struct StateServiceOptions {
  std::string socket_path;      // any length; only the owner may connect (0600)
  size_t max_connections = 64;  // more are told so and closed
  int io_timeout_ms = 5'000;    // for the rest of a request once it has begun, and for the client to take an answer
};

class StateService {
 public:
  virtual ~StateService() = default;  // stops
  // Replaces a socket file that an earlier process left. kStop, with what to do, when it cannot listen there.
  virtual Status Start() = 0;
  // Ends what is under way, waits for its threads, removes the socket file. Idempotent, also before Start.
  virtual void Stop() = 0;
};

// `reader` must outlive the service. `complete`, if given, fills in what the store does not know (log_end_offset,
// log_end_seen_ms) in the position of every view; called from the service's threads, several at once.
std::unique_ptr<StateService> NewStateService(StateServiceOptions options, StateReader* reader,
                                              std::function<void(StatePosition*)> complete = nullptr);

}  // namespace odometer
