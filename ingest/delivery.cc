#include "ingest/delivery.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "common/base/mutex.h"

namespace odometer {
namespace {

// The results that have come in; shared by the callbacks of one request.
class Pending {
 public:
  Pending(size_t records, std::function<void(const DeliveryResults&)> done)
      : results_(records, Status::Retry("no answer")), missing_(records), done_(std::move(done)) {}

  void Set(size_t index, Result<RecordMetadata> result) {
    {
      MutexLock lock(mutex_);
      results_[index] = std::move(result);
      if (--missing_ > 0) return;
    }
    // The last one: nobody else touches the results any more.
    done_(results_);
  }

 private:
  Mutex mutex_;
  DeliveryResults results_;
  size_t missing_ ODOMETER_GUARDED_BY(mutex_);
  const std::function<void(const DeliveryResults&)> done_;
};

}  // namespace

void Deliver(AsyncProducer* producer, const std::string& topic, const std::vector<IngestRecord>& records,
             std::function<void(const DeliveryResults&)> done) {
  if (records.empty()) {
    done({});
    return;
  }
  auto pending = std::make_shared<Pending>(records.size(), std::move(done));
  for (size_t i = 0; i < records.size(); ++i) {
    const OutRecord record{.key = records[i].key, .value = records[i].value};
    Status status = producer->Produce(topic, record, [pending, i](Result<RecordMetadata> result) {
      pending->Set(i, std::move(result));
    });
    if (!status.ok()) pending->Set(i, status);
  }
}

void AddOffsetHeader(const std::string& topic, const DeliveryResults& results, http::Response* response) {
  std::map<int32_t, int64_t> highest;
  for (const Result<RecordMetadata>& result : results) {
    if (!result.ok()) continue;
    auto [at, is_new] = highest.emplace(result->partition, result->offset);
    if (!is_new) at->second = std::max(at->second, result->offset);
  }
  std::string text;
  for (const auto& [partition, offset] : highest) {
    if (!text.empty()) text += ',';
    text += topic + "/" + std::to_string(partition) + "@" + std::to_string(offset);
  }
  if (!text.empty()) response->With("X-Odometer-Offset", std::move(text));
}

std::string NotWrittenCode(const Status& status) {
  return status.Is(ErrorKind::kRetry) ? "unavailable" : "refused";
}

std::string NotWrittenMessage(const Status& status) {
  return (status.Is(ErrorKind::kRetry) ? "Kafka does not take it now: " : "Kafka refused it: ") + status.message();
}

http::Response NotWrittenResponse(const Status& status) {
  const bool retry = status.Is(ErrorKind::kRetry);
  http::Response response =
      http::Response::Error(retry ? 503 : 500, NotWrittenCode(status), NotWrittenMessage(status));
  if (retry) response.With("Retry-After", "1");
  return response;
}

}  // namespace odometer
