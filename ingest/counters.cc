#include "ingest/counters.h"

namespace odometer {

IngestCounters::IngestCounters(const std::string& dialect, Metrics* metrics) {
  auto rejected = [&](std::string_view reason) {
    return &metrics->Counter("odometer_ingest_rejected_total", "Events that were not acknowledged, by reason.",
                             {{"dialect", dialect}, {"reason", std::string(reason)}});
  };
  for (int i = 1; i < kRejectReasons; ++i) {
    rejected_[static_cast<size_t>(i)] = rejected(RejectReasonName(static_cast<RejectReason>(i)));
  }
  by_outcome_[static_cast<size_t>(Outcome::kWritten)] = &metrics->Counter(
      "odometer_ingest_accepted_total", "Events that Kafka has acknowledged.", {{"dialect", dialect}});
  for (Outcome outcome : {Outcome::kBusy, Outcome::kUnavailable, Outcome::kMaybeWritten, Outcome::kRefused}) {
    by_outcome_[static_cast<size_t>(outcome)] = rejected(OutcomeCode(outcome));
  }
}

void IngestCounters::Delivered(const Deliveries& deliveries) const {
  for (const Delivery& delivery : deliveries) by_outcome_[static_cast<size_t>(delivery.outcome)]->Increment();
}

}  // namespace odometer
