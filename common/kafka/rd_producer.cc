// The transactional producer on librdkafka. Delivery reports are events, served by the calling thread: with callbacks
// a flush moves in steps of 10 ms.
#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "common/base/log.h"
#include "common/base/parse_integer.h"
#include "common/kafka/producer.h"
#include "common/kafka/rd_common.h"
#include "common/kafka/rd_group_metadata.h"

namespace odometer {
namespace {

using rd::ErrorStatus;

constexpr char kLog[] = "producer";
// What may be under way at once; Produce then waits for the broker.
constexpr size_t kMaxRecordsUnderWay = 100'000;
constexpr size_t kMaxBytesUnderWay = 64u << 20;
constexpr size_t kBatchRecords = 10'000;
constexpr int kEventWaitMs = 100;
constexpr int kInitTimeoutMs = 10'000;
constexpr int kEndTimeoutMs = 10'000;
// While delivery reports of purged records are still to be served.
constexpr int kAbortSliceMs = 50;

constexpr const char* kMaxBytesProperty = "message.max.bytes";

class RdTransactionalProducer final : public TransactionalProducer {
 public:
  explicit RdTransactionalProducer(bool transactional) : transactional_(transactional) {}
  ~RdTransactionalProducer() override;

  Status Open(const ProducerOptions& options);

  Status Init() override;
  Status Begin() override;
  Status Produce(const std::string& topic, int32_t partition, std::span<const OutRecord> records) override;
  Status Flush() override;
  std::map<TopicPartition, int64_t> AcknowledgedEnds() const override;
  Status SendOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets,
                     const GroupMetadata& group) override;
  Status Commit() override;
  Status Abort() override;

 private:
  Result<rd_kafka_topic_t*> Topic(const std::string& name);
  Status Queue(rd_kafka_topic_t* topic, int32_t partition, std::span<const OutRecord> records);
  // Without headers, many at once; `records` are at most kBatchRecords.
  Status ProduceBatch(rd_kafka_topic_t* topic, int32_t partition, std::span<const OutRecord> records);
  Status ProduceOne(rd_kafka_topic_t* topic, int32_t partition, const OutRecord& record);
  Status MakeRoom(size_t records);
  void ServeEvents(int timeout_ms);
  void OnDelivery(const rd_kafka_message_t& message);
  void Reset();
  // Waits until no record of ours is under way.
  void LetGo();
  // The contract of kRecover and kStop: nothing is referenced any more.
  Status Checked(Status status);
  // `error` of a transaction call, by what it asks for.
  Status TransactionStatus(rd::ErrorPtr error, std::string_view context, ErrorKind otherwise);

  const bool transactional_;
  int transaction_timeout_ms_ = 0;
  int64_t max_record_bytes_ = kMaxRecordBytes;
  rd::ClientPtr client_;
  rd::QueuePtr events_;
  std::map<std::string, rd::TopicPtr, std::less<>> topics_;

