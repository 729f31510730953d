#include "common/kafka/memory_broker.h"

#include <algorithm>
#include <utility>

namespace odometer {

void MemoryBroker::CreateTopic(const TopicSpec& spec) {
  topics_[spec.name] = Topic{spec, std::vector<MemoryLog>(static_cast<size_t>(spec.partitions))};
}

int64_t MemoryBroker::Append(const TopicPartition& tp, const OutRecord& record, std::optional<int64_t> timestamp_ms) {
  return Log(tp).Append(NewRecord(record, timestamp_ms));
}

int64_t MemoryBroker::AppendTransaction(const TopicPartition& tp, const std::vector<OutRecord>& records, bool commit) {
  MemoryLog& log = Log(tp);
  const int64_t transaction = next_transaction_++;
  const int64_t first = log.end();
  for (const OutRecord& record : records) log.Append(NewRecord(record), transaction);
  log.EndTransaction(transaction, commit);
  return first;
}

MemoryLog& MemoryBroker::Log(const TopicPartition& tp) {
  return topics_.at(tp.topic).logs.at(static_cast<size_t>(tp.partition));
}

MemoryLog* MemoryBroker::FindLog(const TopicPartition& tp) {
  if (tp.partition < 0 || tp.partition >= PartitionCount(tp.topic)) return nullptr;
  return &Log(tp);
}

std::vector<MemoryRecord> MemoryBroker::CommittedRecords(const TopicPartition& tp) {
  std::vector<MemoryRecord> records;
  const MemoryLog& log = Log(tp);
  for (const MemoryRecord* r = log.NextCommitted(0); r != nullptr; r = log.NextCommitted(r->offset + 1)) {
    records.push_back(*r);
  }
  return records;
}

std::optional<int64_t> MemoryBroker::CommittedOffset(const std::string& group, const TopicPartition& tp) const {
  auto found = groups_.find(group);
  return found == groups_.end() ? std::nullopt : found->second.Committed(tp);
}

int32_t MemoryBroker::PartitionCount(const std::string& topic) const {
  auto it = topics_.find(topic);
  return it == topics_.end() ? 0 : static_cast<int32_t>(it->second.logs.size());
}

Status MemoryBroker::CheckSize(const std::string& topic, const OutRecord& record) const {
  auto it = topics_.find(topic);
  if (it == topics_.end()) return Status::Ok();
  TopicInfo info{.config = it->second.spec.config};
  if (MaxBatchBytes(record) <= info.MaxMessageBytes()) return Status::Ok();
  return Status::Stop("delivering to " + topic + ": the record is larger than its max.message.bytes");
}

Status MemoryBroker::Grow(const std::string& topic, int32_t partitions) {
  auto it = topics_.find(topic);
  if (it == topics_.end()) return Status::NotFound("topic " + topic + " does not exist");
  if (PartitionCount(topic) >= partitions) return Status::Ok();
  it->second.logs.resize(static_cast<size_t>(partitions));
  for (auto& [id, group] : groups_) {
    if (group.Subscribed(topic)) group.StartRebalance();
  }
  return Status::Ok();
}

MemoryRecord MemoryBroker::NewRecord(const OutRecord& record, std::optional<int64_t> timestamp_ms) const {
  MemoryRecord result;
  result.timestamp_ms = timestamp_ms.value_or(clock_->WallMs());
  result.key = record.key;
  result.value = record.tombstone ? "" : record.value;
  result.tombstone = record.tombstone;
  for (const Header& header : record.headers) result.headers.emplace_back(header.name, header.value);
  return result;
}

int MemoryBroker::OpenTransactionalId(const std::string& id) {
  ExpireTransaction(id);
  return transactional_ids_[id].epoch;
}

bool MemoryBroker::ExpireTransaction(const std::string& id) {
  TransactionalId& state = transactional_ids_[id];
  const bool open = state.transaction.has_value();
  EndTransaction(id, state.epoch, false);
  ++state.epoch;
  return open;
}

std::optional<int64_t> MemoryBroker::Transaction(const std::string& id, int epoch) {
  TransactionalId& state = transactional_ids_[id];
  if (state.epoch != epoch) return std::nullopt;
  if (!state.transaction) state.transaction = next_transaction_++;
  return state.transaction;
}

bool MemoryBroker::EndTransaction(const std::string& id, int epoch, bool commit) {
  TransactionalId& state = transactional_ids_[id];
  if (state.epoch != epoch) return false;
  if (!state.transaction) return true;
  for (auto& [name, topic] : topics_) {
    for (MemoryLog& log : topic.logs) log.EndTransaction(*state.transaction, commit);
  }
  for (auto& [name, group] : groups_) group.EndTransaction(*state.transaction, commit);
  state.transaction.reset();
  return true;
}

void MemoryBroker::Deliver() {
  // A callback may produce again.
  for (const std::function<void()>& deliver : std::exchange(undelivered_, {})) deliver();
}

void MemoryBroker::InjectFault(BrokerCall call, Fault fault, int skip) { faults_.push_back({call, fault, skip}); }

std::optional<Fault> MemoryBroker::NextFault(BrokerCall call) {
  auto it = std::find_if(faults_.begin(), faults_.end(), [&](const ScheduledFault& f) { return f.call == call; });
  if (it == faults_.end()) return plan_ ? plan_(call) : std::nullopt;
  if (it->skip-- > 0) return std::nullopt;
  Fault fault = it->fault;
  faults_.erase(it);
  return fault;
}

Status MemoryBroker::Observe(BrokerCall call, CallMoment moment) {
  if (observer_ && !cut_off_) observer_(call, moment);
  return cut_off_ ? Status::Recover("cut off from the broker") : Status::Ok();
}

Status MemoryBroker::Perform(BrokerCall call, const std::function<Status()>& effect) {
  if (cut_off_) return Status::Recover("cut off from the broker");
  std::optional<Fault> fault = NextFault(call);
  bool refused = fault && call == BrokerCall::kCommit && fault->kind == ErrorKind::kAbort;
  if (fault && (!fault->effect || refused)) return {fault->kind, "injected fault: the call did not reach the broker"};
  ODOMETER_RETURN_IF_ERROR(Observe(call, CallMoment::kBefore));
  Status status = effect();
  ODOMETER_RETURN_IF_ERROR(Observe(call, CallMoment::kAfter));
  return fault && status.ok() ? Status(fault->kind, "injected fault: the answer was lost") : status;
}

}  // namespace odometer
