// The moving rates of a meter, from the windows of several tiers.
#pragma once

#include <cstdint>

#include "common/base/status.h"
#include "common/model/tier.h"
#include "common/model/views.h"
#include "common/state/state_reader.h"

namespace odometer {

// m1, m5 and m15 of the selected series at `to_ms`, and the mean rate of `whole`, which must not be empty. Reads the
// finest tier as far back as it is kept, before that the next coarser one, and so on, over the last six hours: what is
// older weighs less than 1e-10 in the slowest average. Where no windows are kept those three rates are 0.
Result<MeterRates> ReadMeterRates(const TierSet& tiers, StateView* view, const SeriesSelector& selector,
                                  const Aggregate& whole, int64_t to_ms);

}  // namespace odometer
