// HTTP ingest: from requests in the dialects' shapes to acknowledged records on the input topic.
#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/kafka/producer.h"
#include "common/kafka/written_offsets.h"
#include "ingest/event_source.h"

namespace odometer {

struct IngestOptions {
  std::string topic = "metrics.events";
  WrittenOffsets* raw_written = nullptr;  // is told where raw events are; must outlive the producer
  EventSourceNow event_source = [] { return nullptr; };  // where POST /events writes
};

// Adds the routes of /track, /ingest/metrics, POST /v1/metrics and POST /events, and nothing else: operations routes (health, metrics)
// are added by the process. The producer and clock must outlive the server that the router is given to, the metrics the producer too,
// because delivery reports are counted.
void AddIngestRoutes(const IngestOptions& options, AsyncProducer* producer, const Clock* clock, Metrics* metrics,
                     http::Router* router);

// Adds GET /health and GET /health/ping of an ingest that has a port of its own; on a shared port the query has them.
void AddIngestHealthRoutes(const AsyncProducer* producer, http::Router* router);

}  // namespace odometer
