// The routes that every process has for its operators.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "common/http/server.h"

namespace odometer::http {

// GET /livez: 200 while the process runs. GET /readyz: 200, or 503 with the reasons that `not_ready_reasons` gives; it
// is called from the server's threads and must not block. GET /metrics: the Prometheus text format. `metrics` must
// outlive the server.
void AddOperationsRoutes(std::function<std::vector<std::string>()> not_ready_reasons, Metrics* metrics, Router* router);

// GET /health: 200 {"status":"ok"} or 422 {"status":"error"}. `healthy` is called from the server's threads and must not
// block.
void AddHealthRoute(std::function<bool()> healthy, Router* router);

}  // namespace odometer::http
