// The producer behind HTTP ingest. Delivery reports are events, served by a thread of its own, which calls `done`.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <optional>
#include <thread>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/kafka/producer.h"
#include "common/kafka/rd_common.h"

namespace odometer {
namespace {

using rd::ErrorStatus;

constexpr char kLog[] = "producer";
constexpr int kEventWaitMs = 100;
constexpr int kMetadataTimeoutMs = 5000;
constexpr int64_t kPartitionsCachedMs = 10'000;
// How long a failed delivery counts against health when nothing was delivered since.
constexpr int64_t kFailureMattersMs = 5000;
// While no broker is known to answer, one is asked this often. The reports of deliveries wait meanwhile: there are none.
constexpr int64_t kProbeIntervalMs = 1000;
constexpr int kProbeTimeoutMs = 500;

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class RdAsyncProducer final : public AsyncProducer {
 public:
  RdAsyncProducer() = default;
  ~RdAsyncProducer() override;

  Status Open(const AsyncProducerOptions& options);

  Status Produce(const std::string& topic, const OutRecord& record, Callback done) override;
  Result<int32_t> Partitions(const std::string& topic) override ODOMETER_EXCLUDES(mutex_);
  Status Flush(int timeout_ms) override ODOMETER_EXCLUDES(mutex_);
  Status Healthy() const override ODOMETER_EXCLUDES(mutex_);

 private:
  struct CachedPartitions {
    int32_t count;
    int64_t at_ms;
  };

  void Run();
  void OnDelivery(const rd_kafka_message_t& message);
  void OnError(rd_kafka_event_t* event);
  void ProbeIfDown();

  rd::ClientPtr client_;
  rd::QueuePtr events_;
  std::atomic<bool> stop_{false};
  // Records whose `done` has not returned yet.
  std::atomic<int64_t> under_way_{0};
  int64_t next_probe_ms_ = 0;  // the thread's

  mutable Mutex mutex_;
  CondVar drained_;
  std::optional<std::string> down_ ODOMETER_GUARDED_BY(mutex_) = "no broker has answered yet";
  std::optional<std::pair<std::string, int64_t>> failed_ ODOMETER_GUARDED_BY(mutex_);  // why and when, the last
  std::map<std::string, CachedPartitions> partitions_ ODOMETER_GUARDED_BY(mutex_);

  std::thread thread_;
};

RdAsyncProducer::~RdAsyncProducer() {
  if (client_ == nullptr) return;
  // Every record left gets its report now, so every `done` is called before this returns.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  events_.reset();
}

Status RdAsyncProducer::Open(const AsyncProducerOptions& options) {
  rd::ClientConfig config{.type = RD_KAFKA_PRODUCER, .client_id = options.client_id, .properties = &options.properties};
  config.defaults = {
      {"linger.ms", std::to_string(options.linger_ms)},
      {"message.timeout.ms", std::to_string(options.delivery_timeout_ms)},
      {"queue.buffering.max.messages", std::to_string(std::max<size_t>(options.max_queued_records, 1))},
      {"partitioner", "murmur2_random"},  // Java's: a key's partition is the same whoever produces
      {"retry.backoff.ms", "20"},
  };
  config.fixed = {{"enable.idempotence", "true"}, {"acks", "all"}, {"delivery.report.only.error", "false"}};
  config.events = RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR;
  Result<rd::ClientPtr> client = rd::NewClient(config);
  if (!client.ok()) return client.status();
  client_ = std::move(*client);
  events_.reset(rd_kafka_queue_get_main(client_.get()));
  thread_ = std::thread([this] { Run(); });
  return Status::Ok();
}

Status RdAsyncProducer::Produce(const std::string& topic, const OutRecord& record, Callback done) {
  static char empty = 0;
  auto callback = std::make_unique<Callback>(std::move(done));
  rd::HeadersPtr headers = rd::NewHeaders(record.headers);
  auto bytes = [](std::string_view view) {
    return const_cast<char*>(view.data() == nullptr ? &empty : view.data());  // librdkafka copies, it does not write
  };
  std::array<rd_kafka_vu_t, 6> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[1].u.i = RD_KAFKA_MSG_F_COPY;
  fields[2].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[2].u.mem = {record.tombstone ? nullptr : bytes(record.value), record.tombstone ? 0 : record.value.size()};
  fields[3].vtype = RD_KAFKA_VTYPE_KEY;
  fields[3].u.mem = {record.key.empty() ? nullptr : bytes(record.key), record.key.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[4].u.ptr = callback.get();
  fields[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[5].u.headers = headers.get();
  ++under_way_;
  rd::ErrorPtr error(
      rd_kafka_produceva(client_.get(), fields.data(), headers == nullptr ? fields.size() - 1 : fields.size()));
  if (error != nullptr) {
    --under_way_;
    if (Status fatal = rd::FatalStatus(client_.get(), "producer"); !fatal.ok()) return Status::Stop(fatal.message());
    rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Status::Retry("too many records are waiting for the broker");
    bool unknown = code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    return ErrorStatus(code, "producing to " + topic, unknown ? ErrorKind::kStop : ErrorKind::kRetry);
  }
  // Owned by the record now; OnDelivery takes the callback back.
  static_cast<void>(callback.release());
  static_cast<void>(headers.release());
  return Status::Ok();
}

void RdAsyncProducer::Run() {
  while (!stop_ || under_way_ > 0) {
    rd::EventPtr event(rd_kafka_queue_poll(events_.get(), kEventWaitMs));
    if (event == nullptr) {
      ProbeIfDown();
    } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
      while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) OnDelivery(*message);
      MutexLock lock(mutex_);
      if (under_way_ == 0) drained_.NotifyAll();
    } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      OnError(event.get());
    }
  }
}

void RdAsyncProducer::OnDelivery(const rd_kafka_message_t& message) {
  std::unique_ptr<Callback> done(static_cast<Callback*>(message._private));
  try {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      {
        MutexLock lock(mutex_);
        down_.reset();
        failed_.reset();
      }
      (*done)(RecordMetadata{message.partition, message.offset < 0 ? -1 : message.offset});
    } else {
      bool unknown = message.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                     message.err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
                     message.err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
      Status status = ErrorStatus(message.err, std::string("delivering to ") + rd_kafka_topic_name(message.rkt),
                                  unknown ? ErrorKind::kStop : ErrorKind::kRetry);
      if (status.Is(ErrorKind::kRetry)) {
        MutexLock lock(mutex_);
        failed_.emplace(status.message(), NowMs());
      }
      (*done)(std::move(status));
    }
  } catch (const std::exception& e) {
    LogError(kLog, "a delivery callback threw: {}", e.what());
  } catch (...) {
    LogError(kLog, "a delivery callback threw");
  }
  --under_way_;
}

