// MemoryBroker's producers and admin.
#include <algorithm>
#include <utility>

#include "common/kafka/memory_broker.h"
#include "common/kafka/memory_group_metadata.h"

namespace odometer {

// kNew → Init → kReady → Begin → kOpen → Commit or Abort → kReady. Errors: kOpen → kMustAbort, any → kDead.
class MemoryTransactionalProducer final : public TransactionalProducer {
 public:
  MemoryTransactionalProducer(MemoryBroker* broker, std::string id) : broker_(broker), id_(std::move(id)) {}

  Status Init() override;
  Status Begin() override;
  Status Produce(const std::string& topic, int32_t partition, std::span<const OutRecord> records) override;
  Status Flush() override;
  std::map<TopicPartition, int64_t> AcknowledgedEnds() const override { return ends_; }
  Status SendOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets,
                     const GroupMetadata& group) override;
  Status Commit() override;
  Status Abort() override;

 private:
  enum class State { kNew, kReady, kOpen, kMustAbort, kDead };

  bool transactional() const { return !id_.empty(); }
  // Runs a call that needs an open transaction, and follows what its error asks for.
  Status InTransaction(BrokerCall call, const std::function<Status()>& effect);
  Status Follow(Status status);
  Status Fenced() const { return Status::Recover("fenced: transactional id " + id_ + " has a newer producer"); }
  Status Append();

  MemoryBroker* const broker_;
  const std::string id_;
  State state_ = State::kNew;
  int epoch_ = -1;
  bool committed_ = false;  // the open transaction, whatever was answered
  // The bytes are the caller's until Flush, as the contract has it.
  std::vector<std::pair<TopicPartition, OutRecord>> queued_;
  std::map<TopicPartition, int64_t> ends_;
};

Status MemoryTransactionalProducer::Follow(Status status) {
  if (status.Is(ErrorKind::kAbort) && state_ == State::kOpen) state_ = State::kMustAbort;
  if (status.Is(ErrorKind::kRecover)) state_ = State::kDead;
  if (status.Is(ErrorKind::kRecover) || status.Is(ErrorKind::kStop)) queued_.clear();
  return status;
}

Status MemoryTransactionalProducer::InTransaction(BrokerCall call, const std::function<Status()>& effect) {
  if (!transactional()) return broker_->Perform(call, effect);
  switch (state_) {
    case State::kOpen: {
      Status status = broker_->Perform(call, effect);
      // Nobody can say any more that nothing was committed.
      if (committed_ && status.Is(ErrorKind::kAbort)) return Status::Retry(status.message());
      return Follow(std::move(status));
    }
    case State::kMustAbort:
      return Status::Abort("the transaction must be aborted");
    case State::kNew:
    case State::kReady:
      return Follow(Status::Recover("no transaction is open"));
    case State::kDead:
      break;
  }
  return Status::Recover("this producer is finished");
}

Status MemoryTransactionalProducer::Init() {
  if (!transactional()) return Status::Ok();
  if (state_ != State::kNew) return Follow(Status::Recover("initialised twice"));
  Status status = Follow(broker_->Perform(BrokerCall::kInit, [this] {
    epoch_ = broker_->OpenTransactionalId(id_);
    return Status::Ok();
  }));
  if (status.ok()) state_ = State::kReady;
  return status;
}

Status MemoryTransactionalProducer::Begin() {
  queued_.clear();
  ends_.clear();
  committed_ = false;
  if (!transactional()) return Status::Ok();
  if (state_ != State::kReady) return Follow(Status::Recover("not ready for a transaction"));
  Status status = Follow(broker_->Perform(BrokerCall::kBegin, [] { return Status::Ok(); }));
  if (status.ok()) state_ = State::kOpen;
  return status;
}

