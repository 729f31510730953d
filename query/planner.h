// Chooses the tier that answers a range: the coarsest whose windows the range does not cut and that still keeps them
// all; where every tier is cut, the finest that reaches back far enough. docs/semantics.md states the rule.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/status.h"
#include "common/model/period.h"
#include "common/model/tier.h"
#include "common/state/state_reader.h"

namespace odometer {

struct RangeQuery {
  SeriesSelector selector;
  // Inclusive, within the years that events can have; absent: unbounded.
  std::optional<int64_t> from_ms;
  std::optional<int64_t> to_ms;
  std::optional<Period> period;  // of the buckets; none: the whole range as one bucket
};

struct RangeAnswer {
  std::vector<Bucket> buckets;  // ascending, none empty
  int64_t resolution_ms = 0;  // window size of the tier that answered; 0: the total
  // Only when the answer does not reach back as far as was asked, though there may have been something: its start.
  std::optional<int64_t> retained_from_ms;
};

// Blocks for a few reads of the view. kInvalid, with what would work, when no tier can answer; otherwise the view's
// errors.
Result<RangeAnswer> ReadRange(const TierSet& tiers, StateView* view, const RangeQuery& query);

}  // namespace odometer
