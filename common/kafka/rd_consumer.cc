// The group consumer on librdkafka. docs/adr/0003-consuming.md says why it is built this way:
// - records travel through a queue of our own, taken in batches; group events stay on the consumer's queue, so that no
//   rebalance happens in the middle of a batch;
// - each partition's next offset is kept here, and what does not belong there is dropped, whatever librdkafka hands out.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <map>
#include <optional>

#include "common/base/log.h"
#include "common/kafka/consumer.h"
#include "common/kafka/rd_assigned_partition.h"
#include "common/kafka/rd_common.h"
#include "common/kafka/rd_fetch_waker.h"
#include "common/kafka/rd_group_metadata.h"
#include "common/kafka/rd_group_offsets.h"
#include "common/kafka/rd_membership.h"
#include "common/kafka/rd_owner_watch.h"
#include "common/kafka/rd_reachability.h"
#include "common/kafka/rd_record_queue.h"
#include "common/kafka/rd_stall_watch.h"

namespace odometer {
namespace {

using Partition = rd::AssignedPartition;
using rd::ErrorStatus;
using rd::NowMs;

constexpr char kLog[] = "consumer";
// A poll hands over about this many records at most, so that the caller can look at its clock.
constexpr int kRecordsPerPoll = 10'000;
// While it waits for records the group's events wait too, for at most this long.
constexpr int kWaitSliceMs = 50;
constexpr int kProbeTimeoutMs = 200;
constexpr int kSeekTimeoutMs = 1000;
constexpr int kGroupTimeoutMs = 1000;
// After so many fetches of one batch that cannot be read it is the log that is damaged, and not the way here.
constexpr int kBadFetches = 5;
// After which a seek that librdkafka keeps refusing needs a new client.
constexpr int kSeekRetryMs = 15'000;
constexpr int kCommitTimeoutMs = 10'000;
constexpr int kCommittedTimeoutMs = 5000;
constexpr int kCloseTimeoutMs = 10'000;
// A new topic may be unknown to some brokers for a while.
constexpr int kUnknownTopicGraceMs = 30'000;

class RdConsumer final : public Consumer {
 public:
  explicit RdConsumer(const ConsumerOptions& options)
      : member_{options.group_id, options.instance_id, ""},
        prefetch_records_(options.prefetch_records),
        prefetch_bytes_(options.prefetch_bytes) {}
  ~RdConsumer() override {
    Close(nullptr);
    waker_.reset();
    records_.reset();
  }

  Status Open(const ConsumerOptions& options);

  Status Subscribe(const std::vector<std::string>& topics) override;
  Status Poll(int timeout_ms, ConsumerEvents* events) override;
  Status Start(const TopicPartition& partition, int64_t offset) override;
  Status Pause() override;
  Status Resume() override;
  Result<std::optional<int64_t>> Committed(const TopicPartition& partition) override;
  Status CommitOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets) override;
  std::unique_ptr<GroupMetadata> Group() override;
  std::optional<int64_t> CachedEnd(const TopicPartition& partition) override;
  std::vector<TopicPartition> HeldUp() const override { return stall_watch_.HeldUp(); }
  void Close(ConsumerEvents* events) override;

 private:
  static void OnRebalance(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                          void* self) noexcept;
  static void OnClientError(rd_kafka_t*, int error, const char* reason, void* self) noexcept;

