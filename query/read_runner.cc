#include "query/read_runner.h"

#include <utility>
#include <vector>

namespace odometer {
namespace {

// Longer than a commit takes to show near the end of the log. A reader who did not ask for it should not wait for more.
constexpr int64_t kMaxOwnWaitMs = 1'000;

constexpr char kRefusedName[] = "odometer_query_refused_total";
constexpr char kRefusedHelp[] = "Queries not answered, by reason: busy, min_offset (504), incomplete";

}  // namespace

struct ReadRunner::Job {
  http::Request request;
  http::Responder responder;
  ReadFunction read;
  ReadConditions conditions;
  OffsetSet own;  // written at this address, and not waited for yet
  int64_t min_offset_by_ms;
  Deadline deadline;
};

ReadRunner::ReadRunner(std::string topic, int min_offset_timeout_ms, int read_timeout_ms, StateReader* state,
                       const Clock* clock, WorkerPool* workers, OffsetWaiter* waiter, Metrics* metrics)
    : topic_(std::move(topic)),
      min_offset_timeout_ms_(min_offset_timeout_ms),
      read_timeout_ms_(read_timeout_ms),
      state_(state),
      clock_(clock),
      workers_(workers),
      waiter_(waiter),
      busy_(metrics->Counter(kRefusedName, kRefusedHelp, {{"reason", "busy"}})),
      timed_out_(metrics->Counter(kRefusedName, kRefusedHelp, {{"reason", "min_offset"}})),
      incomplete_(metrics->Counter(kRefusedName, kRefusedHelp, {{"reason", "incomplete"}})) {}

void ReadRunner::Serve(http::Request& request, http::Responder responder, ReadFunction read,
                       const WrittenOffsets* written) {
  ReadConditions conditions;
  if (auto bad = ParseReadConditions(request, topic_, &conditions)) {
    responder.Send(BadParameterResponse(*bad));
    return;
  }
  OffsetSet own;
  if (written != nullptr) {
    for (const auto& [partition, offset] : written->Get()) own.Add(partition, offset);
  }
  std::string().swap(request.body);  // means nothing to a read, which may wait for long
  const int64_t now_ms = clock_->SteadyMs();
  Submit(std::make_shared<Job>(Job{std::move(request), std::move(responder), std::move(read), std::move(conditions),
                                   std::move(own), now_ms + min_offset_timeout_ms_, Deadline(clock_, now_ms + read_timeout_ms_)}));
}

void ReadRunner::Submit(const std::shared_ptr<Job>& job) {
  if (workers_->Submit(job->request.org, [this, job] { Run(job); })) return;
  busy_.Increment();
  job->responder.Send(BusyResponse("too many queries are under way"));
}

void ReadRunner::Run(const std::shared_ptr<Job>& job) {
  for (bool again = true;; again = false) {
    Result<std::unique_ptr<StateView>> view = state_->View(job->deadline);
    if (!view.ok()) {
      // An unreadable state is waited for too: it may be between two processors.
      if (!job->conditions.min_offset.empty()) return Park(job);
      return job->responder.Send(ErrorResponse(view.status()));
    }
    const StatePosition& position = (*view)->position();
    std::optional<http::Response> response = Refusal(job->conditions, position);
    if (!response) {
      const OffsetSet& wanted = job->conditions.min_offset;
      if (!wanted.empty() && !wanted.ReachedBy(position)) return Park(job);
      if (ParkForOwn(job, position)) return;
      response = job->read(job->request, view->get());
      // A view is lost with the processor that gave it: whoever answers now gets the question once more.
      if (response->status == 503 && again && !job->deadline.Passed()) continue;
    }
    AddPositionHeaders(position, topic_, clock_->WallMs(), &*response);
    return job->responder.Send(std::move(*response));
  }
}

std::optional<http::Response> ReadRunner::Refusal(const ReadConditions& conditions, const StatePosition& position) {
  if (!conditions.min_offset.IsKnownTo(position)) {
    return BadParameterResponse({"min-offset", "min-offset must name offsets of the topic " + topic_ +
                                                   ", or of a source of the rules"});
  }
  std::vector<std::string> missing = conditions.min_offset.NotCoveredBy(position);
  const bool incomplete = conditions.require_complete && !IsComplete(position);
  if (missing.empty() && !incomplete) return std::nullopt;
  if (missing.empty()) missing = MissingPartitions(position);
  incomplete_.Increment();
  return IncompleteResponse(missing);
}

bool ReadRunner::ParkForOwn(const std::shared_ptr<Job>& job, const StatePosition& position) {
  const OffsetSet own = std::exchange(job->own, {}).CoveredBy(position);
  if (own.empty() || own.ReachedBy(position)) return false;
  return waiter_->Park(job->request.org, own, clock_->SteadyMs() + kMaxOwnWaitMs,
                       [this, job](OffsetWaiter::Outcome outcome) {
                         if (outcome != OffsetWaiter::Outcome::kStopped) return Submit(job);
                         job->responder.Send(BusyResponse("stopping"));
                       });
}

void ReadRunner::Park(const std::shared_ptr<Job>& job) {
  bool parked =
      waiter_->Park(job->request.org, job->conditions.min_offset, job->min_offset_by_ms,
                    [this, job](OffsetWaiter::Outcome outcome) {
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
