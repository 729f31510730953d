// KiloMetric's gauges: GET /gauges and GET /gauges/{names}.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "common/http/message.h"
#include "common/model/gauge.h"
#include "common/model/tier.h"
#include "common/state/state_reader.h"

namespace odometer {

// Thread-safe.
class Gauges {
 public:
  Gauges(TierSet tiers, GaugesNow now) : tiers_(std::move(tiers)), now_(std::move(now)) {}

  // [{"name":…,"tick":…,"timezone":…}, …] of the request's org, by name. Asks no state.
  http::Response List(const http::Request& request) const;
  // {"<gauge>":{"<start of a tick, ms>":<value>, …}, …}: the ticks that meet the parameters start to end, whole.
  http::Response Read(const http::Request& request, StateView* view) const;

 private:
  const TierSet tiers_;
  const GaugesNow now_;
};

}  // namespace odometer