  void Assign(rd_kafka_topic_partition_list_t* list);
  void Decline();
  void Unassign(rd_kafka_topic_partition_list_t* list, bool lost);
  // Records, or what went wrong with a partition.
  void Handle(const rd_kafka_message_t& message);
  void Deliver(const rd_kafka_message_t& message);
  void HandleMessageError(const rd_kafka_message_t& message);
  void HandleEnd(const rd_kafka_message_t& message);
  void HandleBadBatch(const rd_kafka_message_t& message);
  // What comes for it now is from its position; after a failure nothing may follow, since the record that failed would
  // be skipped.
  bool Takes(const Partition& partition) const {
    return partition.state == Partition::State::kRunning && !paused_ && partition.sought_in_batch != batch_ &&
           failure_.ok();
  }
  // Null when it is not ours.
  Partition* Find(const rd_kafka_message_t& message);
  Partition* Find(const TopicPartition& tp);
  // Tells librdkafka the position of a partition in kSeeking.
  Status Seek(Partition* partition);
  void RetrySeeks();
  void ServeGroup();
  // Hands over what has been fetched, waiting at most so long for the first record.
  void HandOver(int wait_ms);
  void CheckUnknownTopic();
  // Joins the group anew when partitions have no owner.
  void CheckOwners();
  void Fail(Status status);
  Status Fatal();
  void PartitionsChanged();

  rd::StaticMember member_;  // its id as of the latest assignment
  const size_t prefetch_records_;
  const size_t prefetch_bytes_;
  rd::Reachability reachability_;
  rd::StallWatch stall_watch_{
      [this](const TopicPartition& tp) { return rd::ReadableEnd(client_.get(), tp, kProbeTimeoutMs); },
      [this](const TopicPartition& tp) { return CachedEnd(tp); }};
  rd::OwnerWatch owner_watch_{
      [this](const std::string& topic) { return rd::PartitionCount(client_.get(), topic, kProbeTimeoutMs); },
      [this] { return rd::OwnedInGroup(client_.get(), member_.group, kGroupTimeoutMs); }};
  std::vector<std::string> topics_;
  rd::ClientPtr client_;
  std::unique_ptr<rd::RecordQueue> records_;
  std::unique_ptr<rd::FetchWaker> waker_;

  std::map<TopicPartition, Partition> partitions_;
  // The partition of the last message: fetches hand out long runs of one.
  const rd_kafka_topic_t* last_topic_ = nullptr;
  Partition* last_partition_ = nullptr;
  bool seeks_pending_ = false;
  bool paused_ = false;
  bool cooperative_ = false;  // how the group rebalances, as of the latest assignment

  // Only during Poll and Close.
  ConsumerEvents* events_ = nullptr;
  int delivered_ = 0;
  uint64_t batch_ = 0;  // the number of the batch being handed over
  uint64_t total_records_ = 0;
  uint64_t total_bytes_ = 0;
  uint64_t stale_ = 0;
  Status failure_;
  std::optional<std::pair<std::string, int64_t>> unknown_topic_;  // its name, and since when

