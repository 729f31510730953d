#include "ingest/ingest_metrics.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ingest/batch_outcome.h"
#include "ingest/counters.h"
#include "ingest/delivery.h"
#include "ingest/idempotency_key.h"
#include "ingest/item_parser.h"
#include "ingest/posted_items.h"

namespace odometer {
namespace {

using http::Response;

// Bounds how long one request holds an I/O thread, and its answer. In a body of 1 MiB each may take a hundred bytes.
constexpr size_t kMaxItems = 10'000;

// The dialect's own words for it.
Response EmptyInput() { return Response::Text(400, "ERROR: empty input"); }

// A delivery report may come when the router is gone: who waits for one keeps the object alive.
class IngestMetrics : public std::enable_shared_from_this<IngestMetrics> {
 public:
  IngestMetrics(IngestOptions options, AsyncProducer* producer, const Clock* clock, Metrics* metrics)
      : options_(std::move(options)), producer_(producer), clock_(clock), counters_("ingest_metrics", metrics) {}

  void Post(const http::Request& request, const http::Responder& responder) const {
    const IdempotencyKey key = ReadIdempotencyKey(request);
    if (!key.error.empty()) return responder.Send(RefuseKey(key, counters_));
    const std::optional<Encoding> encoding = PostedEncoding(request);
    if (!encoding) {
      counters_.Rejected(RejectReason::kUnknownEncoding);
      return responder.Send(UnknownEncodingResponse(kKnownContentTypes));
    }
    const PostedItems posted(request, *encoding, kMaxItems);
    if (posted.reason() != RejectReason::kNone) {
      counters_.Rejected(posted.reason());
      const int status = posted.reason() == RejectReason::kTooLarge ? 413 : 400;
      return responder.Send(
          Response::Error(status, RejectReasonName(posted.reason()), EncodingProblem(*encoding, posted.reason())));
    }
    if (posted.is_batch()) return PostBatch(posted.items(), *encoding, request.org, key.key, responder);
    PostOne(posted.items().front().json, request.org, key.key, responder);
  }

 private:
  static std::variant<IngestRecord, ItemError> Parse(const PostedItem& item, Encoding encoding, int64_t now_ms,
                                                     std::string_view org, std::string_view id) {
    if (item.reason == RejectReason::kNone) return ParseItem(item.json, now_ms, org, id);
    return ItemError{item.reason, EncodingProblem(encoding, item.reason), ""};
  }

  void PostOne(std::string_view body, std::string_view org, std::string_view key,
               const http::Responder& responder) const {
    if (body.empty()) {
      counters_.Rejected(RejectReason::kMissingName);
      return responder.Send(EmptyInput());
    }
    std::variant<IngestRecord, ItemError> item = ParseItem(body, clock_->WallMs(), org, key);
    if (const auto* error = std::get_if<ItemError>(&item)) {
      counters_.Rejected(error->reason);
      if (error->reason == RejectReason::kMissingName) return responder.Send(EmptyInput());
      return responder.Send(Response::Error(400, RejectReasonName(error->reason), error->message, error->field));
    }
    const auto& record = std::get<IngestRecord>(item);
    Deliver(producer_, options_.topic, {record},
            [self = shared_from_this(), responder, name = record.name](const Deliveries& deliveries) {
              self->counters_.Delivered(deliveries);
              const Delivery& delivery = deliveries.front();
              Response response = delivery.outcome == Outcome::kWritten
                                      ? Response::Text(200, "Record " + name + " UPDATED")
                                      : NotWrittenResponse(delivery);
              AddOffsetHeader(self->options_.topic, deliveries, &response);
              responder.Send(std::move(response));
            });
  }

  void PostBatch(const std::vector<PostedItem>& items, Encoding encoding, std::string_view org, std::string_view key,
                 const http::Responder& responder) const {
    if (items.size() > kMaxItems) {
      counters_.Rejected(RejectReason::kTooLarge);
      return responder.Send(Response::Error(413, "too_many_items", "over 10,000 items; nothing was written"));
    }
    const int64_t now_ms = clock_->WallMs();
    std::vector<IngestRecord> records;
    std::vector<size_t> indexes;  // of the records among the items
    BatchOutcome outcome(items.size(), !key.empty());
    std::string id;
    for (size_t i = 0; i < items.size(); ++i) {
      if (!key.empty()) id = ItemId(key, i);
      std::variant<IngestRecord, ItemError> item = Parse(items[i], encoding, now_ms, org, id);
      if (const auto* error = std::get_if<ItemError>(&item)) {
        counters_.Rejected(error->reason);
        outcome.AddBad(i, *error);
      } else {
        records.push_back(std::move(std::get<IngestRecord>(item)));
        indexes.push_back(i);
      }
    }
    Deliver(producer_, options_.topic, records,
            [self = shared_from_this(), responder, outcome = std::move(outcome),
             indexes = std::move(indexes)](const Deliveries& deliveries) {
              self->counters_.Delivered(deliveries);
              BatchOutcome all = outcome;
              for (size_t i = 0; i < deliveries.size(); ++i) all.AddDelivery(indexes[i], deliveries[i]);
              Response response = all.failed() ? all.ToResponse()
                                               : Response::Text(200, std::to_string(all.items()) + " Records UPDATED");
              AddOffsetHeader(self->options_.topic, deliveries, &response);
              responder.Send(std::move(response));
            });
  }

  const IngestOptions options_;
  AsyncProducer* const producer_;
  const Clock* const clock_;
  const IngestCounters counters_;
};

}  // namespace

void AddIngestMetricsRoutes(const IngestOptions& options, AsyncProducer* producer, const Clock* clock,
                            Metrics* metrics, http::Router* router) {
  auto handler = std::make_shared<IngestMetrics>(options, producer, clock, metrics);
  router->Add(http::Method::kPost, "/ingest/metrics", http::Access::kWrite,
              [handler](http::Request& request, http::Responder responder) { handler->Post(request, responder); });
}

}  // namespace odometer
