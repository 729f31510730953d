// The writes of the dialect of metrics-ingestion-service: POST /data/metrics/ and DELETE /data/metrics/<level>.<name>.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/http/server.h"
#include "common/kafka/admin.h"
#include "common/model/control.h"
#include "query/offset_waiter.h"
#include "query/query.h"
#include "query/worker_pool.h"

namespace odometer {

// Writes a control record to the log and answers once the state shows it. Thread-safe. All pointers must outlive it,
// and the workers and the waiter be stopped before it is destroyed.
class RecordWrites {
 public:
  // `workers`: writing blocks, and is serial anyway, so these should be threads of its own.
  RecordWrites(std::string topic, int timeout_ms, ControlWriter* control, Admin* admin, const Clock* clock,
               WorkerPool* workers, OffsetWaiter* waiter);

  // Never block.
  void Post(http::Request& request, http::Responder responder);
  void Delete(http::Request& request, http::Responder responder);

 private:
  void Set(const std::string& body, const http::Responder& responder);
  void WriteAndWait(const Control& control, std::string done_text, const http::Responder& responder);
  void Submit(const http::Responder& responder, std::function<void()> task);

  const std::string topic_;
  const int timeout_ms_;
  ControlWriter* const control_;
  Admin* const admin_;
  const Clock* const clock_;
  WorkerPool* const workers_;
  OffsetWaiter* const waiter_;
};

// The partition whose task gets a set: any would do, the same one each time keeps the series in one place.
int32_t SetPartition(const std::string& qualified_name, int32_t partitions);

}  // namespace odometer