  std::atomic<bool> in_group_{false};
  bool closing_ = false;
  bool closed_ = false;
};

Status RdConsumer::Open(const ConsumerOptions& options) {
  rd::ClientConfig config{.type = RD_KAFKA_CONSUMER, .client_id = options.client_id, .properties = &options.properties};
  config.defaults = {
      {"session.timeout.ms", "10000"},
      {"topic.metadata.refresh.interval.ms", "5000"},  // a topic that grows is noticed within this
      {"partition.assignment.strategy", "range"},
      {"queued.min.messages", std::to_string(std::clamp<size_t>(options.prefetch_records, 1, 10'000'000))},
      {"queued.max.messages.kbytes", std::to_string(std::clamp<size_t>(options.prefetch_bytes >> 10, 1, 2'097'151))},
      {"check.crcs", "true"},
  };
  config.defaults.merge(rd::FetchWaker::Properties());
  config.fixed = {
      {"group.id", options.group_id},        {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
      {"isolation.level", "read_committed"}, {"auto.offset.reset", "error"},  {"enable.partition.eof", "true"},
  };
  if (!options.instance_id.empty() && !rd::IsCooperative(options.properties)) {
    config.fixed["group.instance.id"] = options.instance_id;
  }
  config.opaque = this;
  config.on_error = OnClientError;
  config.on_rebalance = OnRebalance;
  Result<rd::ClientPtr> client = rd::NewClient(config);
  if (!client.ok()) return client.status();
  client_ = std::move(*client);
  rd_kafka_poll_set_consumer(client_.get());
  records_ = std::make_unique<rd::RecordQueue>(client_.get());
  waker_ = std::make_unique<rd::FetchWaker>(client_.get(), records_->get());
  return Status::Ok();
}

Status RdConsumer::Subscribe(const std::vector<std::string>& topics) {
  std::vector<TopicPartition> list;
  for (const std::string& topic : topics) list.push_back({topic, RD_KAFKA_PARTITION_UA});
  rd_kafka_resp_err_t error = rd_kafka_subscribe(client_.get(), rd::NewPartitionList(list).get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorStatus(error, "subscribing", ErrorKind::kInvalid);
  topics_ = topics;
  return Status::Ok();
}

Status RdConsumer::Poll(int timeout_ms, ConsumerEvents* events) {
  if (closed_) return Status::Recover("the consumer is closed");
  events_ = events;
  delivered_ = 0;
  int64_t deadline = NowMs() + timeout_ms;
  do {
    ServeGroup();
    RetrySeeks();
    if (delivered_ == 0 && failure_.ok()) {
      HandOver(static_cast<int>(std::clamp<int64_t>(deadline - NowMs(), 0, kWaitSliceMs)));
    }
  } while (delivered_ == 0 && failure_.ok() && NowMs() < deadline);
  events_ = nullptr;

  uint64_t record_bytes = total_records_ == 0 ? 1 : std::max<uint64_t>(1, total_bytes_ / total_records_);
  reachability_.Probe(client_.get(), kProbeTimeoutMs);
  waker_->Check(std::min<uint64_t>(prefetch_records_, prefetch_bytes_ / record_bytes));
  CheckUnknownTopic();
  CheckOwners();
  if (paused_ || reachability_.Trouble()) stall_watch_.Excuse();
  if (Status stalled = stall_watch_.Check(partitions_, NowMs()); !stalled.ok()) Fail(std::move(stalled));
  return failure_;
}

void RdConsumer::HandOver(int wait_ms) {
  while (delivered_ < kRecordsPerPoll && failure_.ok()) {
    std::span<rd_kafka_message_t* const> batch = records_->Take(wait_ms);
    if (batch.empty()) return;
    ++batch_;
    for (const rd_kafka_message_t* message : batch) Handle(*message);
    wait_ms = 0;
  }
}

// Rebalances, errors, and records of a partition whose forwarding librdkafka has undone.
void RdConsumer::ServeGroup() {
  for (int i = 0; i < kRecordsPerPoll && failure_.ok(); ++i) {
    rd::MessagePtr message(rd_kafka_consumer_poll(client_.get(), 0));
    if (message == nullptr) return;
    ++batch_;
    Handle(*message);
  }
}

void RdConsumer::Handle(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    Deliver(message);
  } else {
    HandleMessageError(message);
  }
}

void RdConsumer::Deliver(const rd_kafka_message_t& message) {
  Partition* partition = Find(message);
  if (partition == nullptr || !Takes(*partition) || message.offset < partition->next) {
    ++stale_;
    return;
  }
  partition->next = message.offset + 1;
  ++delivered_;
  ++total_records_;
  total_bytes_ += message.len + message.key_len;
  rd::MessageHeaders headers(&message);
  events_->OnRecord(rd::ViewOf(message, partition->tp.topic, &headers));
}

Partition* RdConsumer::Find(const rd_kafka_message_t& message) {
  if (message.rkt == nullptr) return nullptr;
  if (message.rkt == last_topic_ && last_partition_ != nullptr && last_partition_->tp.partition == message.partition) {
    return last_partition_;
  }
  Partition* found = Find(TopicPartition{rd_kafka_topic_name(message.rkt), message.partition});
  if (found != nullptr) {
    last_topic_ = message.rkt;
    last_partition_ = found;
  }
  return found;
}

Partition* RdConsumer::Find(const TopicPartition& tp) {
  auto it = partitions_.find(tp);
  return it == partitions_.end() ? nullptr : &it->second;
}

void RdConsumer::HandleMessageError(const rd_kafka_message_t& message) {
  if (message.rkt != nullptr && rd::IsBadBatch(message.err)) return HandleBadBatch(message);
  std::string what = rd_kafka_message_errstr(&message);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      return HandleEnd(message);
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: {
      Partition* partition = Find(message);
      if (partition == nullptr || partition->state != Partition::State::kRunning) return;  // of an earlier position
      return Fail(Status::Stop(ToString(partition->tp) + ": offset " + std::to_string(partition->next) +
                               " is not in the log: its records were deleted before they were consumed, or the topic "
                               "was created again (" + what + ")"));
    }
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      LogWarn(kLog, "{}", what);
      if (message.rkt != nullptr && !unknown_topic_) unknown_topic_.emplace(rd_kafka_topic_name(message.rkt), NowMs());
      return;
    default:
      break;
  }
  Status status = message.err == RD_KAFKA_RESP_ERR__FATAL ? Fatal() : ErrorStatus(message.err, what);
  if (status.ok()) return;
  if (!status.Is(ErrorKind::kRetry)) return Fail(std::move(status));
  LogWarn(kLog, "{}", status.message());
}

// The end, or the last stable offset: nothing before it is still to come.
void RdConsumer::HandleEnd(const rd_kafka_message_t& message) {
  Partition* partition = Find(message);
  if (partition == nullptr || !Takes(*partition) || message.offset <= partition->next) return;
  partition->next = message.offset;
  events_->OnEnd(partition->tp, partition->next);
}

// librdkafka has skipped the batch, or some of it, and goes on after it: go back. Several times, because it may have been
// damaged on its way.
void RdConsumer::HandleBadBatch(const rd_kafka_message_t& message) {
  Partition* partition = Find(message);
  if (partition == nullptr || !Takes(*partition)) return;
  if (std::exchange(partition->bad_at, partition->next) != partition->next) partition->bad_fetches = 0;
  std::string what = ToString(partition->tp) + ": the records at offset " + std::to_string(partition->next) +
                     " cannot be read: " + rd_kafka_message_errstr(&message);
  if (++partition->bad_fetches >= kBadFetches) return Fail(Status::Stop(std::move(what)));
  LogWarn(kLog, "{}; fetching them again", what);
  if (Status status = Start(partition->tp, partition->next); !status.ok()) Fail(std::move(status));
}

// Stops for a topic that is still unknown after the grace.
void RdConsumer::CheckUnknownTopic() {
  if (!unknown_topic_ || NowMs() - unknown_topic_->second < kUnknownTopicGraceMs) return;
  std::string topic = std::exchange(unknown_topic_, std::nullopt)->first;
  Result<int32_t> partitions = rd::PartitionCount(client_.get(), topic, kCommittedTimeoutMs);
  if (partitions.status().Is(ErrorKind::kNotFound)) {
    Fail(Status::Stop("topic " + topic + " does not exist"));
  } else if (!partitions.ok()) {
    unknown_topic_.emplace(topic, NowMs());
  }
}

void RdConsumer::CheckOwners() {
  if (!in_group_ || paused_ || !failure_.ok() || reachability_.Trouble()) return;
  const std::vector<TopicPartition> ownerless = owner_watch_.Check(topics_, NowMs());
  if (ownerless.empty()) return;
  LogWarn(kLog, "partitions={} of the group have no owner, {} is one: joining it anew", ownerless.size(),
          ToString(ownerless.front()));
  if (Status joining = Subscribe(topics_); !joining.ok()) Fail(std::move(joining));
}

void RdConsumer::OnClientError(rd_kafka_t*, int error, const char* reason, void* self) noexcept {
  auto* consumer = static_cast<RdConsumer*>(self);
  try {
    auto code = static_cast<rd_kafka_resp_err_t>(error);
    Status status = code == RD_KAFKA_RESP_ERR__FATAL ? consumer->Fatal() : ErrorStatus(code, reason);
    if (status.ok()) return;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) consumer->reachability_.Lost(reason);
    if (status.Is(ErrorKind::kRetry)) {
      LogWarn(kLog, "{}", status.message());
    } else {
      consumer->Fail(std::move(status));
    }
  } catch (...) {
    return;  // out of memory for a message: the error comes again
  }
}