Status MemoryTransactionalProducer::Produce(const std::string& topic, int32_t partition,
                                            std::span<const OutRecord> records) {
  if (std::any_of(records.begin(), records.end(), [](const auto& r) { return MaxBatchBytes(r) > kMaxRecordBytes; })) {
    return Status::Invalid("producing to " + topic + ": a record is larger than the client sends");
  }
  return InTransaction(BrokerCall::kProduce, [&] {
    for (const OutRecord& record : records) queued_.push_back({{topic, partition}, record});
    return Status::Ok();
  });
}

Status MemoryTransactionalProducer::Flush() {
  return InTransaction(BrokerCall::kFlush, [this] { return Append(); });
}

Status MemoryTransactionalProducer::Append() {
  int64_t transaction = MemoryLog::kNoTransaction;
  if (transactional() && !queued_.empty()) {
    std::optional<int64_t> open = broker_->Transaction(id_, epoch_);
    if (!open) return Fenced();
    transaction = *open;
  }
  for (const auto& [tp, record] : std::exchange(queued_, {})) {
    MemoryLog* log = broker_->FindLog(tp);
    if (log == nullptr) return Status::Abort("delivering to " + ToString(tp) + ": no such partition");
    ODOMETER_RETURN_IF_ERROR(broker_->CheckSize(tp.topic, record));
    ends_[tp] = log->Append(broker_->NewRecord(record), transaction) + 1;
  }
  return Status::Ok();
}

Status MemoryTransactionalProducer::SendOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets,
                                                const GroupMetadata& group) {
  if (!transactional()) return Status::Invalid("offsets need a transactional producer");
  const auto* metadata = dynamic_cast<const MemoryGroupMetadata*>(&group);
  bool valid = metadata != nullptr && !offsets.empty() &&
               std::all_of(offsets.begin(), offsets.end(), [](const auto& offset) { return offset.second >= 0; });
  if (!valid) return Follow(Status::Abort("sending offsets: none, or not valid"));
  Status status = InTransaction(BrokerCall::kSendOffsets, [&] {
    std::optional<int64_t> transaction = broker_->Transaction(id_, epoch_);
    if (!transaction) return Fenced();
    MemoryGroup& members = broker_->groups_[metadata->group_id()];
    if (members.Find(metadata->member_id()) == nullptr || members.generation() != metadata->generation()) {
      return Status::Abort("sending offsets: not a member of the group's generation");
    }
    for (const auto& [tp, offset] : offsets) members.AddPending(*transaction, tp, offset);
    return Status::Ok();
  });
  // As with librdkafka the transaction is as good as before: who goes on commits it without the offsets.
  return status.Is(ErrorKind::kRetry) ? Status::Abort(status.message()) : status;
}

Status MemoryTransactionalProducer::Commit() {
  if (!committed_) ODOMETER_RETURN_IF_ERROR(Flush());
  if (!transactional()) return Status::Ok();
  Status status = InTransaction(BrokerCall::kCommit, [this] {
    if (!broker_->EndTransaction(id_, epoch_, true)) return Fenced();
    committed_ = true;
    return Status::Ok();
  });
  if (status.ok()) state_ = State::kReady;
  return status;
}

Status MemoryTransactionalProducer::Abort() {
  queued_.clear();
  if (!transactional()) return Status::Ok();
  if (state_ != State::kOpen && state_ != State::kMustAbort) return Follow(Status::Recover("nothing to abort"));
  Status status = broker_->Perform(BrokerCall::kAbort, [this] {
    return broker_->EndTransaction(id_, epoch_, false) ? Status::Ok() : Fenced();
  });
  if (!status.ok()) return Follow(Status::Recover(status.message()));
  state_ = State::kReady;
  ends_.clear();
  return status;
}

class MemoryAsyncProducer final : public AsyncProducer {
 public:
  MemoryAsyncProducer(MemoryBroker* broker, size_t max_queued) : broker_(broker), max_queued_(max_queued) {}

