#include "ingest/raw_metrics.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/model/event_decoder.h"
#include "common/model/raw_event.h"
#include "ingest/array_splitter.h"
#include "ingest/counters.h"
#include "ingest/delivery.h"
#include "ingest/idempotency_key.h"
#include "ingest/posted_items.h"

namespace odometer {
namespace {

using http::Response;

// To the byte what the original's clients get.
constexpr char kSuccess[] = "{\"resp\": \"success\"}";

Response Refusal(RejectReason reason) {
  const std::string_view code = RejectReasonName(reason);
  switch (reason) {
    case RejectReason::kMalformed: return Response::Error(400, code, "not valid JSON");
    case RejectReason::kNotAnObject: return Response::Error(400, code, "a metric is a JSON object");
    case RejectReason::kTooLarge: return Response::Error(413, code, "over 1,016 KiB");
    case RejectReason::kTooDeep: return Response::Error(400, code, "nested over 512 deep");
    case RejectReason::kMissingName: return Response::Error(400, code, "name is missing", "name");
    case RejectReason::kBadName: return Response::Error(400, code, "name holds a NUL", "name");
    case RejectReason::kBadValue: return Response::Error(400, code, "value is missing, or holds a NUL", "value");
    case RejectReason::kBadTimestamp:
      return Response::Error(400, code, "ts must be ISO-8601 or epoch seconds, of the years 1 to 9999", "ts");
    case RejectReason::kFromTheFuture: return Response::Error(400, code, "ts is over 5 minutes ahead", "ts");
    default: return Response::Error(400, code, "the metric cannot be taken");
  }
}

// What is wrong with the body; else *event and *post say what it is.
RejectReason ReadPost(std::string_view body, int64_t now_ms, Event* event, EventDecoder::Post* post) {
  thread_local EventDecoder decoder;
  if (body.size() > kMaxRawBodyBytes) return RejectReason::kTooLarge;
  if (RejectReason bad = decoder.DecodeRaw(body, event, post); bad != RejectReason::kNone) return bad;
  return post->ts_ms && *post->ts_ms - kMaxFutureMs > now_ms ? RejectReason::kFromTheFuture : RejectReason::kNone;
}

// A delivery report may come when the router is gone: who waits for one keeps the object alive.
class RawMetrics : public std::enable_shared_from_this<RawMetrics> {
 public:
  RawMetrics(IngestOptions options, AsyncProducer* producer, const Clock* clock, Metrics* metrics)
      : options_(std::move(options)), producer_(producer), clock_(clock), counters_("raw_metrics", metrics) {}

  void Post(const http::Request& request, const http::Responder& responder) const {
    const IdempotencyKey key = ReadIdempotencyKey(request);
    if (!key.error.empty()) return responder.Send(RefuseKey(key, counters_));
    if (PostedEncoding(request) != Encoding::kJson) {
      counters_.Rejected(RejectReason::kUnknownEncoding);
      return responder.Send(UnknownEncodingResponse("application/json: a raw event is kept as it is posted"));
    }
    const std::string_view body = TrimJson(request.body);
    Event event;
    EventDecoder::Post post;
    if (RejectReason bad = ReadPost(body, clock_->WallMs(), &event, &post); bad != RejectReason::kNone) {
      counters_.Rejected(bad);
      return responder.Send(Refusal(bad));
    }
    IngestRecord record;
    record.name = event.name.substr(0, kMaxNameBytes);
    record.key = record.name;
    record.value = body;
    record.headers = {{std::string(kKindHeader), std::string(kRawKind)}, {std::string(kOrgHeader), request.org}};
    if (post.ts_ms) record.headers.emplace_back(kTsHeader, std::to_string(*post.ts_ms));
    if (!key.key.empty()) record.headers.emplace_back(kIdHeader, key.key);
    Deliver(producer_, options_.topic, {record},
            [self = shared_from_this(), responder](const Deliveries& deliveries) { self->Answer(deliveries, responder); });
  }

 private:
  void Answer(const Deliveries& deliveries, const http::Responder& responder) const {
    counters_.Delivered(deliveries);
    const Delivery& delivery = deliveries.front();
    const bool written = delivery.outcome == Outcome::kWritten;
    if (written && options_.raw_written != nullptr) {
      options_.raw_written->Add(delivery.written.partition, delivery.written.offset);
    }
    Response response = written ? Response::Json(200, kSuccess) : NotWrittenResponse(delivery);
    AddOffsetHeader(options_.topic, deliveries, &response);
    responder.Send(std::move(response));
  }

  const IngestOptions options_;
  AsyncProducer* const producer_;
  const Clock* const clock_;
  const IngestCounters counters_;
};

}  // namespace

void AddRawMetricsRoutes(const IngestOptions& options, AsyncProducer* producer, const Clock* clock, Metrics* metrics,
                         http::Router* router) {
  auto handler = std::make_shared<RawMetrics>(options, producer, clock, metrics);
  router->Add(http::Method::kPost, "/v1/metrics", http::Access::kWrite,
              [handler](http::Request& request, http::Responder responder) { handler->Post(request, responder); });
}

}  // namespace odometer
