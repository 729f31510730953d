#include "ingest/ingest.h"

#include "common/http/operations.h"
#include "ingest/ingest_metrics.h"
#include "ingest/posted_events.h"
#include "ingest/raw_metrics.h"
#include "ingest/track.h"

namespace odometer {

void AddIngestRoutes(const IngestOptions& options, AsyncProducer* producer, const Clock* clock, Metrics* metrics,
                     http::Router* router) {
  AddTrackRoutes(options, producer, metrics, router);
  AddIngestMetricsRoutes(options, producer, clock, metrics, router);
  AddRawMetricsRoutes(options, producer, clock, metrics, router);
  AddPostedEventsRoutes(options.event_source, producer, clock, metrics, router);
}

void AddIngestHealthRoutes(const AsyncProducer* producer, http::Router* router) {
  http::AddHealthRoute([producer] { return producer->Healthy().ok(); }, router);
  router->AddSimple(http::Method::kGet, "/health/ping", http::Access::kOpen, [](const http::Request&) {
    return http::Response::Text(200, "pong (metrics-ingest service)");
  });
}

}  // namespace odometer
