#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/access/access_control.h"
#include "cli/http_parts.h"
#include "cli/listener.h"
#include "cli/service_commands.h"
#include "common/base/log.h"

namespace odometer::cli {
namespace {

constexpr int kWaitMs = 60'000;

// Serves the routes until asked to stop.
int Serve(const std::string& name, const std::string& address, const Config& config, const ConfigSource& source,
          http::Router router, NotReadyReasons not_ready, const std::function<void()>& reload, Metrics* metrics,
          StopSignal* stop) {
  const SystemClock clock;
  Result<std::unique_ptr<AccessControl>> access = AccessControl::Make(name, config.auth, &clock);
  if (!access.ok()) return Fail(name, access.status());
  Result<std::unique_ptr<http::Server>> server =
      Listen(name, address, config, &(*access)->gate(), std::move(router), std::move(not_ready), metrics);
  if (!server.ok()) return Fail(name, server.status());
  const StopSignal::OnHangup on_hangup(stop, [&] {
    (void)(*access)->Reload(source);
    reload();
  });
  while (!stop->WaitFor(kWaitMs)) {
  }
  (*server)->Stop(kDrainMs);
  LogInfo(name, "stopped");
  return 0;
}

}  // namespace

int RunIngest(const Config& config, const ConfigSource& source, StopSignal* stop) {
  const std::string name = "ingest";
  const SystemClock clock;
  Metrics metrics;
  Result<std::unique_ptr<IngestParts>> ingest = IngestParts::Make(config, &clock, &metrics);
  if (!ingest.ok()) return Fail(name, ingest.status());
  if (Status statsd = (*ingest)->StartStatsd(); !statsd.ok()) return Fail(name, statsd);
  http::Router router;
  (*ingest)->AddRoutes(&router);
  (*ingest)->AddHealthRoutes(&router);
  const int code = Serve(name, config.ingest_listen, config, source, std::move(router),
                         [&ingest] { return (*ingest)->NotReady(); }, [&ingest] { (*ingest)->Reload(); }, &metrics, stop);
  (*ingest)->Stop();
  return code;
}

int RunQuery(const Config& config, const ConfigSource& source, StopSignal* stop) {
  const std::string name = "query";
  const SystemClock clock;
  Metrics metrics;
  Result<std::unique_ptr<QueryParts>> query = QueryParts::Make(config, config.query_listen, &clock, &metrics);
  if (!query.ok()) return Fail(name, query.status());
  http::Router router;
  (*query)->AddRoutes(&router);
  const int code = Serve(name, config.query_listen, config, source, std::move(router),
                         [&query] { return (*query)->NotReady(); }, [&query] { (*query)->Reload(); }, &metrics, stop);
  (*query)->Stop();
  return code;
}

int RunServe(const Config& given, const ConfigSource& source, StopSignal* stop) {
  const std::string name = "serve";
  const SystemClock clock;
  Metrics metrics;
  WrittenOffsets raw_written;
  Config config = given;
  config.ingest.raw_written = &raw_written;
  config.query.raw_written = &raw_written;
  Result<std::unique_ptr<IngestParts>> ingest = IngestParts::Make(config, &clock, &metrics);
  if (!ingest.ok()) return Fail(name, ingest.status());
  Config of_query = config;
  of_query.query.definitions_here = true;
  Result<std::unique_ptr<QueryParts>> query = QueryParts::Make(of_query, config.serve_listen, &clock, &metrics);
  if (!query.ok()) return Fail(name, query.status());
  if (Status statsd = (*ingest)->StartStatsd(); !statsd.ok()) return Fail(name, statsd);
  http::Router router;
  (*ingest)->AddRoutes(&router);
  (*query)->AddRoutes(&router);
  auto not_ready = [&ingest, &query] {
    std::vector<std::string> reasons = (*ingest)->NotReady();
    for (std::string& reason : (*query)->NotReady()) reasons.push_back(std::move(reason));
    return reasons;
  };
  auto reload = [&ingest, &query] {
    (*ingest)->Reload();
    (*query)->Reload();
  };
  const int code = Serve(name, config.serve_listen, config, source, std::move(router), not_ready, reload, &metrics,
                         stop);
  (*query)->Stop();
  (*ingest)->Stop();
  return code;
}

}  // namespace odometer::cli
