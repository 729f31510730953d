// Whether a client reaches any broker. librdkafka tells when the last one is lost, but not when one is back.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/mutex.h"

namespace odometer::rd {

// Thread-safe, but for Probe.
class Reachability {
 public:
  void Lost(std::string why) ODOMETER_EXCLUDES(mutex_);
  void Reached() ODOMETER_EXCLUDES(mutex_);
  // Why none is reached; nothing when one is, as far as is known.
  std::optional<std::string> Trouble() const ODOMETER_EXCLUDES(mutex_);

  // While none is reached: asks, at most once a second, and waits at most so long for the answer. One thread.
  void Probe(rd_kafka_t* client, int timeout_ms) ODOMETER_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::optional<std::string> trouble_ ODOMETER_GUARDED_BY(mutex_);
  int64_t next_probe_ms_ = 0;
};

}  // namespace odometer::rd