Status RdConsumer::Fatal() {
  if (!failure_.ok()) return failure_;
  if (rd_kafka_fatal_error(client_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
    return rd::FatalStatus(client_.get(), "consumer");
  }
  return rd::FencedStatus(client_.get(), member_, kCommittedTimeoutMs);
}

void RdConsumer::Fail(Status status) {
  if (failure_.ok()) failure_ = std::move(status);
}

// --- Rebalances ---

void RdConsumer::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                             void* self) noexcept {
  auto* consumer = static_cast<RdConsumer*>(self);
  try {
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      consumer->closing_ ? consumer->Decline() : consumer->Assign(list);
    } else if (error == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
      consumer->Unassign(list, rd_kafka_assignment_lost(client) != 0);
    } else {
      LogWarn(kLog, "rebalance failed: {}", rd_kafka_err2str(error));
      consumer->Unassign(nullptr, true);
    }
  } catch (const std::exception& e) {
    consumer->Fail(Status::Stop(std::string("rebalancing: ") + e.what()));
  } catch (...) {
    consumer->Fail(Status::Stop("rebalancing: unknown exception"));
  }
}

// Assigned paused, so that nothing is fetched before Start says from where. Paused first: librdkafka keeps the pause
// through the assignment, and no fetch slips in between. The offset is a number and not END, because the late answer to
// a query for END makes librdkafka 2.0.2 forget a seek that came meanwhile, and then skip to the end.
void RdConsumer::Assign(rd_kafka_topic_partition_list_t* list) {
  std::vector<TopicPartition> assigned;
  rd::PartitionListPtr positions(rd_kafka_topic_partition_list_copy(list));
  for (int i = 0; i < positions->cnt; ++i) {
    rd_kafka_topic_partition_t& entry = positions->elems[i];
    entry.offset = 0;
    rd::QueuePtr fetched(rd_kafka_queue_get_partition(client_.get(), entry.topic, entry.partition));
    if (fetched != nullptr) rd_kafka_queue_forward(fetched.get(), records_->get());
    assigned.push_back({entry.topic, entry.partition});
  }
  static_cast<void>(rd_kafka_pause_partitions(client_.get(), positions.get()));
  cooperative_ = std::string_view(rd_kafka_rebalance_protocol(client_.get())) == "COOPERATIVE";
  if (cooperative_) {
    rd::ErrorPtr error(rd_kafka_incremental_assign(client_.get(), positions.get()));
    if (error != nullptr) return Fail(Status::Recover(std::string("assigning: ") + rd_kafka_error_string(error.get())));
  } else {
    rd_kafka_resp_err_t error = rd_kafka_assign(client_.get(), positions.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(ErrorStatus(error, "assigning", ErrorKind::kRecover));
  }
  for (const TopicPartition& tp : assigned) partitions_[tp] = Partition{.tp = tp};
  unknown_topic_.reset();
  PartitionsChanged();
  owner_watch_.Rebalanced();
  in_group_ = true;
  member_.member_id = rd::MemberId(client_.get());
  LogInfo(kLog, "assigned partitions={}", assigned.size());
  if (events_ != nullptr) events_->OnAssigned(assigned);
}

// librdkafka leaves the group only once it was told, and from then on what is asked of the group has no answer: it may be
// null, or never come (its issue 4041).
void RdConsumer::Decline() { static_cast<void>(rd_kafka_assign(client_.get(), nullptr)); }

// `list`: null for all.
void RdConsumer::Unassign(rd_kafka_topic_partition_list_t* list, bool lost) {
  std::vector<TopicPartition> removed;
  if (list == nullptr || !cooperative_) {
    for (const auto& [tp, partition] : partitions_) removed.push_back(tp);
  } else {
    for (int i = 0; i < list->cnt; ++i) {
      TopicPartition tp{list->elems[i].topic, list->elems[i].partition};
      if (partitions_.contains(tp)) removed.push_back(std::move(tp));
    }
  }
  if (lost) in_group_ = false;
  LogInfo(kLog, "{} partitions={}", lost ? "lost" : "revoked", removed.size());
  if (events_ != nullptr && !removed.empty()) {
    if (lost) {
      events_->OnLost(removed);
    } else {
      events_->OnRevoked(removed);
    }
  }
  for (const TopicPartition& tp : removed) partitions_.erase(tp);
  PartitionsChanged();
  if (partitions_.empty()) in_group_ = false;
  if (list != nullptr && cooperative_) {
    rd::ErrorPtr error(rd_kafka_incremental_unassign(client_.get(), list));
    if (error != nullptr) Fail(Status::Recover(std::string("unassigning: ") + rd_kafka_error_string(error.get())));
  } else {
    rd_kafka_resp_err_t error = rd_kafka_assign(client_.get(), nullptr);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(ErrorStatus(error, "unassigning", ErrorKind::kRecover));
  }
}

void RdConsumer::PartitionsChanged() {
  last_topic_ = nullptr;
  last_partition_ = nullptr;
  std::vector<TopicPartition> all;
  for (const auto& [tp, partition] : partitions_) all.push_back(tp);
  waker_->SetPartitions(std::move(all));
}

// --- Positions ---

Status RdConsumer::Start(const TopicPartition& tp, int64_t offset) {
  Partition* partition = Find(tp);
  if (partition == nullptr) return Status::Invalid(ToString(tp) + " is not assigned");
  if (offset < 0) return Status::Invalid(ToString(tp) + ": no such offset: " + std::to_string(offset));
  partition->state = Partition::State::kSeeking;
  partition->next = offset;
  partition->seeking_since_ms = NowMs();
  return paused_ ? Status::Ok() : Seek(partition);
}

// Resuming first: resuming after a seek would go back to the position of the pause. Both are served in this order by
// librdkafka's main thread. A partition whose fetcher has not started yet, or is stopping, is tried again by Poll.
Status RdConsumer::Seek(Partition* partition) {
  std::pair<TopicPartition, int64_t> position{partition->tp, partition->next};
  rd::PartitionListPtr list = rd::NewPartitionList({&position, 1});
  partition->sought_in_batch = batch_;
  static_cast<void>(rd_kafka_resume_partitions(client_.get(), list.get()));
  rd::ErrorPtr error(rd_kafka_seek_partitions(client_.get(), list.get(), kSeekTimeoutMs));
  rd_kafka_resp_err_t code = error != nullptr ? rd_kafka_error_code(error.get()) : list->elems[0].err;
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      partition->state = Partition::State::kRunning;
      return Status::Ok();
    case RD_KAFKA_RESP_ERR__STATE:
    case RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
      seeks_pending_ = true;
      if (NowMs() - partition->seeking_since_ms < kSeekRetryMs) return Status::Ok();
      [[fallthrough]];
    default:
      return ErrorStatus(code, ToString(partition->tp) + ": seeking " + std::to_string(partition->next),
                         ErrorKind::kRecover);
  }
}