  size_t records_under_way_ = 0;
  size_t bytes_under_way_ = 0;
  Status failure_;  // why this transaction must be aborted: the first delivery or offsets that failed
  std::map<std::pair<rd_kafka_topic_t*, int32_t>, int64_t> ends_;
  std::vector<rd_kafka_message_t> batch_;
};

RdTransactionalProducer::~RdTransactionalProducer() {
  if (client_ == nullptr) return;
  LetGo();
  topics_.clear();
  events_.reset();
}

void RdTransactionalProducer::LetGo() {
  if (records_under_way_ == 0) return;
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  // Ends: purged records are reported too, and a request that is half sent costs its connection.
  while (records_under_way_ > 0) ServeEvents(kEventWaitMs);
}

Status RdTransactionalProducer::Checked(Status status) {
  if (status.Is(ErrorKind::kRecover) || status.Is(ErrorKind::kStop)) LetGo();
  return status;
}

Status RdTransactionalProducer::Open(const ProducerOptions& options) {
  rd::ClientConfig config{.type = RD_KAFKA_PRODUCER, .client_id = options.client_id, .properties = &options.properties};
  transaction_timeout_ms_ = options.transaction_timeout_ms;
  config.defaults = {
      {"retry.backoff.ms", "20"},  // the default 100 allows some ten transactions a second
      {"linger.ms", "1"},
      {"batch.num.messages", std::to_string(kBatchRecords)},
      {"message.timeout.ms", std::to_string(options.transaction_timeout_ms)},
      {kMaxBytesProperty, std::to_string(kMaxRecordBytes)},    // the topics' limits count, not librdkafka's 1 MB
      {"topic.metadata.refresh.interval.ms", "5000"},          // new partitions are known within this
      {"queue.buffering.max.messages", std::to_string(2 * kMaxRecordsUnderWay)},
      // librdkafka 2.0.2 gives up asking for a group's coordinator after some refusals, and SendOffsets then waits until some
      // connection comes or goes: that of the idle transaction coordinator will. See docs/adr/0012-offsets-without-a-coordinator.md
      {"connections.max.idle.ms", std::to_string(options.transaction_timeout_ms)},
  };
  config.fixed = {{"enable.idempotence", "true"}, {"acks", "all"}, {"delivery.report.only.error", "false"}};
  if (transactional_) {
    config.fixed["transactional.id"] = options.transactional_id;
    config.fixed["transaction.timeout.ms"] = std::to_string(options.transaction_timeout_ms);
  }
  config.events = RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR;
  Result<rd::ClientPtr> client = rd::NewClient(config);
  if (!client.ok()) return client.status();
  client_ = std::move(*client);
  max_record_bytes_ = MaxRecordBytes(options.properties);
  events_.reset(rd_kafka_queue_get_main(client_.get()));
  return Status::Ok();
}

Status RdTransactionalProducer::TransactionStatus(rd::ErrorPtr error, std::string_view context, ErrorKind otherwise) {
  if (error == nullptr) return Status::Ok();
  std::string message(context);
  message.append(": ").append(rd_kafka_error_string(error.get()));
  if (rd::RefusedForGood(rd_kafka_error_code(error.get()))) return Status::Stop(std::move(message));
  if (rd_kafka_error_is_fatal(error.get())) {
    Status fatal = rd::FatalStatus(client_.get(), context);
    return fatal.ok() ? Status::Recover(std::move(message)) : fatal;
  }
  if (rd_kafka_error_txn_requires_abort(error.get())) return Status::Abort(std::move(message));
  if (rd_kafka_error_is_retriable(error.get())) return Status::Retry(std::move(message));
  return {otherwise, std::move(message)};
}

Status RdTransactionalProducer::Init() {
  if (!transactional_) return Status::Ok();
  return TransactionStatus(rd::ErrorPtr(rd_kafka_init_transactions(client_.get(), kInitTimeoutMs)),
                           "opening the transactional id", ErrorKind::kRecover);
}

Status RdTransactionalProducer::Begin() {
  Reset();
  if (!transactional_) return rd::FatalStatus(client_.get(), "producer");
  return TransactionStatus(rd::ErrorPtr(rd_kafka_begin_transaction(client_.get())), "beginning a transaction",
                           ErrorKind::kRecover);
}

void RdTransactionalProducer::Reset() {
  failure_ = Status::Ok();
  ends_.clear();
}

Result<rd_kafka_topic_t*> RdTransactionalProducer::Topic(const std::string& name) {
  auto it = topics_.find(name);
  if (it == topics_.end()) {
    rd::TopicPtr topic(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    if (topic == nullptr) return ErrorStatus(rd_kafka_last_error(), "topic " + name, ErrorKind::kInvalid);
    it = topics_.emplace(name, std::move(topic)).first;
  }
  return it->second.get();
}

Status RdTransactionalProducer::Produce(const std::string& topic, int32_t partition,
                                        std::span<const OutRecord> records) {
  Result<rd_kafka_topic_t*> handle = Topic(topic);
  if (!handle.ok()) return handle.status();
  for (const OutRecord& record : records) {
    if (MaxBatchBytes(record) > max_record_bytes_) {
      return Status::Invalid("producing to " + topic + ": a record of " +
                             std::to_string(record.key.size() + record.value.size()) +
                             " bytes is larger than kafka.message.max.bytes");
    }
  }
  return Checked(Queue(*handle, partition, records));
}

Status RdTransactionalProducer::Queue(rd_kafka_topic_t* topic, int32_t partition, std::span<const OutRecord> records) {
  while (!records.empty()) {
    if (!records.front().headers.empty()) {
      ODOMETER_RETURN_IF_ERROR(ProduceOne(topic, partition, records.front()));
      records = records.subspan(1);
      continue;
    }
    size_t count = 0;
    size_t bytes = 0;
    while (count < std::min(records.size(), kBatchRecords) && records[count].headers.empty() &&
           (count == 0 || bytes < kMaxBytesUnderWay / 4)) {
      bytes += records[count].key.size() + records[count].value.size();
      ++count;
    }
    ODOMETER_RETURN_IF_ERROR(ProduceBatch(topic, partition, records.first(count)));
    records = records.subspan(count);
  }
  return Status::Ok();
}

Status RdTransactionalProducer::MakeRoom(size_t records) {
  while (records_under_way_ > 0 &&
         (records_under_way_ + records > kMaxRecordsUnderWay || bytes_under_way_ > kMaxBytesUnderWay)) {
    ServeEvents(kEventWaitMs);
  }
  return failure_;
}

// librdkafka never copies the value here, and reads it until its delivery report. A null payload is a tombstone, so
// an empty value needs a place to point to.
void* Payload(const OutRecord& record) {
  static const char empty = 0;
  if (record.tombstone) return nullptr;
  return const_cast<char*>(record.value.data() == nullptr ? &empty : record.value.data());
}

Status RdTransactionalProducer::ProduceBatch(rd_kafka_topic_t* topic, int32_t partition,
                                             std::span<const OutRecord> records) {
  ODOMETER_RETURN_IF_ERROR(MakeRoom(records.size()));
  batch_.assign(records.size(), rd_kafka_message_t{});
  for (size_t i = 0; i < records.size(); ++i) {
    batch_[i].payload = Payload(records[i]);
    batch_[i].len = records[i].tombstone ? 0 : records[i].value.size();
    batch_[i].key = records[i].key.empty() ? nullptr : const_cast<char*>(records[i].key.data());
    batch_[i].key_len = records[i].key.size();
  }
  rd_kafka_produce_batch(topic, partition, 0, batch_.data(), static_cast<int>(batch_.size()));
  Status result;
  for (const rd_kafka_message_t& message : batch_) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++records_under_way_;
      bytes_under_way_ += message.len + message.key_len;
    } else if (result.ok()) {
      // Later records of the batch may have been taken: only an abort makes that good.
      result = ErrorStatus(message.err, std::string("producing to ") + rd_kafka_topic_name(topic), ErrorKind::kAbort);
    }
  }
  if (!result.ok() && failure_.ok()) failure_ = result;
  return result;
}

