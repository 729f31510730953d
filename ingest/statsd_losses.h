// What became of the lines of statsd, whose senders are told nothing: counted, and in the log now and then.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/mutex.h"
#include "ingest/counters.h"
#include "ingest/delivery.h"

namespace odometer {

// Thread-safe. The clock and metrics must outlive it.
class StatsdLosses {
 public:
  static constexpr int64_t kLogEveryMs = 10'000;

  StatsdLosses(const Clock* clock, Metrics* metrics) : clock_(clock), counters_("statsd", metrics) {}

  // A line that is no event. Of the line the log shows the beginning, as text.
  void Rejected(RejectReason reason, std::string_view line);
  void Delivered(const Deliveries& deliveries);

 private:
  void Log(uint64_t lost, const std::string& last);

  const Clock* const clock_;
  const IngestCounters counters_;
  Mutex mutex_;
  uint64_t not_logged_ ODOMETER_GUARDED_BY(mutex_) = 0;
  int64_t next_log_ms_ ODOMETER_GUARDED_BY(mutex_) = 0;
};

}  // namespace odometer
