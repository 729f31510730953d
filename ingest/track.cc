#include "ingest/track.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/parse_integer.h"
#include "common/model/utf8.h"
#include "ingest/counters.h"
#include "ingest/delivery.h"
#include "ingest/idempotency_key.h"

namespace odometer {
namespace {

using http::Response;

// A delivery report may come when the router is gone: who waits for one keeps the object alive.
class Track : public std::enable_shared_from_this<Track> {
 public:
  Track(IngestOptions options, AsyncProducer* producer, Metrics* metrics)
      : options_(std::move(options)), producer_(producer), counters_("track", metrics) {}

  void Get(const http::Request& request, const http::Responder& responder) const {
    Event event;
    uint64_t count = 0;
    if (std::optional<Response> refusal = Read(request, &event, &count)) return responder.Send(std::move(*refusal));
    if (count == 0) return responder.Send(Counted());
    event.value = Number::Of(count);
    Deliver(producer_, options_.topic, {MakeIngestRecord(event, std::nullopt)},
            [self = shared_from_this(), responder](const Deliveries& deliveries) { self->Answer(deliveries, responder); });
  }

  Response Head(const http::Request& request) const {
    Event event;
    uint64_t count = 0;
    std::optional<Response> refusal = Read(request, &event, &count);
    return refusal ? std::move(*refusal) : Counted();
  }

 private:
  static Response Counted() {
    Response response;
    response.status = 204;
    return response;
  }

  Response Refuse(RejectReason reason, std::string_view message, std::string_view field) const {
    counters_.Rejected(reason);
    return Response::Error(400, RejectReasonName(reason), message, field);
  }

  // The answer when there is something wrong with the request. The event's texts point into it.
  std::optional<Response> Read(const http::Request& request, Event* event, uint64_t* count) const {
    event->org = request.org;
    event->name = request.Query("key").value_or(std::string_view());
    if (event->name.empty()) return Refuse(RejectReason::kMissingName, "key is missing or empty", "key");
    if (event->name.size() > kMaxNameBytes) return Refuse(RejectReason::kBadName, "key is over 512 bytes", "key");
    if (event->name == kOverflowName) return Refuse(RejectReason::kBadName, "key is a reserved name", "key");
    if (!IsValidUtf8(event->name)) return Refuse(RejectReason::kBadName, "key is not valid UTF-8", "key");
    std::optional<uint64_t> parsed = ParseInteger<uint64_t>(request.Query("value").value_or("1"));
    if (!parsed) return Refuse(RejectReason::kBadValue, "value must be a whole number from 0 to 2^64-1", "value");
    *count = *parsed;
    IdempotencyKey key = ReadIdempotencyKey(request);
    if (!key.error.empty()) return Refuse(RejectReason::kBadId, key.error, kIdempotencyKeyHeader);
    event->id = key.key;
    return std::nullopt;
  }

  void Answer(const Deliveries& deliveries, const http::Responder& responder) const {
    counters_.Delivered(deliveries);
    const Delivery& delivery = deliveries.front();
    Response response = delivery.outcome == Outcome::kWritten ? Counted() : NotWrittenResponse(delivery);
    AddOffsetHeader(options_.topic, deliveries, &response);
    responder.Send(std::move(response));
  }

  const IngestOptions options_;
  AsyncProducer* const producer_;
  const IngestCounters counters_;
};

}  // namespace

void AddTrackRoutes(const IngestOptions& options, AsyncProducer* producer, Metrics* metrics, http::Router* router) {
  auto track = std::make_shared<Track>(options, producer, metrics);
  router->Add(http::Method::kGet, "/track", http::Access::kWrite,
              [track](http::Request& request, http::Responder responder) { track->Get(request, responder); });
  router->AddSimple(http::Method::kHead, "/track", http::Access::kWrite,
                    [track](const http::Request& request) { return track->Head(request); });
}

}  // namespace odometer
