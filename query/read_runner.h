// Runs the reads of every dialect: off the I/O threads, after the records that the client wants to see, and with the
// headers that say what the answer reflects.
#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/state/state_reader.h"
#include "query/answer.h"
#include "query/offset_waiter.h"
#include "query/parameters.h"
#include "query/worker_pool.h"

namespace odometer {

// Thread-safe. All pointers must outlive it, and the workers and the waiter be stopped before it is destroyed.
class ReadRunner {
 public:
  ReadRunner(std::string topic, int min_offset_timeout_ms, StateReader* state, const Clock* clock, WorkerPool* workers,
             OffsetWaiter* waiter, Metrics* metrics);

  // Never blocks. Answers 400 for bad conditions, 503 when too much is under way, 504 when min-offset was not reached
  // in time, else what `read` answers.
  void Serve(http::Request& request, http::Responder responder, ReadFunction read);
  // For what has no conditions and sets its own headers.
  void ServePlain(http::Request& request, http::Responder responder,
                  std::function<http::Response(const http::Request&)> answer);

 private:
  struct Job;
  void Submit(const std::shared_ptr<Job>& job);
  void Run(const std::shared_ptr<Job>& job);
  void Park(const std::shared_ptr<Job>& job);
  bool Reached(const Job& job);

  const std::string topic_;
  const int min_offset_timeout_ms_;
  StateReader* const state_;
  const Clock* const clock_;
  WorkerPool* const workers_;
  OffsetWaiter* const waiter_;
  prometheus::Counter& busy_;
  prometheus::Counter& timed_out_;
  prometheus::Counter& incomplete_;
};

}  // namespace odometer
