// A gauge, as KiloMetric calls it: a metric that rules count, and the ticks in which its values are asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/model/event.h"
#include "common/model/period.h"

namespace odometer {

struct Gauge {
  std::string name;
  MetricType type = MetricType::kCounter;  // a counter's value of a tick is the sum, a gauge's the last value
  Period tick;
};

// Of one org. Immutable.
struct GaugeList {
  std::string org{kDefaultOrg};
  std::vector<Gauge> gauges;
};
// Those of now. Thread-safe; never gives null.
using GaugesNow = std::function<std::shared_ptr<const GaugeList>()>;

}  // namespace odometer
