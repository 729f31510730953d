// Kilometric's reads: GET /metric and GET /read.
#pragma once

#include <utility>

#include "common/base/clock.h"
#include "common/http/message.h"
#include "common/model/tier.h"
#include "common/model/views.h"
#include "common/state/state_reader.h"
#include "query/parameters.h"
#include "query/planner.h"

namespace odometer {

// Thread-safe.
class Kilometric {
 public:
  // The clock must outlive it.
  Kilometric(TierSet tiers, const Clock* clock) : tiers_(std::move(tiers)), clock_(clock) {}

  // {"name":…,"values":[…]} of the parameters key, type, period, from, to and label.<name>.
  http::Response Read(const http::Request& request, StateView* view) const;

 private:
  // Of what was counted in the range.
  Result<MeterRates> RatesOf(const MetricQuery& query, const RangeQuery& range, const RangeAnswer& counted,
                             StateView* view) const;

  const TierSet tiers_;
  const Clock* const clock_;
};

}  // namespace odometer
