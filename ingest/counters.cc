#include "ingest/counters.h"

namespace odometer {

IngestCounters::IngestCounters(const std::string& dialect, Metrics* metrics)
    : accepted_(metrics->Counter("odometer_ingest_accepted_total", "Events that Kafka has acknowledged.",
                                 {{"dialect", dialect}})) {
  auto rejected = [&](const std::string& reason) {
    return &metrics->Counter("odometer_ingest_rejected_total", "Events that were not written, by reason.",
                             {{"dialect", dialect}, {"reason", reason}});
  };
  for (int i = 1; i < kRejectReasons; ++i) {
    rejected_[static_cast<size_t>(i)] = rejected(std::string(RejectReasonName(static_cast<RejectReason>(i))));
  }
  unavailable_ = rejected("unavailable");
  refused_ = rejected("refused");
}

void IngestCounters::NotWritten(const Status& status) const {
  (status.Is(ErrorKind::kRetry) ? unavailable_ : refused_)->Increment();
}

}  // namespace odometer
