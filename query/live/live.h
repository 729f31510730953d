// What clients are told as it happens: events as they are posted, records and points as they change. Fed from Kafka, so
// that what is posted to any instance reaches the clients of every one.
#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/kafka/admin.h"
#include "common/model/tier.h"
#include "common/state/state_reader.h"
#include "query/live/catch_up.h"
#include "query/live/follower.h"
#include "query/live/source_reader.h"

namespace odometer {

struct LiveOptions {
  std::string topic = "metrics.events";
  TierSet tiers = TierSet::Default();
};

class Live {
 public:
  virtual ~Live() = default;
  // Adds /live and /data/metrics/live; after the query's routes. Must outlive the server.
  virtual void AddRoutes(http::Router* router) = 0;
  // After the server has stopped. Idempotent.
  virtual void Stop() = 0;
};

// All pointers must outlive it.
// `sources`: null without rules.
std::unique_ptr<Live> NewLive(LiveOptions options, NewTail new_tail, NewReader new_reader,
                              std::unique_ptr<SourceReader> sources, Admin* admin, StateReader* state,
                              const Clock* clock, Metrics* metrics);

}  // namespace odometer
