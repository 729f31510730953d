#include "ingest/statsd.h"

#include <string_view>

#include "ingest/statsd_intake.h"

namespace odometer {

Result<std::unique_ptr<StatsdListener>> StartStatsd(const StatsdOptions& options, const std::string& topic,
                                                    AsyncProducer* producer, const Clock* clock, Metrics* metrics) {
  auto intake = std::make_shared<StatsdIntake>(options, topic, producer, clock, metrics);
  return StatsdListener::Start(
      options.listen,
      {[intake](std::string_view lines) { intake->Take(lines); },
       [intake](RejectReason reason, std::string_view line) { intake->Refuse(reason, line); }},
      metrics);
}

}  // namespace odometer