void RdConsumer::RetrySeeks() {
  if (paused_ || !std::exchange(seeks_pending_, false)) return;
  for (auto& [tp, partition] : partitions_) {
    if (partition.state != Partition::State::kSeeking) continue;
    if (Status status = Seek(&partition); !status.ok()) Fail(std::move(status));
  }
}

Status RdConsumer::Pause() {
  if (std::exchange(paused_, true)) return Status::Ok();
  std::vector<TopicPartition> pausing;
  for (const auto& [tp, partition] : partitions_) {
    if (partition.state != Partition::State::kIdle) pausing.push_back(tp);
  }
  if (pausing.empty()) return Status::Ok();
  rd_kafka_resp_err_t error = rd_kafka_pause_partitions(client_.get(), rd::NewPartitionList(pausing).get());
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? Status::Ok() : ErrorStatus(error, "pausing", ErrorKind::kRecover);
}

// What was fetched before the pause is gone, so this seeks to the next offset.
Status RdConsumer::Resume() {
  if (!std::exchange(paused_, false)) return Status::Ok();
  for (auto& [tp, partition] : partitions_) {
    if (partition.state != Partition::State::kIdle) ODOMETER_RETURN_IF_ERROR(Start(tp, partition.next));
  }
  return Status::Ok();
}

