#include "common/kafka/rd_reachability.h"

#include <memory>
#include <utility>

#include "common/kafka/rd_common.h"

namespace odometer::rd {

namespace {

constexpr int64_t kProbeIntervalMs = 1000;

}  // namespace

void Reachability::Lost(std::string why) {
  MutexLock lock(mutex_);
  trouble_ = std::move(why);
}

void Reachability::Reached() {
  MutexLock lock(mutex_);
  trouble_.reset();
}

std::optional<std::string> Reachability::Trouble() const {
  MutexLock lock(mutex_);
  return trouble_;
}

void Reachability::Probe(rd_kafka_t* client, int timeout_ms) {
  if (!Trouble() || NowMs() < next_probe_ms_) return;
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, nullptr, &raw, timeout_ms);
  std::unique_ptr<const rd_kafka_metadata_t, Free<rd_kafka_metadata_destroy>> metadata(raw);
  next_probe_ms_ = NowMs() + kProbeIntervalMs;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) Reached();
}

}  // namespace odometer::rd
