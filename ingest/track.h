// Kilometric's GET /track?key=K[&value=N].
#pragma once

#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/kafka/producer.h"
#include "ingest/ingest.h"

namespace odometer {

// HEAD checks the request as GET does, and counts nothing. Pointers as in AddIngestRoutes.
void AddTrackRoutes(const IngestOptions& options, AsyncProducer* producer, Metrics* metrics, http::Router* router);

}  // namespace odometer
