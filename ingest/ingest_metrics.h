// metrics-ingestion-service's POST /ingest/metrics.
#pragma once

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/kafka/producer.h"
#include "ingest/ingest.h"

namespace odometer {

// A body is one item, or an array of items: the good ones are written; when some were not, the answer lists them, each
// with its index and reason. Pointers as in AddIngestRoutes.
void AddIngestMetricsRoutes(const IngestOptions& options, AsyncProducer* producer, const Clock* clock,
                            Metrics* metrics, http::Router* router);

}  // namespace odometer
