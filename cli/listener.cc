#include "cli/listener.h"

#include <utility>

#include "cli/access/access_control.h"
#include "cli/config/config_values.h"
#include "common/base/log.h"
#include "common/http/operations.h"

namespace odometer::cli {

Result<std::unique_ptr<http::Server>> Listen(const std::string& name, const std::string& address,
                                             const Config& config, const http::Gate* gate, http::Router router,
                                             NotReadyReasons not_ready, Metrics* metrics) {
  http::AddOperationsRoutes(std::move(not_ready), metrics, &router);
  ODOMETER_RETURN_IF_ERROR(CheckReach(name, address, config.auth, router));
  http::ServerOptions options = config.http;
  options.listen = address;
  options.gate = gate;
  std::unique_ptr<http::Server> server = http::NewServer(name, options, std::move(router), metrics);
  ODOMETER_RETURN_IF_ERROR(server->Start());
  if (config.auth.open && gate != nullptr && !IsLoopback(address)) {
    LogWarn(name, "{} can be reached by other machines, and lets everybody in (auth.open): keep it behind a firewall or a "
                  "proxy", address);
  }
  return server;
}

int Fail(const std::string& name, const Status& status) {
  LogError(name, "{}", status.ToString());
  return status.Is(ErrorKind::kInvalid) ? kUsageError : 1;
}

}  // namespace odometer::cli