Status RdTransactionalProducer::ProduceOne(rd_kafka_topic_t* topic, int32_t partition, const OutRecord& record) {
  ODOMETER_RETURN_IF_ERROR(MakeRoom(1));
  rd::HeadersPtr headers = rd::NewHeaders(record.headers);
  size_t size = record.tombstone ? 0 : record.value.size();
  std::array<rd_kafka_vu_t, 5> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = topic;
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = partition;
  fields[2].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[2].u.mem = {Payload(record), size};
  fields[3].vtype = RD_KAFKA_VTYPE_KEY;
  fields[3].u.mem = {record.key.empty() ? nullptr : const_cast<char*>(record.key.data()), record.key.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[4].u.headers = headers.get();
  rd::ErrorPtr error(rd_kafka_produceva(client_.get(), fields.data(), fields.size()));
  if (error != nullptr) {
    Status status = ErrorStatus(rd_kafka_error_code(error.get()),
                                std::string("producing to ") + rd_kafka_topic_name(topic), ErrorKind::kAbort);
    if (failure_.ok()) failure_ = status;
    return status;
  }
  static_cast<void>(headers.release());  // the record owns them now
  ++records_under_way_;
  bytes_under_way_ += size + record.key.size();
  return Status::Ok();
}

// Waits for one event, then takes what else is there.
void RdTransactionalProducer::ServeEvents(int timeout_ms) {
  for (int wait = timeout_ms;; wait = 0) {
    rd::EventPtr event(rd_kafka_queue_poll(events_.get(), wait));
    if (event == nullptr) return;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
      while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get())) OnDelivery(*message);
    } else if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      LogWarn(kLog, "{}: {}", rd_kafka_err2name(rd_kafka_event_error(event.get())),
              rd_kafka_event_error_string(event.get()));
    }
  }
}

void RdTransactionalProducer::OnDelivery(const rd_kafka_message_t& message) {
  --records_under_way_;
  bytes_under_way_ -= message.len + message.key_len;
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (failure_.ok()) {
      failure_ = ErrorStatus(message.err, std::string("delivering to ") + rd_kafka_topic_name(message.rkt),
                              ErrorKind::kAbort);
    }
    return;
  }
  // A record that was written, but acknowledged only at its second sending, comes without its offset.
  if (message.offset < 0) return;
  int64_t& end = ends_[{message.rkt, message.partition}];
  end = std::max(end, message.offset + 1);
}

