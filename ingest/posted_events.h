// KiloMetric's track_event over HTTP: POST /events, one event or JSON lines, as they are to the topic of a source.
#pragma once

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/kafka/producer.h"
#include "ingest/event_source.h"

namespace odometer {

// Pointers as in AddIngestRoutes.
void AddPostedEventsRoutes(EventSourceNow source, AsyncProducer* producer, const Clock* clock, Metrics* metrics,
                           http::Router* router);

}  // namespace odometer
