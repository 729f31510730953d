// The writes of the dialect of metrics-ingestion-service: POST /data/metrics/ and DELETE /data/metrics/<level>.<name>.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/http/server.h"
#include "common/model/control.h"
#include "common/state/state_reader.h"
#include "query/offset_waiter.h"
#include "query/query.h"
#include "query/worker_pool.h"

namespace odometer {

// Writes a control record to the log and answers once the state shows it. Thread-safe. All pointers must outlive it,
// and the workers and the waiter be stopped before it is destroyed.
class RecordWrites {
 public:
  // `workers`: writing blocks, and is serial anyway, so these should be threads of its own. `timeout_ms`: from the
  // request to its answer.
  RecordWrites(int timeout_ms, StateReader* state, ControlWriter* control, const Clock* clock, WorkerPool* workers,
               OffsetWaiter* waiter);

  // Never block. What was not begun in time is not written at all, and a 503.
  void Post(http::Request& request, http::Responder responder);
  void Delete(http::Request& request, http::Responder responder);

 private:
  // `task` gets the deadline by SteadyMs().
  void Submit(const std::string& org, const http::Responder& responder,
              std::function<void(int64_t deadline_ms)> task);
  void Set(const std::string& org, const std::string& body, int64_t deadline_ms, const http::Responder& responder);
  // Why it is not written: the rules count such a record. What says so stands on the input topic, and their tasks do not
  // read it.
  std::optional<http::Response> Refusal(const Control& control);
  void WriteAndWait(const Control& control, std::string done_text, int64_t deadline_ms,
                    const http::Responder& responder);

  const int timeout_ms_;
  StateReader* const state_;
  ControlWriter* const control_;
  const Clock* const clock_;
  WorkerPool* const workers_;
  OffsetWaiter* const waiter_;
};

}  // namespace odometer
