#include "ingest/posted_events.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/json_record.h"
#include "common/model/raw_event.h"
#include "ingest/array_splitter.h"
#include "ingest/batch_outcome.h"
#include "ingest/counters.h"
#include "ingest/delivery.h"
#include "ingest/idempotency_key.h"

namespace odometer {
namespace {

using http::Response;

// What may be nested in an event is for the rules to say.
constexpr int kMaxEventDepth = 512;
constexpr size_t kMaxEvents = 10'000;

// A UUID, version 4.
std::string NewEventId() {
  thread_local std::mt19937_64 random{std::random_device()()};
  const uint64_t high = random(), low = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xfff,
                     0x8000 | ((low >> 48) & 0x3fff), low & 0xffffffffffff);
}

bool IsLines(const http::Request& request) {
  std::string_view type = request.Header("content-type").value_or("");
  type = type.substr(0, type.find(';'));
  return type == "application/x-ndjson" || type == "application/jsonl";
}

std::vector<std::string_view> SplitLines(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    if (const std::string_view line = TrimJson(body.substr(0, end)); !line.empty()) lines.push_back(line);
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

std::string_view MessageOf(RejectReason reason) {
  switch (reason) {
    case RejectReason::kMalformed: return "not valid JSON";
    case RejectReason::kNotAnObject: return "an event is a JSON object";
    case RejectReason::kTooLarge: return "over 1,016 KiB";
    case RejectReason::kTooDeep: return "nested too deep";
    case RejectReason::kMissingName: return "_type is missing, or no text";
    case RejectReason::kBadValue: return "the rules cannot take this field as a value";
    case RejectReason::kBadLabels: return "this field must be a text of at most 512 bytes";
    case RejectReason::kBadTimestamp: return "the time cannot be read, or is outside the years 1 to 9999";
    case RejectReason::kFromTheFuture: return "the time is over 5 minutes ahead";
    default: return "the rules cannot count the event";
  }
}

// A delivery report may come when the router is gone: who waits for one keeps the object alive.
class PostedEvents : public std::enable_shared_from_this<PostedEvents> {
 public:
  PostedEvents(EventSourceNow source, AsyncProducer* producer, const Clock* clock, Metrics* metrics)
      : source_(std::move(source)), producer_(producer), clock_(clock), counters_("events", metrics) {}

  void Post(const http::Request& request, const http::Responder& responder) const {
    const std::shared_ptr<const EventSource> source = source_();
    if (source == nullptr || source->org() != request.org) {
      return responder.Send(Response::Error(404, "not_found", "no source of rules takes events by HTTP"));
    }
    if (request.Header("idempotency-key")) {
      counters_.Rejected(RejectReason::kBadId);
      return responder.Send(Response::Error(400, RejectReasonName(RejectReason::kBadId),
                                            "events of a source are not deduplicated", kIdempotencyKeyHeader));
    }
    const bool lines = IsLines(request);
    const auto bodies = lines ? SplitLines(request.body) : std::vector{TrimJson(request.body)};
    if (bodies.size() > kMaxEvents) {
      counters_.Rejected(RejectReason::kTooLarge);
      return responder.Send(Response::Error(413, "too_many_items", "over 10,000 events; nothing was written"));
    }
    Write(*source, bodies, lines, responder);
  }

 private:
  struct Batch {
    std::string topic;
    BatchOutcome outcome;
    std::vector<size_t> indexes;  // of the records among the events
    std::vector<std::string> ids;
    bool lines;
  };

  void Write(const EventSource& source, const std::vector<std::string_view>& bodies, bool lines,
             const http::Responder& responder) const {
    const int64_t now_ms = clock_->WallMs();
    Batch batch{source.topic(), BatchOutcome(bodies.size(), false), {}, {}, lines};
    std::vector<IngestRecord> records;
    for (size_t i = 0; i < bodies.size(); ++i) {
      const EventRefusal refusal = Check(source, bodies[i], now_ms);
      if (refusal.reason != RejectReason::kNone) {
        counters_.Rejected(refusal.reason);
        const std::string_view message = MessageOf(refusal.reason);
        if (!lines) {
          const int status = refusal.reason == RejectReason::kTooLarge ? 413 : 400;
          return responder.Send(Response::Error(status, RejectReasonName(refusal.reason), message, refusal.field));
        }
        batch.outcome.AddBad(i, {refusal.reason, std::string(message), refusal.field});
        continue;
      }
      IngestRecord& record = records.emplace_back();
      record.value = bodies[i];
      batch.ids.push_back(NewEventId());
      record.headers = {{std::string(kIdHeader), batch.ids.back()}};
      batch.indexes.push_back(i);
    }
    Deliver(producer_, source.topic(), records,
            [self = shared_from_this(), responder, batch = std::move(batch)](const Deliveries& deliveries) {
              self->Answer(batch, deliveries, responder);
            });
  }

  static EventRefusal Check(const EventSource& source, std::string_view body, int64_t now_ms) {
    if (body.size() > kMaxRawBodyBytes) return {RejectReason::kTooLarge, ""};
    thread_local JsonRecordParser parser(kMaxEventDepth);
    simdjson::dom::element root;
    if (RejectReason bad = parser.Parse(body, &root); bad != RejectReason::kNone) return {bad, ""};
    simdjson::dom::object object;
    if (root.get(object) != simdjson::SUCCESS) return {RejectReason::kNotAnObject, ""};
    std::string_view type;
    if (object["_type"].get(type) != simdjson::SUCCESS || type.empty()) return {RejectReason::kMissingName, "/_type"};
    return source.Check(body, now_ms);
  }

  void Answer(const Batch& batch, const Deliveries& deliveries, const http::Responder& responder) const {
    counters_.Delivered(deliveries);
    Response response;
    if (batch.lines) {
      BatchOutcome all = batch.outcome;
      for (size_t i = 0; i < deliveries.size(); ++i) all.AddDelivery(batch.indexes[i], deliveries[i]);
      response = all.failed() ? all.ToResponse() : Response::Json(200, nlohmann::json{{"ids", batch.ids}}.dump());
    } else if (deliveries.front().outcome == Outcome::kWritten) {
      response = Response::Json(200, nlohmann::json{{"id", batch.ids.front()}}.dump());
    } else {
      response = NotWrittenResponse(deliveries.front());
    }
    AddOffsetHeader(batch.topic, deliveries, &response);
    responder.Send(std::move(response));
  }

  const EventSourceNow source_;
  AsyncProducer* const producer_;
  const Clock* const clock_;
  const IngestCounters counters_;
};

}  // namespace

void AddPostedEventsRoutes(EventSourceNow source, AsyncProducer* producer, const Clock* clock, Metrics* metrics,
                           http::Router* router) {
  auto handler = std::make_shared<PostedEvents>(std::move(source), producer, clock, metrics);
  router->Add(http::Method::kPost, "/events", http::Access::kWrite,
              [handler](http::Request& request, http::Responder responder) { handler->Post(request, responder); });
}

}  // namespace odometer
