// Lines of statsd as records of the input topic: what the listener does with what it has received.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/encoding/statsd_line.h"
#include "common/kafka/producer.h"
#include "ingest/gauge_table.h"
#include "ingest/ingest_record.h"
#include "ingest/statsd.h"
#include "ingest/statsd_losses.h"

namespace odometer {

// A change of a gauge ("+1", "-1") is applied to the last value that came in here, 0 when none has, as statsd's own
// server does; what is written is the value that comes of it. One thread; the producer, clock and metrics must
// outlive it, and the producer's callbacks.
class StatsdIntake {
 public:
  StatsdIntake(StatsdOptions options, std::string topic, AsyncProducer* producer, const Clock* clock, Metrics* metrics);

  // Writes the events of these lines; empty ones are skipped. Never waits: what the producer has no room for is lost,
  // and counted, as all that cannot be delivered.
  void Take(std::string_view lines);
  // A line that could not be received as a whole, or its beginning.
  void Refuse(RejectReason reason, std::string_view line);

 private:
  void TakeLine(std::string_view line);
  void TakeValue(StatsdValue value, std::string_view line);
  void Write();

  const StatsdOptions options_;
  const std::string topic_;
  AsyncProducer* const producer_;
  const Clock* const clock_;
  const std::shared_ptr<StatsdLosses> losses_;  // callbacks of the producer have it too
  prometheus::Counter& forgotten_gauges_;
  GaugeTable gauges_;
  // Reused for every line.
  StatsdLine line_;
  std::string json_, gauge_;
  std::vector<IngestRecord> records_;
};

}  // namespace odometer
