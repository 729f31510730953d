// The producer behind HTTP ingest. Delivery reports are events, served by a thread of its own, which calls `done`.
//
//   sending ──(fatal error)──▶ draining: what is under way is reported ──▶ replaced by a new client: sending
#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <optional>
#include <thread>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/kafka/producer.h"
#include "common/kafka/rd_common.h"
#include "common/kafka/rd_reachability.h"

namespace odometer {
namespace {

using rd::ErrorStatus;
using rd::NowMs;

constexpr char kLog[] = "producer";
constexpr int kEventWaitMs = 100;
// How long a failed delivery counts against health when nothing was delivered since.
constexpr int64_t kFailureMattersMs = 5000;
// While no broker is known to answer, one is asked this often. The reports of deliveries wait meanwhile: there are none.
constexpr int kProbeTimeoutMs = 500;
// Between two replacements of the client, for errors that come again at once, such as a missing right.
constexpr int64_t kReplaceIntervalMs = 1000;

// Says nothing about the next record.
bool CausedByTheRecord(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
         error == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

bool UnknownPlace(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

class RdAsyncProducer final : public AsyncProducer {
 public:
  explicit RdAsyncProducer(const AsyncProducerOptions& options) : options_(options) {}
  ~RdAsyncProducer() override;

  Status Open();

  Status Produce(const std::string& topic, const OutRecord& record, Callback done) override ODOMETER_EXCLUDES(mutex_);
  Status Flush(int timeout_ms) override ODOMETER_EXCLUDES(mutex_);
  Status Healthy() const override ODOMETER_EXCLUDES(mutex_);

 private:
  Result<rd::ClientPtr> NewClient() const;
  // Of the client in use; only the thread replaces it.
  rd_kafka_t* Client() const ODOMETER_EXCLUDES(mutex_);

  void Run();
  bool ServeEvent();
  void OnDelivery(const rd_kafka_message_t& message);
  void OnError(rd_kafka_event_t* event);
  void Drain();
  void ReplaceClient(const Status& why);
  bool RecordsUnderWay() const ODOMETER_EXCLUDES(mutex_);
  void NoteFailure(const Status& status) ODOMETER_EXCLUDES(mutex_);

  const AsyncProducerOptions options_;
  std::atomic<bool> stop_{false};
  rd::Reachability reachability_;

  mutable Mutex mutex_;
  CondVar drained_;
  rd::ClientPtr client_ ODOMETER_GUARDED_BY(mutex_);
  // Records whose `done` has not returned yet.
  int64_t under_way_ ODOMETER_GUARDED_BY(mutex_) = 0;
  std::optional<std::pair<std::string, int64_t>> failed_ ODOMETER_GUARDED_BY(mutex_);  // why and when, the last

  // The thread's.
  rd::QueuePtr events_;
  int64_t next_replacement_ms_ = 0;
  std::thread thread_;
};

RdAsyncProducer::~RdAsyncProducer() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();  // it reports every record left, so every `done` is called before this returns
}

Status RdAsyncProducer::Open() {
  Result<rd::ClientPtr> client = NewClient();
  if (!client.ok()) return client.status();
  events_.reset(rd_kafka_queue_get_main(client->get()));
  reachability_.Lost("no broker has answered yet");
  MutexLock lock(mutex_);
  client_ = std::move(*client);
  thread_ = std::thread([this] { Run(); });
  return Status::Ok();
}

Result<rd::ClientPtr> RdAsyncProducer::NewClient() const {
  rd::ClientConfig config{
      .type = RD_KAFKA_PRODUCER, .client_id = options_.client_id, .properties = &options_.properties};
  config.defaults = {
      {"linger.ms", std::to_string(options_.linger_ms)},
      {"message.timeout.ms", std::to_string(options_.delivery_timeout_ms)},
      {"queue.buffering.max.messages", std::to_string(std::max<size_t>(options_.max_queued_records, 1))},
      {"queue.buffering.max.kbytes", std::to_string(std::clamp<size_t>(options_.max_queued_bytes >> 10, 1, 2'147'483'647))},
      {"partitioner", "murmur2_random"},  // Java's: a key's partition is the same whoever produces
      {"retry.backoff.ms", "20"},
      // A topic that was missing or forbidden is refused without asking until the next of these.
      {"topic.metadata.refresh.interval.ms", "5000"},
  };
  config.fixed = {{"enable.idempotence", "true"}, {"acks", "all"}, {"delivery.report.only.error", "false"}};
  config.events = RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR;
  return rd::NewClient(config);
}

rd_kafka_t* RdAsyncProducer::Client() const {
  MutexLock lock(mutex_);
  return client_.get();
}

Status RdAsyncProducer::Produce(const std::string& topic, const OutRecord& record, Callback done) {
  static char empty = 0;
  auto callback = std::make_unique<Callback>(std::move(done));
  rd::HeadersPtr headers = rd::NewHeaders(record.headers);
  auto bytes = [](std::string_view view) {
    return const_cast<char*>(view.data() == nullptr ? &empty : view.data());  // librdkafka copies, it does not write
  };
  std::array<rd_kafka_vu_t, 7> fields{};
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
  fields[5].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[5].u.i32 = record.partition < 0 ? RD_KAFKA_PARTITION_UA : record.partition;
  fields[6].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[6].u.headers = headers.get();

  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  Status fatal;
  {
    // So that the client is not replaced meanwhile, and its record is counted before it can be reported.
    MutexLock lock(mutex_);
    rd::ErrorPtr error(
        rd_kafka_produceva(client_.get(), fields.data(), headers == nullptr ? fields.size() - 1 : fields.size()));
    if (error == nullptr) {
      ++under_way_;
      // Owned by the record now; OnDelivery takes the callback back.
      static_cast<void>(callback.release());
      static_cast<void>(headers.release());
      return Status::Ok();
    }
    code = rd_kafka_error_code(error.get());
    fatal = rd::FatalStatus(client_.get(), "the producer is being replaced");
  }
  if (!fatal.ok()) {
    (*callback)(Status::Retry(fatal.message()));
    return Status::Ok();
  }
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Status::Retry("too many records are waiting for the broker");
  Status status =
      ErrorStatus(code, "producing to " + topic, UnknownPlace(code) ? ErrorKind::kStop : ErrorKind::kRetry);
  if (!CausedByTheRecord(code)) NoteFailure(status);
  if (status.Is(ErrorKind::kStop)) return status;
  (*callback)(std::move(status));
  return Status::Ok();
}

void RdAsyncProducer::Run() {
  while (!stop_) {
    const bool served = ServeEvent();
    if (Status fatal = rd::FatalStatus(Client(), "producer"); !fatal.ok()) {
      Drain();
      ReplaceClient(fatal);
    } else if (!served && !stop_) {
      reachability_.Probe(Client(), kProbeTimeoutMs);
    }
  }
  Drain();
}

// Whether there was one.
bool RdAsyncProducer::ServeEvent() {
  rd::EventPtr event(rd_kafka_queue_poll(events_.get(), kEventWaitMs));
  if (event == nullptr) return false;
  if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
    int64_t reported = 0;
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) {
      OnDelivery(*message);
      ++reported;
    }
    MutexLock lock(mutex_);
    under_way_ -= reported;
    if (under_way_ == 0) drained_.NotifyAll();
  } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
    OnError(event.get());
  }
  return true;
}

void RdAsyncProducer::OnDelivery(const rd_kafka_message_t& message) {
  std::unique_ptr<Callback> done(static_cast<Callback*>(message._private));
  try {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      reachability_.Reached();
      {
        MutexLock lock(mutex_);
        failed_.reset();
      }
      (*done)(RecordMetadata{message.partition, message.offset < 0 ? -1 : message.offset});
      return;
    }
    Status status = ErrorStatus(message.err, std::string("delivering to ") + rd_kafka_topic_name(message.rkt),
                                UnknownPlace(message.err) ? ErrorKind::kStop : ErrorKind::kRetry);
    // Even one that was refused for good may have been written by an earlier attempt, whose answer got lost.
    if (rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
      status = Status::Recover(status.message());
    }
    if (!CausedByTheRecord(message.err)) NoteFailure(status);
    (*done)(std::move(status));
  } catch (const std::exception& e) {
    LogError(kLog, "a delivery callback threw: {}", e.what());
  } catch (...) {
    LogError(kLog, "a delivery callback threw");
  }
}

void RdAsyncProducer::OnError(rd_kafka_event_t* event) {
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  LogWarn(kLog, "{}: {}", rd_kafka_err2name(error), rd_kafka_event_error_string(event));
  if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && error != RD_KAFKA_RESP_ERR__AUTHENTICATION) return;
  reachability_.Lost(rd_kafka_event_error_string(event));
}

// Gives up what is under way: every record gets its report now.
void RdAsyncProducer::Drain() {
  while (RecordsUnderWay()) {
    rd_kafka_purge(Client(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    ServeEvent();
  }
}

// Requires that nothing is under way: a client that is dead takes no records.
void RdAsyncProducer::ReplaceClient(const Status& why) {
  if (stop_ || NowMs() < next_replacement_ms_) return;
  next_replacement_ms_ = NowMs() + kReplaceIntervalMs;
  Result<rd::ClientPtr> client = NewClient();
  if (!client.ok()) {
    LogError(kLog, "a new client after a fatal error: {}", client.status().message());
    return;
  }
  LogWarn(kLog, "a new client takes over after the fatal error");
  events_.reset(rd_kafka_queue_get_main(client->get()));
  reachability_.Lost(why.message());
  MutexLock lock(mutex_);
  client_.swap(*client);
}

bool RdAsyncProducer::RecordsUnderWay() const {
  MutexLock lock(mutex_);
  return under_way_ > 0;
}

void RdAsyncProducer::NoteFailure(const Status& status) {
  MutexLock lock(mutex_);
  failed_.emplace(status.message(), NowMs());
}

Status RdAsyncProducer::Flush(int timeout_ms) {
  int64_t deadline = NowMs() + timeout_ms;
  MutexLock lock(mutex_);
  while (under_way_ > 0) {
    int64_t left = deadline - NowMs();
    if (left <= 0) return Status::Retry(std::to_string(under_way_) + " records are still under way");
    drained_.WaitFor(mutex_, left);
  }
  return Status::Ok();
}

Status RdAsyncProducer::Healthy() const {
  const std::optional<std::string> trouble = reachability_.Trouble();
  MutexLock lock(mutex_);
  if (Status fatal = rd::FatalStatus(client_.get(), "producer"); !fatal.ok()) return Status::Retry(fatal.message());
  if (trouble) return Status::Retry(*trouble);
  if (failed_ && NowMs() - failed_->second < kFailureMattersMs) return Status::Retry(failed_->first);
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<AsyncProducer>> NewRdAsyncProducer(const AsyncProducerOptions& options) {
  auto producer = std::make_unique<RdAsyncProducer>(options);
  ODOMETER_RETURN_IF_ERROR(producer->Open());
  return std::unique_ptr<AsyncProducer>(std::move(producer));
}

}  // namespace odometer
