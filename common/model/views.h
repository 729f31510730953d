// What each type of metric shows of an aggregate, and the rates of a meter.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/model/aggregate.h"

namespace odometer {

struct TimerView {
  uint64_t count;
  ExactSum sum;
  Number min, max;
  double mean;
  // Nothing where no value has been sketched (an aggregate that was set from outside).
  std::optional<double> p50, p75, p95, p99, p999;
};
// Requires !aggregate.empty().
TimerView ViewAsTimer(const Aggregate& aggregate);

// How many distinct members a set has; 0 where none has been added (an aggregate that was set from outside).
uint64_t DistinctCount(const Aggregate& aggregate);

// Events per second.
struct MeterRates {
  double mean;  // count / (to - first event)
  double m1, m5, m15;
};

struct WindowCount {
  int64_t start_ms;
  uint64_t count;
};

// Exponentially weighted averages over 1, 5 and 15 minutes that end at `to_ms`, from the counts of windows of
// `size_ms`: rate = sum over windows of count/size * (exp(-age_end/T) - exp(-age_start/T)), the integral of the rate
// times exp(-age/T)/T, where ages run from to_ms back to the window's ends. Windows after to_ms do not count; one that
// to_ms cuts counts as if its events were spread evenly up to to_ms. Additive, so partial answers merge.
// `first_ts_ms`: the earliest event, for the mean rate; `total_count` likewise.
MeterRates ComputeMeterRates(const std::vector<WindowCount>& windows, int64_t size_ms, int64_t first_ts_ms,
                             uint64_t total_count, int64_t to_ms);

}  // namespace odometer