  Status Produce(const std::string& topic, const OutRecord& record, Callback done) override {
    int32_t partitions = broker_->PartitionCount(topic);
    if (partitions == 0) return Status::Stop("topic " + topic + " does not exist");
    if (broker_->undelivered_.size() >= max_queued_) return Status::Retry("too many records are waiting");
    size_t choice = record.key.empty() ? next_++ : std::hash<std::string_view>()(record.key);
    TopicPartition tp{topic, static_cast<int32_t>(choice % static_cast<size_t>(partitions))};
    if (record.partition >= partitions) return Status::Stop("topic " + topic + " has no such partition");
    if (record.partition >= 0) tp.partition = record.partition;
    broker_->undelivered_.push_back(
        [broker = broker_, tp, copy = broker_->NewRecord(record), callback = std::move(done)] {
          RecordMetadata metadata{.partition = tp.partition};
          Status status = broker->Perform(BrokerCall::kAsyncProduce, [&] {
            metadata.offset = broker->Log(tp).Append(copy);
            return Status::Ok();
          });
          callback(status.ok() ? Result<RecordMetadata>(metadata) : Result<RecordMetadata>(status));
        });
    return Status::Ok();
  }
  Status Flush(int) override {
    broker_->Deliver();
    return Status::Ok();
  }
  Status Healthy() const override { return Status::Ok(); }

 private:
  MemoryBroker* const broker_;
  const size_t max_queued_;
  size_t next_ = 0;  // for records without a key
};

class MemoryAdmin final : public Admin {
 public:
  explicit MemoryAdmin(MemoryBroker* broker) : broker_(broker) {}

  Result<std::optional<TopicInfo>> Describe(const std::string& topic) override {
    std::optional<TopicInfo> info;
    Status status = broker_->Perform(BrokerCall::kDescribe, [&] {
      auto it = broker_->topics_.find(topic);
      if (it != broker_->topics_.end()) info = TopicInfo{broker_->PartitionCount(topic), it->second.spec.config};
      return Status::Ok();
    });
    if (!status.ok()) return status;
    return info;
  }
  Status Create(const TopicSpec& spec) override {
    return broker_->Perform(BrokerCall::kCreate, [&] {
      if (spec.partitions < 1) return Status::Invalid("creating topic " + spec.name + ": no partitions");
      if (!broker_->topics_.contains(spec.name)) broker_->CreateTopic(spec);
      return Status::Ok();
    });
  }
  Status GrowPartitions(const std::string& topic, int32_t partitions) override {
    return broker_->Perform(BrokerCall::kGrow, [&] { return broker_->Grow(topic, partitions); });
  }
  Result<OffsetRange> Offsets(const TopicPartition& tp) override {
    OffsetRange range;
    Status status = broker_->Perform(BrokerCall::kOffsets, [&] {
      const MemoryLog* log = broker_->FindLog(tp);
      if (log == nullptr) return Status::NotFound("asking for the ends of " + ToString(tp) + ": no such partition");
      range = {.begin = log->begin(), .end = log->end()};
      return Status::Ok();
    });
    if (!status.ok()) return status;
    return range;
  }
  Result<std::string> ClusterId() override {
    Status status = broker_->Perform(BrokerCall::kDescribe, [] { return Status::Ok(); });
    if (!status.ok()) return status;
    return broker_->cluster_id_;
  }

 private:
  MemoryBroker* const broker_;
};

std::unique_ptr<TransactionalProducer> MemoryBroker::NewTransactionalProducer(const ProducerOptions& options) {
  return std::make_unique<MemoryTransactionalProducer>(this, options.transactional_id);
}

std::unique_ptr<AsyncProducer> MemoryBroker::NewAsyncProducer(const AsyncProducerOptions& options) {
  return std::make_unique<MemoryAsyncProducer>(this, options.max_queued_records);
}

std::unique_ptr<Admin> MemoryBroker::NewAdmin() { return std::make_unique<MemoryAdmin>(this); }

}  // namespace odometer
