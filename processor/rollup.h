// From deltas of the finest tier to deltas of a coarser one, and of the total.
#pragma once

#include <cstdint>
#include <vector>

#include "common/model/tier.h"
#include "processor/overlay.h"

namespace odometer {

// Walks deltas sorted by (series, window start) and calls `visit(series, window_start_ms, delta)` once per series and
// window of the tier, in that order. `tier` null: the total, one call per series with window start 0. Deltas that are
// forever_only are left out of tiers that are not kept for ever.
template <typename Visit>
void RollUp(const std::vector<const Delta*>& sorted, const Tier* tier, Visit&& visit) {
  const bool forever = tier == nullptr || tier->retention_ms == kForever;
  auto window_of = [&](const Delta& delta) { return tier ? tier->WindowStart(delta.window_start_ms) : 0; };
  for (size_t i = 0; i < sorted.size();) {
    const Delta& first = *sorted[i];
    if (first.forever_only && !forever) {
      ++i;
      continue;
    }
    const int64_t window = window_of(first);
    size_t next = i + 1;
    while (next < sorted.size() && sorted[next]->series == first.series && window_of(*sorted[next]) == window) ++next;
    if (next == i + 1) {
      visit(first.series, window, first.aggregate);
    } else {
      Aggregate sum = first.aggregate;
      for (size_t j = i + 1; j < next; ++j) {
        if (!sorted[j]->forever_only || forever) sum.Merge(sorted[j]->aggregate);
      }
      visit(first.series, window, sum);
    }
    i = next;
  }
}

}  // namespace odometer
