#include "webhook/webhook_metrics.h"

namespace odometer {
namespace {

constexpr std::array<const char*, 4> kEnds = {"delivered", "given_up", "no_webhook", "malformed"};
constexpr std::array<const char*, 5> kOutcomes = {"delivered", "status", "timeout", "address", "connection"};

}  // namespace

WebhookMetrics::WebhookMetrics(Metrics* metrics)
    : seconds_(metrics->Seconds("odometer_webhook_attempt_seconds", "From the beginning of an attempt to its end")),
      alerts_(metrics->Gauge("odometer_webhook_waiting_alerts", "Alerts in memory that are not yet delivered")),
      failing_(metrics->Gauge("odometer_webhook_failing_orgs", "Orgs whose latest attempt has failed")),
      oldest_(metrics->Gauge("odometer_webhook_oldest_seconds", "Age of the oldest alert in memory; 0 without any")) {
  for (size_t i = 0; i < kEnds.size(); ++i) {
    ends_[i] = &metrics->Counter("odometer_webhook_alerts_total", "What became of alerts", {{"outcome", kEnds[i]}});
  }
  for (size_t i = 0; i < kOutcomes.size(); ++i) {
    attempts_[i] =
        &metrics->Counter("odometer_webhook_attempts_total", "Attempts to deliver", {{"outcome", kOutcomes[i]}});
  }
}

void WebhookMetrics::Attempted(PostOutcome outcome, int64_t ms) {
  attempts_[static_cast<size_t>(outcome)]->Increment();
  seconds_.Observe(static_cast<double>(ms) / 1000);
}

void WebhookMetrics::SetBacklog(const Backlog& backlog) {
  alerts_.Set(static_cast<double>(backlog.alerts));
  failing_.Set(static_cast<double>(backlog.failing_orgs));
  oldest_.Set(static_cast<double>(backlog.oldest_age_ms) / 1000);
}

}  // namespace odometer
