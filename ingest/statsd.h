// Statsd by UDP and TCP: its lines become records of the input topic.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/kafka/producer.h"
#include "common/model/event.h"
#include "ingest/statsd_listener.h"

namespace odometer {

struct StatsdOptions {
  std::string listen;                          // see StatsdListener::Start
  std::string org = std::string(kDefaultOrg);  // whose all of it is: statsd knows no tokens
  size_t gauge_bytes = 16 << 20;               // for what gauges were, so that they can be changed
};

// Receives until the listener is stopped; errors are StatsdListener::Start's. The producer, clock and metrics must
// outlive the listener, and the clock and metrics the producer's callbacks too.
Result<std::unique_ptr<StatsdListener>> StartStatsd(const StatsdOptions& options, const std::string& topic,
                                                    AsyncProducer* producer, const Clock* clock, Metrics* metrics);

}  // namespace odometer
