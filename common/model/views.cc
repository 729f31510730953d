#include "common/model/views.h"

#include <algorithm>
#include <cmath>

namespace odometer {
namespace {

constexpr double kMsPerSecond = 1000;

// One window's part of an exponentially weighted average over `span_ms`: its count spread evenly over [start, end],
// weighted with exp(-age/span)/span. For end == start that is its limit, count/span at that age.
double WeightedRate(double count, double start_ms, double end_ms, double to_ms, double span_ms) {
  double decay = std::exp(-(to_ms - end_ms) / span_ms);
  double length_ms = end_ms - start_ms;
  double per_ms = length_ms > 0 ? -std::expm1(-length_ms / span_ms) / length_ms : 1 / span_ms;
  return count * decay * per_ms * kMsPerSecond;
}

}  // namespace

TimerView ViewAsTimer(const Aggregate& aggregate) {
  TimerView view{.count = aggregate.count(),
                 .sum = aggregate.sum(),
                 .min = aggregate.min(),
                 .max = aggregate.max(),
                 .mean = aggregate.Mean(),
                 .p50 = std::nullopt,
                 .p75 = std::nullopt,
                 .p95 = std::nullopt,
                 .p99 = std::nullopt,
                 .p999 = std::nullopt};
  const Sketch* sketch = aggregate.sketch();
  if (sketch == nullptr) return view;
  // A bucket reaches beyond the values in it; the range is exact.
  auto quantile = [&](double q) -> std::optional<double> {
    std::optional<double> value = sketch->Quantile(q);
    if (!value) return std::nullopt;
    return std::max(aggregate.min().AsDouble(), std::min(aggregate.max().AsDouble(), *value));
  };
  view.p50 = quantile(0.5);
  view.p75 = quantile(0.75);
  view.p95 = quantile(0.95);
  view.p99 = quantile(0.99);
  view.p999 = quantile(0.999);
  return view;
}

uint64_t DistinctCount(const Aggregate& aggregate) {
  return aggregate.members() == nullptr ? 0 : aggregate.members()->Estimate();
}

MeterRates ComputeMeterRates(const std::vector<WindowCount>& windows, int64_t size_ms, int64_t first_ts_ms,
                             uint64_t total_count, int64_t to_ms) {
  constexpr double kMinuteMs = 60 * kMsPerSecond;
  double to = static_cast<double>(to_ms);
  MeterRates rates{0, 0, 0, 0};
  if (to_ms > first_ts_ms) {
    double elapsed_ms = to - static_cast<double>(first_ts_ms);
    rates.mean = static_cast<double>(total_count) / elapsed_ms * kMsPerSecond;
  }
  for (const WindowCount& window : windows) {
    if (window.start_ms > to_ms) continue;
    double count = static_cast<double>(window.count);
    double start = static_cast<double>(window.start_ms);
    double end = std::min(start + static_cast<double>(size_ms), to);
    rates.m1 += WeightedRate(count, start, end, to, kMinuteMs);
    rates.m5 += WeightedRate(count, start, end, to, 5 * kMinuteMs);
    rates.m15 += WeightedRate(count, start, end, to, 15 * kMinuteMs);
  }
  return rates;
}

}  // namespace odometer
