// The Metrics API's POST /v1/metrics: raw events (common/model/raw_event.h).
#pragma once

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/kafka/producer.h"
#include "ingest/ingest.h"

namespace odometer {

// The body goes to Kafka as it is. Pointers as in AddIngestRoutes.
void AddRawMetricsRoutes(const IngestOptions& options, AsyncProducer* producer, const Clock* clock, Metrics* metrics,
                         http::Router* router);

}  // namespace odometer
