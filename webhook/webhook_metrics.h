// What /metrics says of the delivery. Names no org: /metrics asks for no token.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/metrics.h"
#include "webhook/poster.h"

namespace odometer {

// What became of an alert.
enum class AlertEnd { kDelivered, kGivenUp, kNoWebhook, kMalformed };

// Thread-safe.
class WebhookMetrics {
 public:
  explicit WebhookMetrics(Metrics* metrics);

  void Ended(AlertEnd end, uint64_t alerts = 1) { ends_[static_cast<size_t>(end)]->Increment(static_cast<double>(alerts)); }
  void Attempted(PostOutcome outcome, int64_t ms);
  struct Backlog {
    size_t alerts = 0;         // in memory
    size_t failing_orgs = 0;   // whose latest attempt has failed
    int64_t oldest_age_ms = 0;  // of the alerts in memory
  };
  void SetBacklog(const Backlog& backlog);

 private:
  std::array<prometheus::Counter*, 4> ends_{};
  std::array<prometheus::Counter*, 5> attempts_{};
  prometheus::Histogram& seconds_;
  prometheus::Gauge& alerts_;
  prometheus::Gauge& failing_;
  prometheus::Gauge& oldest_;
};

}  // namespace odometer
