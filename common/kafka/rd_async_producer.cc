// The producer behind HTTP ingest. Delivery reports are events, served by a thread of its own, which calls `done`.
//
//   sending ──(fatal error)──▶ draining: what is under way is reported ──▶ replaced by a new client: sending
//
// A record goes at once when none is on its way; else it waits for these to be acknowledged, and then all that wait go together
// (group commit; Nagle's algorithm, RFC 896, on records). So a few requests carry what many clients post at the same time. It waits
// no longer than `linger`: brokers that are slow or gone do not hold up the records for others. librdkafka's own linger waits
// although nothing is on its way, and its thread polls without a pause while records wait for room in flight.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/kafka/producer.h"
#include "common/kafka/rd_common.h"
#include "common/kafka/rd_reachability.h"
#include "common/kafka/record_copy.h"

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

// What becomes of a record is told to whom. librdkafka has it as the record's opaque while that is on its way.
struct Report {
  AsyncProducer::Callback done;
  size_t bytes;  // of the record
};
using ReportPtr = std::unique_ptr<Report>;

void Tell(const Report& report, Result<RecordMetadata> result) {
  try {
    report.done(std::move(result));
  } catch (const std::exception& e) {
    LogError(kLog, "a delivery callback threw: {}", e.what());
  } catch (...) {
    LogError(kLog, "a delivery callback threw");
  }
}

struct WaitingRecord {
  WaitingRecord(const std::string& topic, const OutRecord& out, ReportPtr report_of, int64_t now_ms)
      : record(topic, out), report(std::move(report_of)), since_ms(now_ms) {}

  RecordCopy record;
  ReportPtr report;
  int64_t since_ms;
};

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

  // Gives the record to librdkafka, which takes the report when it is OK.
  Status Send(const std::string& topic, const OutRecord& record, ReportPtr* report) ODOMETER_REQUIRES(mutex_);
  void Wait(const std::string& topic, const OutRecord& record, ReportPtr report) ODOMETER_REQUIRES(mutex_);
  void Ended(size_t records, size_t bytes) ODOMETER_REQUIRES(mutex_);
  void NoteFailure(const Status& status) ODOMETER_REQUIRES(mutex_);

  void Run();
  bool ServeEvent() ODOMETER_EXCLUDES(mutex_);
  std::pair<rd_kafka_queue_t*, int> NextWait() ODOMETER_EXCLUDES(mutex_);
  void OnDelivery(const rd_kafka_message_t& message, const Report& report) ODOMETER_EXCLUDES(mutex_);
  void OnError(rd_kafka_event_t* event);
  bool WaitedEnough() const ODOMETER_EXCLUDES(mutex_);
  void SendWaiting() ODOMETER_EXCLUDES(mutex_);
  void Drain() ODOMETER_EXCLUDES(mutex_);
  void ReplaceClient(const Status& why) ODOMETER_EXCLUDES(mutex_);
  bool RecordsUnderWay() const ODOMETER_EXCLUDES(mutex_);

  const AsyncProducerOptions options_;
  std::atomic<bool> stop_{false};
  rd::Reachability reachability_;

  mutable Mutex mutex_;
  CondVar drained_;
  rd::ClientPtr client_ ODOMETER_GUARDED_BY(mutex_);
  rd::QueuePtr events_ ODOMETER_GUARDED_BY(mutex_);  // only the thread replaces it
  // Records whose `done` has not returned yet: those that wait, and those that librdkafka has.
  size_t under_way_ ODOMETER_GUARDED_BY(mutex_) = 0;
  size_t bytes_under_way_ ODOMETER_GUARDED_BY(mutex_) = 0;
  std::deque<WaitingRecord> waiting_ ODOMETER_GUARDED_BY(mutex_);
  // The thread waits for an event, for longer than a record may.
  bool idle_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::optional<std::pair<std::string, int64_t>> failed_ ODOMETER_GUARDED_BY(mutex_);  // why and when, the last

  // The thread's.
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
  reachability_.Lost("no broker has answered yet");
  MutexLock lock(mutex_);
  events_.reset(rd_kafka_queue_get_main(client->get()));
  client_ = std::move(*client);
  thread_ = std::thread([this] { Run(); });
  return Status::Ok();
}

