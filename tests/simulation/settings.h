// What a simulated deployment is configured with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/model/tier.h"
#include "processor/restorer.h"
#include "processor/series_limits.h"
#include "tests/simulation/random.h"

namespace odometer {

inline TierSet TiersOf(Random random) {
  if (random.OneIn(2)) return TierSet::Default();
  return TierSet{{{1'000, 60'000}, {60'000, 3'600'000}}, /*total=*/random.OneIn(2)};
}

// Of up to 20 series of each org. Half of the simulations reach neither.
inline SeriesLimitOptions LimitsOf(Random random) {
  if (random.OneIn(2)) return {};
  return {.series = random.Below(35) + 1, .series_per_org = random.Below(17) + 1};
}

// How far back the times of events lie at most.
inline int64_t LongestDelayOf(Random random) {
  constexpr int64_t kHourMs = 3'600'000;
  return random.OneIn(2) ? 2 * kHourMs : 3 * 24 * kHourMs;
}

// Of one life of a process: some restore record by record, some in full although they need not.
inline RestorerOptions RestoreOptionsOf(Random random) {
  RestorerOptions options;
  options.batch_bytes = random.Of(std::vector<size_t>{1, 300, 1'000, 3'000, 10'000, options.batch_bytes});
  if (random.OneIn(4)) options.max_checkpoint_age_ms = random.Between(0, 20'000);
  return options;
}

}  // namespace odometer