Status RdTransactionalProducer::Flush() {
  // Ends: every record is delivered or fails within message.timeout.ms.
  while (records_under_way_ > 0) ServeEvents(kEventWaitMs);
  if (Status fatal = rd::FatalStatus(client_.get(), "producer"); !fatal.ok()) return fatal;
  return failure_;
}

std::map<TopicPartition, int64_t> RdTransactionalProducer::AcknowledgedEnds() const {
  std::map<TopicPartition, int64_t> ends;
  for (const auto& [where, end] : ends_) ends[{rd_kafka_topic_name(where.first), where.second}] = end;
  return ends;
}

// librdkafka and the broker take all of these for a success that does nothing.
Status CheckOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets, const GroupMetadata& group) {
  if (rd::Unwrap(group) == nullptr) return Status::Abort("sending offsets: not this client's group metadata");
  if (offsets.empty()) return Status::Abort("sending offsets: none given");
  for (const auto& [tp, offset] : offsets) {
    if (offset < 0) return Status::Abort("sending offsets: no such offset for " + ToString(tp));
  }
  return Status::Ok();
}

Status RdTransactionalProducer::SendOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets,
                                            const GroupMetadata& group) {
  if (!transactional_) return Status::Invalid("offsets need a transactional producer");
  Status status = CheckOffsets(offsets, group);
  if (status.ok()) {
    // The time-out does not hold in librdkafka 2.0.2: see connections.max.idle.ms above.
    status = TransactionStatus(
        rd::ErrorPtr(rd_kafka_send_offsets_to_transaction(client_.get(), rd::NewPartitionList(offsets).get(),
                                                          rd::Unwrap(group), transaction_timeout_ms_)),
        "sending offsets", ErrorKind::kAbort);
  }
  if (status.Is(ErrorKind::kRetry)) status = Status::Abort(status.message());
  // librdkafka would commit without the offsets: Commit must not get that far.
  if (!status.ok() && failure_.ok()) failure_ = status;
  return Checked(status);
}

Status RdTransactionalProducer::Commit() {
  // Records still under way would make librdkafka's own flush wait for reports that only this thread can serve.
  ODOMETER_RETURN_IF_ERROR(Flush());
  if (!transactional_) return Status::Ok();
  return TransactionStatus(rd::ErrorPtr(rd_kafka_commit_transaction(client_.get(), kEndTimeoutMs)), "committing",
                           ErrorKind::kRecover);
}

// The first calls end early, so that the purged records' reports can be served; librdkafka goes on where it was.
Status RdTransactionalProducer::Abort() {
  if (!transactional_) {
    LetGo();
    Reset();
    return rd::FatalStatus(client_.get(), "producer");
  }
  auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(transaction_timeout_ms_);
  for (;;) {
    bool under_way = records_under_way_ > 0;
    rd::ErrorPtr error(rd_kafka_abort_transaction(client_.get(), under_way ? kAbortSliceMs : kEndTimeoutMs));
    Status status = TransactionStatus(std::move(error), "aborting", ErrorKind::kRecover);
    ServeEvents(0);
    if (status.Is(ErrorKind::kRetry) && std::chrono::steady_clock::now() <= deadline) continue;
    LetGo();
    if (!status.ok()) return Status::Recover(status.message());
    Reset();
    return status;
  }
}

}  // namespace

int64_t MaxRecordBytes(const KafkaProperties& properties) {
  auto set = properties.find(kMaxBytesProperty);
  if (set == properties.end()) return kMaxRecordBytes;
  // As librdkafka reads it, in hexadecimal too. What it does not take, no client is made with.
  std::unique_ptr<rd_kafka_conf_t, rd::Free<rd_kafka_conf_destroy>> conf(rd_kafka_conf_new());
  std::array<char, 32> value{};
  size_t size = value.size();
  if (rd_kafka_conf_set(conf.get(), kMaxBytesProperty, set->second.c_str(), nullptr, 0) != RD_KAFKA_CONF_OK ||
      rd_kafka_conf_get(conf.get(), kMaxBytesProperty, value.data(), &size) != RD_KAFKA_CONF_OK) {
    return kMaxRecordBytes;
  }
  return ParseInteger<int64_t>(value.data()).value_or(kMaxRecordBytes);
}

Result<std::unique_ptr<TransactionalProducer>> NewRdTransactionalProducer(const ProducerOptions& options) {
  auto producer = std::make_unique<RdTransactionalProducer>(!options.transactional_id.empty());
  ODOMETER_RETURN_IF_ERROR(producer->Open(options));
  return std::unique_ptr<TransactionalProducer>(std::move(producer));
}

}  // namespace odometer