std::optional<int64_t> RdConsumer::CachedEnd(const TopicPartition& tp) {
  if (reachability_.Trouble()) return std::nullopt;
  int64_t begin = 0;
  int64_t end = 0;
  rd_kafka_resp_err_t error =
      rd_kafka_get_watermark_offsets(client_.get(), tp.topic.c_str(), tp.partition, &begin, &end);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || end < 0) return std::nullopt;
  return end;
}

// --- Committed offsets, and the group ---

Result<std::optional<int64_t>> RdConsumer::Committed(const TopicPartition& tp) {
  return rd::CommittedOffset(client_.get(), tp, kCommittedTimeoutMs);
}

Status RdConsumer::CommitOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets) {
  return rd::CommitOffsets(client_.get(), offsets, kCommitTimeoutMs);
}

std::unique_ptr<GroupMetadata> RdConsumer::Group() {
  // Metadata without a member is accepted by brokers without any check of the generation.
  if (!in_group_) return nullptr;
  if (rd::MemberId(client_.get()).empty()) return nullptr;
  rd_kafka_consumer_group_metadata_t* metadata = rd_kafka_consumer_group_metadata(client_.get());
  if (metadata == nullptr) return nullptr;
  return std::make_unique<rd::RdGroupMetadata>(metadata);
}

