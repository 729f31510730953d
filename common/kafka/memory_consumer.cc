// MemoryBroker's consumer and log reader.
#include <algorithm>
#include <utility>

#include "common/kafka/memory_broker.h"
#include "common/kafka/memory_group_metadata.h"

namespace odometer {
namespace {

RecordView ViewOf(const MemoryRecord& record, const TopicPartition& tp, const MemoryHeaders* headers) {
  RecordView view;
  view.topic = tp.topic;
  view.partition = tp.partition;
  view.offset = record.offset;
  view.timestamp_ms = record.timestamp_ms;
  view.key = record.key;
  view.value = record.value;
  view.has_value = !record.tombstone;
  view.header_source = headers;
  return view;
}

}  // namespace

class MemoryConsumer final : public Consumer {
 public:
  MemoryConsumer(MemoryBroker* broker, ConsumerOptions options) : broker_(broker), options_(std::move(options)) {}

  Status Subscribe(const std::vector<std::string>& topics) override {
    topics_ = topics;
    return Status::Ok();
  }
  Status Poll(int timeout_ms, ConsumerEvents* events) override;
  Status Start(const TopicPartition& tp, int64_t offset) override;
  Status Pause() override {
    paused_ = true;
    return Status::Ok();
  }
  Status Resume() override {
    paused_ = false;
    return Status::Ok();
  }
  Result<std::optional<int64_t>> Committed(const TopicPartition& tp) override;
  Status CommitOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets) override;
  std::unique_ptr<GroupMetadata> Group() override;
  std::optional<int64_t> CachedEnd(const TopicPartition& tp) override;
  void Close(ConsumerEvents* events) override;

 private:
  struct Position {
    bool started = false;
    int64_t next = 0;
    std::optional<int64_t> end;  // as last fetched
  };

  MemoryGroup& group() { return broker_->groups_[options_.group_id]; }
  std::vector<TopicPartition> Assigned() const;
  // Joins, gives up and takes over partitions, as the group stands.
  Status FollowGroup(ConsumerEvents* events);
  void TakeAssignment(ConsumerEvents* events);
  Status Fetch(ConsumerEvents* events);
  Status FetchPartition(const TopicPartition& tp, Position* position, int* room, ConsumerEvents* events);

  MemoryBroker* const broker_;
  const ConsumerOptions options_;
  std::vector<std::string> topics_;
  std::string member_id_;
  int64_t generation_ = -1;  // whose assignment was taken over
  std::map<TopicPartition, Position> positions_;
  size_t first_ = 0;  // the partition to fetch first, so that each has its turn
  bool paused_ = false;
  bool closed_ = false;
};

Status MemoryConsumer::Poll(int, ConsumerEvents* events) {
  if (closed_) return Status::Recover("the consumer is closed");
  return broker_->Perform(BrokerCall::kPoll, [&] {
    ODOMETER_RETURN_IF_ERROR(FollowGroup(events));
    return Fetch(events);
  });
}

std::vector<TopicPartition> MemoryConsumer::Assigned() const {
  std::vector<TopicPartition> assigned;
  for (const auto& [tp, position] : positions_) assigned.push_back(tp);
  return assigned;
}

Status MemoryConsumer::FollowGroup(ConsumerEvents* events) {
  if (topics_.empty()) return Status::Ok();
  if (group().Fenced(member_id_)) return Status::Recover("fenced: another member has this instance id");
  if (!member_id_.empty() && group().Find(member_id_) == nullptr) {
    std::vector<TopicPartition> lost = Assigned();
    positions_.clear();
    member_id_.clear();
    if (!lost.empty()) events->OnLost(lost);
  }
  if (member_id_.empty()) {
    generation_ = -1;
    member_id_ = group().Join({.instance_id = options_.instance_id, .client_id = options_.client_id, .topics = topics_});
  }
  if (group().rebalancing() && !group().Find(member_id_)->joined) {
    if (!group().cooperative()) {
      if (!positions_.empty()) events->OnRevoked(Assigned());
      positions_.clear();
      generation_ = -1;
      // Giving up takes a while: the session may have ended meanwhile, which the next poll learns.
      if (group().Find(member_id_) == nullptr) return Status::Ok();
    }
    group().Rejoin(member_id_, Assigned(), [this](const std::string& topic) { return broker_->PartitionCount(topic); });
  }
  if (!group().rebalancing() && generation_ != group().generation()) TakeAssignment(events);
  return Status::Ok();
}

void MemoryConsumer::TakeAssignment(ConsumerEvents* events) {
  generation_ = group().generation();
  const std::vector<TopicPartition> assignment = group().Find(member_id_)->assignment;
  std::vector<TopicPartition> revoked;
  for (const auto& [tp, position] : positions_) {
    if (std::find(assignment.begin(), assignment.end(), tp) == assignment.end()) revoked.push_back(tp);
  }
  if (!revoked.empty()) events->OnRevoked(revoked);
  for (const TopicPartition& tp : revoked) positions_.erase(tp);
  std::vector<TopicPartition> added;
  for (const TopicPartition& tp : assignment) {
    if (positions_.emplace(tp, Position{}).second) added.push_back(tp);
  }
  events->OnAssigned(added);
  // What was given up is for others, who get it in another rebalance.
  if (!revoked.empty()) group().StartRebalance();
}

