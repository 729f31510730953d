// HTTP query: answers in the dialects' shapes from the state of an instance.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/http/server.h"
#include "common/kafka/admin.h"
#include "common/kafka/producer.h"
#include "common/kafka/types.h"
#include "common/kafka/written_offsets.h"
#include "common/model/control.h"
#include "common/model/gauge.h"
#include "common/model/tier.h"
#include "common/state/state_reader.h"
#include "query/instances.h"

namespace odometer {

struct QueryOptions {
  TierSet tiers = TierSet::Default();
  std::string topic = "metrics.events";
  int min_offset_timeout_ms = 5'000;   // then 504
  int control_timeout_ms = 5'000;      // from a set or forget until it shows
  int read_timeout_ms = 20'000;        // from a read to its answer, waiting for min-offset included
  int64_t commit_interval_ms = 100;    // for /health
  // Reads of raw events wait, up to a second, until they show what was posted at the same address. May be null.
  const WrittenOffsets* raw_written = nullptr;
  InstancesNow instances = [] { return std::vector<GroupMember>(); };
  GaugesNow gauges = [] { return std::make_shared<const GaugeList>(); };
  // /metric/ is on the same port: there goes who asks for /metric with a token and without a key.
  bool definitions_here = false;
  int worker_threads = 4;              // requests run here, so that a long scan does not hold up the I/O threads
};

// Writes control records (set, forget) to every partition of the topic in one transaction. Thread-safe; blocks.
class ControlWriter {
 public:
  virtual ~ControlWriter() = default;
  // The offset that the record got in each partition. Chooses the partition of a set itself.
  virtual Result<std::vector<std::pair<TopicPartition, int64_t>>> Write(Control control) = 0;
};

class Query {
 public:
  virtual ~Query() = default;
  // Adds /metric, /read, /gauges, the /data/metrics family, GET /v1/metrics, /api/v1/accounting, /api/v1/instances,
  // /api/v1/status/cardinality, /health, /health/ping and /logout; the query must outlive the server.
  virtual void AddRoutes(http::Router* router) = 0;
  // Ends what is under way and drops what is queued: after the server has been drained. Idempotent.
  virtual void Stop() = 0;
};

// All pointers must outlive the query.
std::unique_ptr<Query> NewQuery(QueryOptions options, StateReader* state, ControlWriter* control, Admin* admin,
                                const Clock* clock, Metrics* metrics);

}  // namespace odometer
