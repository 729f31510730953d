// What an API dialect took and what it refused, for /metrics.
#pragma once

#include <array>
#include <string>

#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/model/event_decoder.h"

namespace odometer {

// Thread-safe. `metrics` must outlive it.
class IngestCounters {
 public:
  IngestCounters(const std::string& dialect, Metrics* metrics);

  void Accepted() const { accepted_.Increment(); }
  void Rejected(RejectReason reason) const { rejected_[static_cast<size_t>(reason)]->Increment(); }
  // Kafka did not take it.
  void NotWritten(const Status& status) const;

 private:
  prometheus::Counter& accepted_;
  std::array<prometheus::Counter*, kRejectReasons> rejected_{};
  prometheus::Counter* unavailable_;
  prometheus::Counter* refused_;
};

}  // namespace odometer
