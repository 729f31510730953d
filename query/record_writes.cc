#include "query/record_writes.h"

#include <memory>
#include <utility>

#include "common/kafka/offsets_text.h"
#include "common/model/utf8.h"
#include "query/answer.h"
#include "query/min_offset.h"
#include "query/parameters.h"
#include "query/record_body.h"

namespace odometer {

RecordWrites::RecordWrites(int timeout_ms, StateReader* state, ControlWriter* control, const Clock* clock,
                           WorkerPool* workers, OffsetWaiter* waiter)
    : timeout_ms_(timeout_ms), state_(state), control_(control), clock_(clock), workers_(workers), waiter_(waiter) {}

void RecordWrites::Post(http::Request& request, http::Responder responder) {
  Submit(request.org, responder, [this, responder, org = request.org, body = std::move(request.body)](int64_t deadline_ms) {
    Set(org, body, deadline_ms, responder);
  });
}

void RecordWrites::Delete(http::Request& request, http::Responder responder) {
  std::string name = request.path_params.at(0);
  if (!IsValidUtf8(name)) {
    responder.Send(http::Response::Error(400, "bad_parameter", "the name must be UTF-8", "name"));
    return;
  }
  Submit(request.org, responder, [this, responder, org = request.org, name = std::move(name)](int64_t deadline_ms) {
    WriteAndWait({.org = org, .qualified_name = name, .set = std::nullopt},
                 "Record " + name + " DELETED", deadline_ms, responder);
  });
}

void RecordWrites::Submit(const std::string& org, const http::Responder& responder,
                          std::function<void(int64_t deadline_ms)> task) {
  const int64_t deadline_ms = clock_->SteadyMs() + timeout_ms_;
  bool queued = workers_->Submit(org, [this, responder, deadline_ms, task = std::move(task)] {
    // Its client has given up, or is about to, and may write something else meanwhile.
    if (clock_->SteadyMs() >= deadline_ms) return responder.Send(BusyResponse("not written: too many writes wait"));
    task(deadline_ms);
  });
  if (!queued) responder.Send(BusyResponse("too many writes are under way"));
}

void RecordWrites::Set(const std::string& org, const std::string& body, int64_t deadline_ms,
                       const http::Responder& responder) {
  Control control{.org = org, .qualified_name = {}, .set = Control::Set{}};
  control.set->series.org = org;
  if (auto problem = ParseRecordBody(body, clock_->WallMs(), &*control.set)) {
    responder.Send(std::move(*problem));
    return;
  }
  control.qualified_name = control.set->series.QualifiedName();
  std::string done_text = "Record " + control.set->series.name + " UPDATED";
  WriteAndWait(control, std::move(done_text), deadline_ms, responder);
}

std::optional<http::Response> RecordWrites::Refusal(const Control& control) {
  Result<std::unique_ptr<StateView>> view = state_->View({});
  if (!view.ok()) return BusyResponse("not written: " + view.status().message());
  if ((*view)->position().sources.empty()) return std::nullopt;
  SeriesSelector selector;
  selector.org = control.org;
  selector.qualified_name = control.qualified_name;
  selector.of_sources = true;
  Result<SeriesPage> counted = (*view)->ReadTotals(selector, "", 1);
  if (!counted.ok()) return ErrorResponse(counted.status());
  if (counted->totals.empty()) return std::nullopt;
  return http::Response::Error(409, "counted_by_rules",
                               "not written: rules count this record, and it can be neither set nor forgotten");
}

void RecordWrites::WriteAndWait(const Control& control, std::string done_text, int64_t deadline_ms,
                                const http::Responder& responder) {
  if (std::optional<http::Response> refusal = Refusal(control)) return responder.Send(std::move(*refusal));
  Result<std::vector<std::pair<TopicPartition, int64_t>>> written = control_->Write(control);
  if (!written.ok()) {
    const Status failed = written.status();
    const std::string& why = failed.message();
    responder.Send(failed.Is(ErrorKind::kStop)
                       ? http::Response::Error(500, "refused", "not written, Kafka refused it: " + why)
                       : BusyResponse(why));
    return;
  }
  OffsetSet wanted;
  for (const auto& [partition, offset] : *written) wanted.Add(partition.partition, offset);
  auto send = [responder, offsets = OffsetsText(*written)](http::Response response) {
    responder.Send(std::move(response.With("X-Odometer-Offset", offsets)));
  };
  auto not_shown = [] {
    return http::Response::Error(504, "not_reached", "written, and will be applied, but is not shown yet");
  };
  bool parked = waiter_->Park(control.org, std::move(wanted), deadline_ms,
                              [send, not_shown, done_text = std::move(done_text)](OffsetWaiter::Outcome outcome) {
                                bool shown = outcome == OffsetWaiter::Outcome::kReached;
                                send(shown ? http::Response::Text(200, done_text) : not_shown());
                              });
  if (!parked) send(not_shown());
}

}  // namespace odometer