Status MemoryConsumer::Fetch(ConsumerEvents* events) {
  int room = broker_->records_per_poll_;
  std::vector<TopicPartition> partitions = Assigned();
  if (partitions.empty()) return Status::Ok();
  first_ = (first_ + 1) % partitions.size();
  std::rotate(partitions.begin(), partitions.begin() + static_cast<ptrdiff_t>(first_), partitions.end());
  for (const TopicPartition& tp : partitions) {
    ODOMETER_RETURN_IF_ERROR(FetchPartition(tp, &positions_.at(tp), &room, events));
  }
  return Status::Ok();
}

Status MemoryConsumer::FetchPartition(const TopicPartition& tp, Position* position, int* room, ConsumerEvents* events) {
  if (position->started && broker_->redelivery_) {
    position->next = std::max<int64_t>(0, position->next - broker_->redelivery_());
  }
  // OnRecord may start the partition or pause, so the position is read anew for each record.
  while (position->started && !paused_ && *room > 0) {
    const MemoryLog* log = broker_->FindLog(tp);
    if (log == nullptr || position->next < log->begin() || position->next > log->end()) {
      return Status::Stop(ToString(tp) + ": offset " + std::to_string(position->next) + " is not in the log");
    }
    position->end = log->end();
    const MemoryRecord* record = log->NextCommitted(position->next);
    if (record == nullptr) {
      if (log->LastStableOffset() > position->next) {
        position->next = log->LastStableOffset();
        events->OnEnd(tp, position->next);
      }
      return Status::Ok();
    }
    position->next = record->offset + 1;
    --*room;
    MemoryHeaders headers(record);
    events->OnRecord(ViewOf(*record, tp, &headers));
  }
  return Status::Ok();
}

Status MemoryConsumer::Start(const TopicPartition& tp, int64_t offset) {
  auto it = positions_.find(tp);
  if (it == positions_.end()) return Status::Invalid(ToString(tp) + " is not assigned");
  if (offset < 0) return Status::Invalid(ToString(tp) + ": no such offset: " + std::to_string(offset));
  it->second.started = true;
  it->second.next = offset;
  return Status::Ok();
}

Result<std::optional<int64_t>> MemoryConsumer::Committed(const TopicPartition& tp) {
  std::optional<int64_t> offset;
  Status status = broker_->Perform(BrokerCall::kCommitted, [&] {
    if (group().HasPending(tp)) return Status::Retry(ToString(tp) + ": a transaction with its offset is open");
    offset = group().Committed(tp);
    return Status::Ok();
  });
  if (!status.ok()) return status;
  return offset;
}

Status MemoryConsumer::CommitOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets) {
  return broker_->Perform(BrokerCall::kCommitOffsets, [&] {
    if (group().Find(member_id_) == nullptr || group().generation() != generation_) {
      return Status::Recover("committing offsets: not a member of the group's generation");
    }
    for (const auto& [tp, offset] : offsets) group().Commit(tp, offset);
    return Status::Ok();
  });
}

std::unique_ptr<GroupMetadata> MemoryConsumer::Group() {
  // As far as this member knows: it learns of its removal at the next poll only.
  if (generation_ < 0) return nullptr;
  return std::make_unique<MemoryGroupMetadata>(options_.group_id, member_id_, generation_);
}

std::optional<int64_t> MemoryConsumer::CachedEnd(const TopicPartition& tp) {
  auto it = positions_.find(tp);
  return it == positions_.end() ? std::nullopt : it->second.end;
}

void MemoryConsumer::Close(ConsumerEvents* events) {
  if (std::exchange(closed_, true)) return;
  if (!positions_.empty() && events != nullptr) events->OnRevoked(Assigned());
  positions_.clear();
  generation_ = -1;
  // A static member stays until its session ends or its successor comes.
  if (options_.instance_id.empty() && !broker_->cut_off_) group().Remove(member_id_);
}

class MemoryLogReader final : public LogReader {
 public:
  explicit MemoryLogReader(MemoryBroker* broker) : broker_(broker) {}

  Status Read(const TopicPartition& tp, int64_t from, int64_t end,
              const std::function<Status(const RecordView&)>& on_record) override {
    return broker_->Perform(BrokerCall::kRead, [&] { return ReadLog(tp, from, end, on_record); });
  }

 private:
  Status ReadLog(const TopicPartition& tp, int64_t from, int64_t end,
                 const std::function<Status(const RecordView&)>& on_record) {
    if (from < 0) return Status::Invalid(ToString(tp) + ": no such offset: " + std::to_string(from));
    if (from >= end) return Status::Ok();
    const MemoryLog* log = broker_->FindLog(tp);
    if (log == nullptr || from < log->begin() || from > log->end()) {
      return Status::Stop(ToString(tp) + ": offset " + std::to_string(from) + " is not in the log");
    }
    for (const MemoryRecord* record = log->NextCommitted(from); record != nullptr && record->offset < end;
         record = log->NextCommitted(record->offset + 1)) {
      MemoryHeaders headers(record);
      ODOMETER_RETURN_IF_ERROR(on_record(ViewOf(*record, tp, &headers)));
    }
    if (log->LastStableOffset() >= end) return Status::Ok();
    return Status::Retry(ToString(tp) + ": nothing came, at " + std::to_string(log->LastStableOffset()) + " of " +
                         std::to_string(end));
  }

  MemoryBroker* const broker_;
};

std::unique_ptr<Consumer> MemoryBroker::NewConsumer(const ConsumerOptions& options) {
  return std::make_unique<MemoryConsumer>(this, options);
}

std::unique_ptr<LogReader> MemoryBroker::NewLogReader() { return std::make_unique<MemoryLogReader>(this); }

}  // namespace odometer
