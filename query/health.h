// Kilometric's GET /health.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/http/message.h"
#include "common/kafka/admin.h"
#include "common/state/state_reader.h"

namespace odometer {

// Thread-safe. The pointers must outlive it.
class Health {
 public:
  Health(std::string topic, int64_t commit_interval_ms, StateReader* state, Admin* admin, const Clock* clock);

  // Blocks. 200 {"status":"ok"}; 422 {"status":"error"} when the state cannot be read, or some task has made no commit
  // for max(10 commit intervals, 30 s) though there is more to read. An instance without partitions is well.
  http::Response Check() const;

 private:
  bool Healthy() const;
  // Whether records after the task's last commit wait in its partition.
  bool Lags(const std::string& topic, const TaskPosition& task) const;

  const std::string topic_;
  const int64_t patience_ms_;
  StateReader* const state_;
  Admin* const admin_;
  const Clock* const clock_;
};

}  // namespace odometer
