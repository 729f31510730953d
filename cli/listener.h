// A server on one address, from its routes to its end.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/config/config.h"
#include "cli/stop_signal.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/http/gate.h"
#include "common/http/server.h"

namespace odometer::cli {

using NotReadyReasons = std::function<std::vector<std::string>()>;

// Adds the operations routes to `router` and starts serving. kInvalid where other machines could come in and nobody has
// said that they may. `gate` must outlive the server; null for routes that are all open.
Result<std::unique_ptr<http::Server>> Listen(const std::string& name, const std::string& address,
                                             const Config& config, const http::Gate* gate, http::Router router,
                                             NotReadyReasons not_ready, Metrics* metrics);

inline constexpr int kDrainMs = 10'000;

// A process's exit code for wrong flags or configuration: starting again will not help.
inline constexpr int kUsageError = 2;

// Logs why the process ends with failure; its exit code: kUsageError for a configuration that is not valid, else 1.
int Fail(const std::string& name, const Status& status);

}  // namespace odometer::cli
