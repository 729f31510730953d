#include "query/read_runner.h"

#include <exception>
#include <utility>

#include "common/base/log.h"

namespace odometer {
namespace {

constexpr char kRefusedName[] = "odometer_query_refused_total";
constexpr char kRefusedHelp[] = "Queries not answered, by reason: busy, min_offset (504), incomplete";

// No exception may end a worker: out of memory for one answer is that answer's failure only.
template <typename Function>
void Guarded(const http::Responder& responder, Function function) {
  try {
    function();
  } catch (const std::exception& e) {
    LogError("query", "request failed error={}", e.what());
    responder.Send(http::Response::Error(500, "internal", "the query failed"));
  }
}

}  // namespace

struct ReadRunner::Job {
  http::Request request;
  http::Responder responder;
  ReadFunction read;
  ReadConditions conditions;
  int64_t deadline_steady_ms;
};

ReadRunner::ReadRunner(std::string topic, int min_offset_timeout_ms, StateReader* state, const Clock* clock,
                       WorkerPool* workers, OffsetWaiter* waiter, Metrics* metrics)
    : topic_(std::move(topic)),
      min_offset_timeout_ms_(min_offset_timeout_ms),
      state_(state),
      clock_(clock),
      workers_(workers),
      waiter_(waiter),
      busy_(metrics->Counter(kRefusedName, kRefusedHelp, {{"reason", "busy"}})),
      timed_out_(metrics->Counter(kRefusedName, kRefusedHelp, {{"reason", "min_offset"}})),
      incomplete_(metrics->Counter(kRefusedName, kRefusedHelp, {{"reason", "incomplete"}})) {}

void ReadRunner::Serve(http::Request& request, http::Responder responder, ReadFunction read) {
  ReadConditions conditions;
  if (auto bad = ParseReadConditions(request, topic_, &conditions)) {
    responder.Send(BadParameterResponse(*bad));
    return;
  }
  Submit(std::make_shared<Job>(Job{std::move(request), std::move(responder), std::move(read), std::move(conditions),
                                   clock_->SteadyMs() + min_offset_timeout_ms_}));
}

void ReadRunner::ServePlain(http::Request& request, http::Responder responder,
                            std::function<http::Response(const http::Request&)> answer) {
  auto owned = std::make_shared<http::Request>(std::move(request));
  bool queued = workers_->Submit([owned, responder, answer = std::move(answer)] {
    Guarded(responder, [&] { responder.Send(answer(*owned)); });
  });
  if (queued) return;
  busy_.Increment();
  responder.Send(BusyResponse("too many queries are under way"));
}

void ReadRunner::Submit(const std::shared_ptr<Job>& job) {
  if (workers_->Submit([this, job] { Guarded(job->responder, [&] { Run(job); }); })) return;
  busy_.Increment();
  job->responder.Send(BusyResponse("too many queries are under way"));
}

void ReadRunner::Run(const std::shared_ptr<Job>& job) {
  if (!Reached(*job)) return Park(job);
  Answer answer = job->read(job->request);
  if (answer.position) {
    // Between the look and the read the processor may have died, and its store may be a commit behind.
    if (!job->conditions.min_offset.SatisfiedBy(*answer.position)) return Park(job);
    if (job->conditions.require_complete && !IsComplete(*answer.position)) {
      incomplete_.Increment();
      answer.response = http::Response::Error(
          503, "incomplete", "partitions that this instance does not have: " + MissingPartitions(*answer.position));
      answer.response.With("Retry-After", "1");
    }
    AddPositionHeaders(*answer.position, topic_, clock_->WallMs(), &answer.response);
  }
  job->responder.Send(std::move(answer.response));
}

bool ReadRunner::Reached(const Job& job) {
  if (job.conditions.min_offset.empty()) return true;
  Result<StatePosition> position = state_->Position();
  return position.ok() && job.conditions.min_offset.SatisfiedBy(*position);
}

void ReadRunner::Park(const std::shared_ptr<Job>& job) {
  bool parked =
      waiter_->Park(job->conditions.min_offset, job->deadline_steady_ms, [this, job](OffsetWaiter::Outcome outcome) {
        if (outcome == OffsetWaiter::Outcome::kReached) {
          Submit(job);
        } else if (outcome == OffsetWaiter::Outcome::kStopped) {
          job->responder.Send(BusyResponse("stopping"));
        } else {
          timed_out_.Increment();
          job->responder.Send(http::Response::Error(
              504, "not_reached", "the state does not reflect that offset yet", "min-offset"));
        }
      });
  if (parked) return;
  busy_.Increment();
  job->responder.Send(BusyResponse("too many queries wait for their offset"));
}

}  // namespace odometer
