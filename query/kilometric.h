// Kilometric's reads: GET /metric and GET /read.
#pragma once

#include "common/base/clock.h"
#include "common/model/tier.h"
#include "common/state/state_reader.h"
#include "query/answer.h"
#include "query/parameters.h"
#include "query/planner.h"

namespace odometer {

// Thread-safe.
class Kilometric {
 public:
  // The pointers must outlive it.
  Kilometric(TierSet tiers, StateReader* state, const Clock* clock);

  // {"name":…,"values":[…]} of the parameters key, type, period, from, to and label.<name>.
  Answer Read(const http::Request& request) const;

 private:
  Answer ReadMeter(const MetricQuery& query, const RangeQuery& range) const;

  const TierSet tiers_;
  StateReader* const state_;
  const Clock* const clock_;
  const Planner planner_;
};

}  // namespace odometer
