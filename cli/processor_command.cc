#include <memory>
#include <utility>

#include "cli/listener.h"
#include "cli/service_commands.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "processor/processor.h"

namespace odometer::cli {
namespace {

// How soon a failure ends the process.
constexpr int kFailureCheckMs = 200;

}  // namespace

int RunProcessor(const Config& config, StopSignal* stop) {
  const std::string name = "processor";
  const SystemClock clock;
  Metrics metrics;
  Result<std::unique_ptr<Processor>> made = NewProcessor(config.processor, &clock, &metrics);
  if (!made.ok()) return Fail(name, made.status());
  Processor& processor = **made;

  // Listening comes first, so that one can ask why it is not ready yet.
  Result<std::unique_ptr<http::Server>> server =
      Listen(name, config.processor_listen, config, http::Router(),
             [&processor] { return processor.NotReadyReasons(); }, &metrics);
  if (!server.ok()) return Fail(name, server.status());

  Status status = processor.Start();
  while (status.ok() && !stop->WaitFor(kFailureCheckMs)) status = processor.Failure();
  processor.Stop();
  (*server)->Stop(kDrainMs);
  if (!status.ok()) return Fail(name, status);
  LogInfo(name, "stopped");
  return 0;
}

}  // namespace odometer::cli
