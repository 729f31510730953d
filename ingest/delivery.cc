#include "ingest/delivery.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "common/base/mutex.h"
#include "common/kafka/offsets_text.h"

namespace odometer {
namespace {

Delivery DeliveryOf(const Result<RecordMetadata>& result) {
  if (result.ok()) return {Outcome::kWritten, *result, ""};
  const Status status = result.status();
  const Outcome outcome = status.Is(ErrorKind::kRetry)     ? Outcome::kUnavailable
                          : status.Is(ErrorKind::kRecover) ? Outcome::kMaybeWritten
                                                           : Outcome::kRefused;
  return {outcome, {}, status.message()};
}

// What has come in; shared by the callbacks of one request.
class Pending {
 public:
  Pending(size_t records, std::function<void(const Deliveries&)> done)
      : deliveries_(records), missing_(records), done_(std::move(done)) {}

  void Set(size_t index, Delivery delivery) {
    {
      MutexLock lock(mutex_);
      deliveries_[index] = std::move(delivery);
      if (--missing_ > 0) return;
    }
    // The last one: nobody else touches them any more.
    done_(deliveries_);
  }

 private:
  Mutex mutex_;
  Deliveries deliveries_;
  size_t missing_ ODOMETER_GUARDED_BY(mutex_);
  const std::function<void(const Deliveries&)> done_;
};

}  // namespace

void Deliver(AsyncProducer* producer, const std::string& topic, const std::vector<IngestRecord>& records,
             std::function<void(const Deliveries&)> done) {
  if (records.empty()) {
    done({});
    return;
  }
  auto pending = std::make_shared<Pending>(records.size(), std::move(done));
  for (size_t i = 0; i < records.size(); ++i) {
    OutRecord record{.key = records[i].key, .value = records[i].value};
    for (const auto& [name, value] : records[i].headers) record.headers.push_back({name, value});
    Status status = producer->Produce(topic, record, [pending, i](const Result<RecordMetadata>& result) {
      pending->Set(i, DeliveryOf(result));
    });
    if (status.ok()) continue;
    Delivery delivery = DeliveryOf(status);
    if (status.Is(ErrorKind::kRetry)) delivery.outcome = Outcome::kBusy;
    pending->Set(i, std::move(delivery));
  }
}

void AddOffsetHeader(const std::string& topic, const Deliveries& deliveries, http::Response* response) {
  constexpr int64_t kUnknown = std::numeric_limits<int64_t>::max();
  std::map<TopicPartition, int64_t> highest;
  for (const Delivery& delivery : deliveries) {
    if (delivery.outcome != Outcome::kWritten) continue;
    const int64_t offset = delivery.written.offset < 0 ? kUnknown : delivery.written.offset;
    auto [at, is_new] = highest.emplace(TopicPartition{topic, delivery.written.partition}, offset);
    if (!is_new) at->second = std::max(at->second, offset);
  }
  std::erase_if(highest, [](const auto& place) { return place.second == kUnknown; });
  if (!highest.empty()) response->With("X-Odometer-Offset", OffsetsText({highest.begin(), highest.end()}));
}

int OutcomeStatus(Outcome outcome) {
  switch (outcome) {
    case Outcome::kWritten: return 200;
    case Outcome::kBusy: return 429;
    case Outcome::kUnavailable:
    case Outcome::kMaybeWritten: return 503;
    case Outcome::kRefused: break;
  }
  return 500;
}

std::string_view OutcomeCode(Outcome outcome) {
  switch (outcome) {
    case Outcome::kWritten: return "written";
    case Outcome::kBusy: return "busy";
    case Outcome::kUnavailable: return "unavailable";
    case Outcome::kMaybeWritten: return "maybe_written";
    case Outcome::kRefused: break;
  }
  return "refused";
}

std::string OutcomeMessage(const Delivery& delivery) {
  switch (delivery.outcome) {
    case Outcome::kWritten: return "written";
    case Outcome::kBusy: return "not written: " + delivery.reason;
    case Outcome::kUnavailable: return "not written, Kafka does not take it now: " + delivery.reason;
    case Outcome::kMaybeWritten:
      return "it may have been written, Kafka has not acknowledged it: " + delivery.reason;
    case Outcome::kRefused: break;
  }
  return "Kafka refused it: " + delivery.reason;
}

void AddRetryAfter(Outcome outcome, http::Response* response) {
  if (outcome != Outcome::kWritten && outcome != Outcome::kRefused) response->With("Retry-After", "1");
}

http::Response NotWrittenResponse(const Delivery& delivery) {
  http::Response response = http::Response::Error(OutcomeStatus(delivery.outcome), OutcomeCode(delivery.outcome),
                                                  OutcomeMessage(delivery));
  AddRetryAfter(delivery.outcome, &response);
  return response;
}

}  // namespace odometer