void RdConsumer::Close(ConsumerEvents* events) {
  if (closed_ || client_ == nullptr) return;
  events_ = events;
  closing_ = true;
  // On a queue of its own and with a deadline: the blocking call may hang below librdkafka 2.3.
  rd::QueuePtr queue(rd_kafka_queue_new(client_.get()));
  rd::ErrorPtr error(rd_kafka_consumer_close_queue(client_.get(), queue.get()));
  int64_t deadline = NowMs() + kCloseTimeoutMs;
  while (error == nullptr && !rd_kafka_consumer_closed(client_.get()) && NowMs() < deadline) {
    rd::EventPtr event(rd_kafka_queue_poll(queue.get(), kWaitSliceMs));
    if (event != nullptr && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
      OnRebalance(client_.get(), rd_kafka_event_error(event.get()), rd_kafka_event_topic_partition_list(event.get()),
                  this);
    }
  }
  if (error != nullptr || !rd_kafka_consumer_closed(client_.get())) LogWarn(kLog, "the group could not be left in time");
  events_ = nullptr;
  in_group_ = false;
  closed_ = true;
}

}  // namespace

Result<std::unique_ptr<Consumer>> NewRdConsumer(const ConsumerOptions& options) {
  auto consumer = std::make_unique<RdConsumer>(options);
  ODOMETER_RETURN_IF_ERROR(consumer->Open(options));
  return std::unique_ptr<Consumer>(std::move(consumer));
}

}  // namespace odometer
