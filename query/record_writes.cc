#include "query/record_writes.h"

#include <xxhash.h>

#include <exception>
#include <utility>

#include "common/base/log.h"
#include "query/answer.h"
#include "query/min_offset.h"
#include "query/parameters.h"
#include "query/record_body.h"

namespace odometer {

RecordWrites::RecordWrites(std::string topic, int timeout_ms, ControlWriter* control, Admin* admin, const Clock* clock,
                           WorkerPool* workers, OffsetWaiter* waiter)
    : topic_(std::move(topic)),
      timeout_ms_(timeout_ms),
      control_(control),
      admin_(admin),
      clock_(clock),
      workers_(workers),
      waiter_(waiter) {}

void RecordWrites::Post(http::Request& request, http::Responder responder) {
  Submit(responder, [this, responder, body = std::move(request.body)] { Set(body, responder); });
}

void RecordWrites::Delete(http::Request& request, http::Responder responder) {
  std::string name = request.path_params.at(0);
  if (!IsValidUtf8(name)) {
    responder.Send(http::Response::Error(400, "bad_parameter", "the name must be UTF-8", "name"));
    return;
  }
  Submit(responder, [this, responder, name = std::move(name)] {
    WriteAndWait({.org = std::string(kDefaultOrg), .qualified_name = name, .set = std::nullopt},
                 "Record " + name + " DELETED", responder);
  });
}

void RecordWrites::Submit(const http::Responder& responder, std::function<void()> task) {
  bool queued = workers_->Submit([responder, task = std::move(task)] {
    try {
      task();
    } catch (const std::exception& e) {
      LogError("query", "write failed error={}", e.what());
      responder.Send(http::Response::Error(500, "internal", "the write failed"));
    }
  });
  if (!queued) responder.Send(BusyResponse("too many writes are under way"));
}

void RecordWrites::Set(const std::string& body, const http::Responder& responder) {
  Control control{.org = std::string(kDefaultOrg), .qualified_name = {}, .set = Control::Set{}};
  if (auto problem = ParseRecordBody(body, clock_->WallMs(), &*control.set)) {
    responder.Send(std::move(*problem));
    return;
  }
  control.qualified_name = control.set->series.QualifiedName();
  Result<std::optional<TopicInfo>> topic = admin_->Describe(topic_);
  if (!topic.ok() || !topic->has_value()) {
    responder.Send(BusyResponse(topic.ok() ? "there is no topic " + topic_ : topic.status().message()));
    return;
  }
  control.set->partition = SetPartition(control.qualified_name, (*topic)->partitions);
  control.set->aggregate.last_origin.partition = control.set->partition;
  std::string done_text = "Record " + control.set->series.name + " UPDATED";
  WriteAndWait(control, std::move(done_text), responder);
}

void RecordWrites::WriteAndWait(const Control& control, std::string done_text, const http::Responder& responder) {
  const int64_t deadline_ms = clock_->SteadyMs() + timeout_ms_;
  Result<std::vector<std::pair<TopicPartition, int64_t>>> written = control_->Write(control);
  if (!written.ok()) {
    responder.Send(BusyResponse(written.status().message()));
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
  bool parked = waiter_->Park(std::move(wanted), deadline_ms,
                              [send, not_shown, done_text = std::move(done_text)](OffsetWaiter::Outcome outcome) {
                                bool shown = outcome == OffsetWaiter::Outcome::kReached;
                                send(shown ? http::Response::Text(200, done_text) : not_shown());
                              });
  if (!parked) send(not_shown());
}

int32_t SetPartition(const std::string& qualified_name, int32_t partitions) {
  return static_cast<int32_t>(XXH3_64bits(qualified_name.data(), qualified_name.size()) %
                              static_cast<uint64_t>(partitions));
}

}  // namespace odometer