Result<rd::ClientPtr> RdAsyncProducer::NewClient() const {
  rd::ClientConfig config{
      .type = RD_KAFKA_PRODUCER, .client_id = options_.client_id, .properties = &options_.properties};
  config.defaults = {
      {"linger.ms", "0"},  // see above
      {"message.timeout.ms", std::to_string(options_.delivery_timeout_ms)},
      // Never reached: Produce counts.
      {"queue.buffering.max.messages", "0"},
      {"queue.buffering.max.kbytes", "2147483647"},
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
  ReportPtr report(new Report{std::move(done), QueuedBytes(record)});
  Status status;
  {
    MutexLock lock(mutex_);
    if (under_way_ >= options_.max_queued_records || bytes_under_way_ + report->bytes > options_.max_queued_bytes) {
      return Status::Retry("too many records are waiting for the broker");
    }
    const size_t bytes = report->bytes;
    if (options_.linger_ms > 0 && under_way_ > 0) {
      Wait(topic, record, std::move(report));
    } else {
      status = Send(topic, record, &report);
    }
    if (status.ok()) {
      ++under_way_;
      bytes_under_way_ += bytes;
      return status;
    }
  }
  if (status.Is(ErrorKind::kStop)) return status;
  report->done(std::move(status));
  return Status::Ok();
}

void RdAsyncProducer::Wait(const std::string& topic, const OutRecord& record, ReportPtr report) {
  waiting_.emplace_back(topic, record, std::move(report), NowMs());
  if (!idle_) return;
  idle_ = false;
  rd_kafka_queue_yield(events_.get());
}

Status RdAsyncProducer::Send(const std::string& topic, const OutRecord& record, ReportPtr* report) {
  static char empty = 0;
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
  fields[4].u.ptr = report->get();
  fields[5].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[5].u.i32 = record.partition < 0 ? RD_KAFKA_PARTITION_UA : record.partition;
  fields[6].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[6].u.headers = headers.get();

  rd::ErrorPtr error(
      rd_kafka_produceva(client_.get(), fields.data(), headers == nullptr ? fields.size() - 1 : fields.size()));
  if (error == nullptr) {
    // Owned by the record now; OnDelivery takes the report back.
    static_cast<void>(report->release());
    static_cast<void>(headers.release());
    return Status::Ok();
  }
  Status fatal = rd::FatalStatus(client_.get(), "the producer is being replaced");
  if (!fatal.ok()) return Status::Retry(fatal.message());
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  Status status =
      ErrorStatus(code, "producing to " + topic, UnknownPlace(code) ? ErrorKind::kStop : ErrorKind::kRetry);
  if (!CausedByTheRecord(code)) NoteFailure(status);
  return status;
}

void RdAsyncProducer::Run() {
  while (!stop_) {
    const bool served = ServeEvent();
    if (WaitedEnough()) SendWaiting();
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
  const auto [events, wait_ms] = NextWait();
  rd::EventPtr event(rd_kafka_queue_poll(events, wait_ms));
  if (event == nullptr) return false;
  if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
    size_t records = 0;
    size_t bytes = 0;
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) {
      const ReportPtr report(static_cast<Report*>(message->_private));
      OnDelivery(*message, *report);
      bytes += report->bytes;
      ++records;
    }
    MutexLock lock(mutex_);
    Ended(records, bytes);
  } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
    OnError(event.get());
  }
  return true;
}

// Where the next event comes from, and how long it may take.
std::pair<rd_kafka_queue_t*, int> RdAsyncProducer::NextWait() {
  MutexLock lock(mutex_);
  idle_ = under_way_ == 0;
  int64_t wait_ms = kEventWaitMs;
  if (!waiting_.empty()) {
    wait_ms = waiting_.front().since_ms + options_.linger_ms - NowMs();
  } else if (!idle_ && options_.linger_ms > 0) {
    wait_ms = options_.linger_ms;  // for a record may come that waits from now on
  }
  return {events_.get(), static_cast<int>(std::clamp<int64_t>(wait_ms, 0, kEventWaitMs))};
}

void RdAsyncProducer::OnDelivery(const rd_kafka_message_t& message, const Report& report) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    reachability_.Reached();
    {
      MutexLock lock(mutex_);
      failed_.reset();
    }
    return Tell(report, RecordMetadata{message.partition, message.offset < 0 ? -1 : message.offset});
  }
  Status status = ErrorStatus(message.err, std::string("delivering to ") + rd_kafka_topic_name(message.rkt),
                              UnknownPlace(message.err) ? ErrorKind::kStop : ErrorKind::kRetry);
  // Even one that was refused for good may have been written by an earlier attempt, whose answer got lost.
  if (rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
    status = Status::Recover(status.message());
  }
  if (!CausedByTheRecord(message.err)) {
    MutexLock lock(mutex_);
    NoteFailure(status);
  }
  Tell(report, std::move(status));
}

void RdAsyncProducer::OnError(rd_kafka_event_t* event) {
  rd_kafka_resp_err_t error = rd_kafka_event_error(event);
  LogWarn(kLog, "{}: {}", rd_kafka_err2name(error), rd_kafka_event_error_string(event));
  if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && error != RD_KAFKA_RESP_ERR__AUTHENTICATION) return;
  reachability_.Lost(rd_kafka_event_error_string(event));
}

// Nothing is on its way, or the first has waited long enough.
bool RdAsyncProducer::WaitedEnough() const {
  MutexLock lock(mutex_);
  if (waiting_.empty()) return false;
  return waiting_.size() == under_way_ || NowMs() - waiting_.front().since_ms >= options_.linger_ms;
}

void RdAsyncProducer::SendWaiting() {
  std::vector<std::pair<ReportPtr, Status>> refused;
  {
    MutexLock lock(mutex_);
    for (; !waiting_.empty(); waiting_.pop_front()) {
      WaitingRecord& next = waiting_.front();
      Status status = Send(next.record.topic(), next.record.View(), &next.report);
      if (!status.ok()) refused.emplace_back(std::move(next.report), std::move(status));
    }
  }
  size_t bytes = 0;
  for (auto& [report, status] : refused) {
    Tell(*report, std::move(status));
    bytes += report->bytes;
  }
  MutexLock lock(mutex_);
  Ended(refused.size(), bytes);
}

// Gives up what is under way: every record gets its report now.
void RdAsyncProducer::Drain() {
  while (RecordsUnderWay()) {
    SendWaiting();
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
  reachability_.Lost(why.message());
  MutexLock lock(mutex_);
  events_.reset(rd_kafka_queue_get_main(client->get()));
  client_.swap(*client);
}

bool RdAsyncProducer::RecordsUnderWay() const {
  MutexLock lock(mutex_);
  return under_way_ > 0;
}

void RdAsyncProducer::Ended(size_t records, size_t bytes) {
  under_way_ -= records;
  bytes_under_way_ -= bytes;
  if (under_way_ == 0) drained_.NotifyAll();
}

void RdAsyncProducer::NoteFailure(const Status& status) {
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
