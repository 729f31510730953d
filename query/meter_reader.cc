#include "query/meter_reader.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace odometer {
namespace {

constexpr int64_t kHorizonMs = 6 * 3'600'000;
// Finer tiers are read in coarser steps, so that six hours of them stay far below the reader's limit.
constexpr int64_t kMaxSteps = 40'000;

}  // namespace

Result<MeterRates> ReadMeterRates(const TierSet& tiers, StateView* view, const SeriesSelector& selector,
                                  const Aggregate& whole, int64_t to_ms) {
  MeterRates rates = ComputeMeterRates({}, 1000, whole.first_ts_ms(), whole.count(), to_ms);
  const int64_t horizon_start = to_ms - kHorizonMs;
  int64_t end = to_ms;  // inclusive: what is newer was read from a finer tier
  for (size_t i = 0; i < tiers.windows.size() && end >= horizon_start; ++i) {
    const Tier& tier = tiers.windows[i];
    const int64_t step = tier.size_ms * std::max<int64_t>(1, kHorizonMs / kMaxSteps / tier.size_ms);
    Result<WindowsAnswer> read = view->ReadWindows(
        selector, {.size_ms = tier.size_ms, .from_ms = horizon_start, .to_ms = end, .bucket_ms = step});
    if (!read.ok()) return read.status();

    // Where the next coarser tier takes over: at a boundary of its windows and of our steps, so that nothing counts
    // twice or not at all.
    int64_t start = horizon_start;
    if (read->complete_from_ms > start) {
      start = read->complete_from_ms;
      if (i + 1 < tiers.windows.size()) {
        const int64_t both = std::lcm(step, tiers.windows[i + 1].size_ms);
        start = Tier{.size_ms = both}.WindowStart(start + both - 1);
      }
    }
    std::vector<WindowCount> windows;
    for (const Bucket& bucket : read->buckets) {
      if (bucket.start_ms >= start) windows.push_back({bucket.start_ms, bucket.aggregate.count()});
    }
    MeterRates part = ComputeMeterRates(windows, step, whole.first_ts_ms(), whole.count(), to_ms);
    rates.m1 += part.m1;
    rates.m5 += part.m5;
    rates.m15 += part.m15;
    end = std::min(end, start - 1);
  }
  return rates;
}

}  // namespace odometer