void RdAsyncProducer::OnError(rd_kafka_event_t* event) {
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  LogWarn(kLog, "{}: {}", rd_kafka_err2name(error), rd_kafka_event_error_string(event));
  if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && error != RD_KAFKA_RESP_ERR__AUTHENTICATION) return;
  MutexLock lock(mutex_);
  down_ = rd_kafka_event_error_string(event);
}

// librdkafka tells when the last broker is lost, but not when one is back.
void RdAsyncProducer::ProbeIfDown() {
  {
    MutexLock lock(mutex_);
    if (!down_) return;
  }
  if (stop_ || NowMs() < next_probe_ms_) return;
  const rd_kafka_metadata_t* raw = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_metadata(client_.get(), 0, nullptr, &raw, kProbeTimeoutMs);
  std::unique_ptr<const rd_kafka_metadata_t, rd::Free<rd_kafka_metadata_destroy>> metadata(raw);
  next_probe_ms_ = NowMs() + kProbeIntervalMs;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  MutexLock lock(mutex_);
  down_.reset();
}

Result<int32_t> RdAsyncProducer::Partitions(const std::string& topic) {
  int64_t now = NowMs();
  {
    MutexLock lock(mutex_);
    auto it = partitions_.find(topic);
    if (it != partitions_.end() && now - it->second.at_ms < kPartitionsCachedMs) return it->second.count;
  }
  Result<int32_t> count = rd::PartitionCount(client_.get(), topic, kMetadataTimeoutMs);
  if (!count.ok()) return count;
  MutexLock lock(mutex_);
  partitions_[topic] = {*count, now};
  return count;
}

Status RdAsyncProducer::Flush(int timeout_ms) {
  int64_t deadline = NowMs() + timeout_ms;
  MutexLock lock(mutex_);
  while (under_way_ > 0) {
    int64_t left = deadline - NowMs();
    if (left <= 0) return Status::Retry(std::to_string(under_way_.load()) + " records are still under way");
    drained_.WaitFor(mutex_, left);
  }
  return Status::Ok();
}

Status RdAsyncProducer::Healthy() const {
  if (Status fatal = rd::FatalStatus(client_.get(), "producer"); !fatal.ok()) return Status::Stop(fatal.message());
  MutexLock lock(mutex_);
  if (down_) return Status::Retry(*down_);
  if (failed_ && NowMs() - failed_->second < kFailureMattersMs) return Status::Retry(failed_->first);
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<AsyncProducer>> NewRdAsyncProducer(const AsyncProducerOptions& options) {
  auto producer = std::make_unique<RdAsyncProducer>();
  ODOMETER_RETURN_IF_ERROR(producer->Open(options));
  return std::unique_ptr<AsyncProducer>(std::move(producer));
}

}  // namespace odometer
