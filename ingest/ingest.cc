#include "ingest/ingest.h"

#include "ingest/ingest_metrics.h"
#include "ingest/track.h"

namespace odometer {

void AddIngestRoutes(const IngestOptions& options, AsyncProducer* producer, const Clock* clock, Metrics* metrics,
                     http::Router* router) {
  AddTrackRoutes(options, producer, metrics, router);
  AddIngestMetricsRoutes(options, producer, clock, metrics, router);
}

void AddIngestHealthRoutes(const AsyncProducer* producer, http::Router* router) {
  router->AddSimple(http::Method::kGet, "/health", [producer](const http::Request&) {
    return producer->Healthy().ok() ? http::Response::Json(200, R"({"status":"ok"})")
                                    : http::Response::Json(422, R"({"status":"error"})");
  });
  router->AddSimple(http::Method::kGet, "/health/ping", [](const http::Request&) {
    return http::Response::Text(200, "pong (metrics-ingest service)");
  });
}

}  // namespace odometer
