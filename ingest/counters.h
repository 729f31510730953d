// What an API dialect took and what it refused, for /metrics.
#pragma once

#include <array>
#include <string>

#include "common/base/metrics.h"
#include "common/model/event_decoder.h"
#include "ingest/delivery.h"

namespace odometer {

// Thread-safe. `metrics` must outlive it.
class IngestCounters {
 public:
  IngestCounters(const std::string& dialect, Metrics* metrics);

  void Rejected(RejectReason reason) const { rejected_[static_cast<size_t>(reason)]->Increment(); }
  void Delivered(const Deliveries& deliveries) const;

 private:
  std::array<prometheus::Counter*, kRejectReasons> rejected_{};
  std::array<prometheus::Counter*, static_cast<size_t>(Outcome::kRefused) + 1> by_outcome_{};
};

}  // namespace odometer
