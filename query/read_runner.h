// Runs the reads of every dialect: off the I/O threads, after the records that the client wants to see, and with the
// headers that say what the answer reflects.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/kafka/written_offsets.h"
#include "common/state/state_reader.h"
#include "query/answer.h"
#include "query/offset_waiter.h"
#include "query/parameters.h"
#include "query/worker_pool.h"

namespace odometer {

// Thread-safe. All pointers must outlive it, and the workers and the waiter be stopped before it is destroyed.
class ReadRunner {
 public:
  // `read_timeout_ms`: from the request to its answer, min_offset_timeout_ms included.
  ReadRunner(std::string topic, int min_offset_timeout_ms, int read_timeout_ms, StateReader* state, const Clock* clock,
             WorkerPool* workers, OffsetWaiter* waiter, Metrics* metrics);

  // Never blocks. Answers 400 for bad conditions, 503 when too much is under way or partitions are missing that the
  // conditions name, 504 when min-offset was not reached in time, else what `read` answers.
  // With `written` the answer also waits until it reflects that, where its partitions are covered; when that takes too
  // long, it is the present one.
  void Serve(http::Request& request, http::Responder responder, ReadFunction read,
             const WrittenOffsets* written = nullptr);

 private:
  struct Job;
  void Submit(const std::shared_ptr<Job>& job);
  void Run(const std::shared_ptr<Job>& job);
  // The answer to a job that names topics which the position does not know, or needs partitions that it does not cover.
  std::optional<http::Response> Refusal(const ReadConditions& conditions, const StatePosition& position);
  void Park(const std::shared_ptr<Job>& job);
  // Whether the job is parked until the state reflects what was written here.
  bool ParkForOwn(const std::shared_ptr<Job>& job, const StatePosition& position);

  const std::string topic_;
  const int min_offset_timeout_ms_;
  const int read_timeout_ms_;
  StateReader* const state_;
  const Clock* const clock_;
  WorkerPool* const workers_;
  OffsetWaiter* const waiter_;
  prometheus::Counter& busy_;
  prometheus::Counter& timed_out_;
  prometheus::Counter& incomplete_;
};

}  // namespace odometer
