// A Kafka cluster in memory, for tests and simulation: topics, transactions, consumer groups, and faults on demand.
// Nothing waits and nothing happens by itself: time is the given clock's, and sessions, transactions and rebalances
// end when the test says so. docs/adr/0003-consuming.md says what it takes over from the real thing.
//
// Used by one thread. The broker must outlive its clients. Destroying a client is what kill -9 does: the group keeps
// its member, the transaction stays open. Close and Commit or Abort are the orderly ways.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "common/kafka/log_reader.h"
#include "common/kafka/memory_group.h"
#include "common/kafka/memory_log.h"
#include "common/kafka/producer.h"

namespace odometer {

// The calls that can be made to fail.
enum class BrokerCall {
  kInit,
  kBegin,
  kProduce,
  kFlush,
  kSendOffsets,
  kCommit,
  kAbort,
  kPoll,
  kCommitted,
  kCommitOffsets,
  kRead,
  kDescribe,
  kCreate,
  kGrow,
  kOffsets,
  kAsyncProduce,
};

enum class CallMoment { kBefore, kAfter };  // its effect

struct Fault {
  ErrorKind kind = ErrorKind::kRetry;
  // True: the call has its effect and only the answer is lost. Never so for Commit with kAbort, which is a promise
  // that nothing was committed.
  bool effect = false;
};

class MemoryBroker {
 public:
  explicit MemoryBroker(const Clock* clock) : clock_(clock) {}

  MemoryBroker(const MemoryBroker&) = delete;
  MemoryBroker& operator=(const MemoryBroker&) = delete;

  // --- Clients ---
  std::unique_ptr<Consumer> NewConsumer(const ConsumerOptions& options);
  std::unique_ptr<TransactionalProducer> NewTransactionalProducer(const ProducerOptions& options);
  std::unique_ptr<LogReader> NewLogReader();
  std::unique_ptr<Admin> NewAdmin();
  // Calls `done` in Flush and in Deliver.
  std::unique_ptr<AsyncProducer> NewAsyncProducer(const AsyncProducerOptions& options);

  // --- Topics and logs, as a test sees them ---
  // Whatever there was under that name is gone.
  void CreateTopic(const TopicSpec& spec);
  // A record of an ordinary producer: committed at once. Its offset. The time is the clock's when not given.
  int64_t Append(const TopicPartition& tp, const OutRecord& record, std::optional<int64_t> timestamp_ms = {});
  // A whole transaction of an ordinary producer, with its control record. The first offset.
  int64_t AppendTransaction(const TopicPartition& tp, const std::vector<OutRecord>& records, bool commit);
  // The partition must exist.
  MemoryLog& Log(const TopicPartition& tp);
  // Null when there is no such partition.
  MemoryLog* FindLog(const TopicPartition& tp);
  // What read_committed gives, from the beginning.
  std::vector<MemoryRecord> CommittedRecords(const TopicPartition& tp);
  std::optional<int64_t> CommittedOffset(const std::string& group, const TopicPartition& tp) const;

  // --- What happens in a cluster ---
  // The group rebalances: at their next polls its members give up their partitions and get new ones. False: it has none.
  bool Rebalance(const std::string& group) { return groups_[group].StartRebalance(); }
  // From the next rebalance on; eager unless told otherwise.
  void SetCooperative(const std::string& group) { groups_[group].set_cooperative(true); }
  bool cooperative(const std::string& group) { return groups_[group].cooperative(); }
  // The session of the group's members with this client id ends; a member that still lives loses its partitions.
  // False: there are none.
  bool ExpireMember(const std::string& group, const std::string& client_id) { return groups_[group].Expire(client_id); }
  // The transaction's time-out: it is aborted, and its producer is fenced. False: none was open, the producer is fenced
  // all the same.
  bool ExpireTransaction(const std::string& transactional_id);
  // At most so many records per Poll.
  void set_records_per_poll(int records) { records_per_poll_ = records; }
  // Asked at every fetch of a partition: so many records before its position are delivered once more.
  void SetRedelivery(std::function<int64_t()> records) { redelivery_ = std::move(records); }
  // Reports what asynchronous producers have sent.
  void Deliver();

  // --- Faults ---
  // The next call of that sort, after `skip` others, fails.
  void InjectFault(BrokerCall call, Fault fault, int skip = 0);
  // Asked at every call for which nothing is injected; for random simulation. Empty: no faults.
  using FaultPlan = std::function<std::optional<Fault>(BrokerCall)>;
  void SetFaultPlan(FaultPlan plan) { plan_ = std::move(plan); }
  // Called at every call that is not made to fail before its effect. For looking, or for a crash just there: cut off.
  using Observer = std::function<void(BrokerCall, CallMoment)>;
  void SetObserver(Observer observer) { observer_ = std::move(observer); }
  // While cut off no call has an effect, the call under way gets no answer, and all fail with kRecover. So the broker
  // stays as a process that died here would have left it, until its clients are destroyed and the next ones let through.
  void set_cut_off(bool cut_off) { cut_off_ = cut_off; }
  void set_cluster_id(std::string id) { cluster_id_ = std::move(id); }

 private:
  friend class MemoryConsumer;
  friend class MemoryTransactionalProducer;
  friend class MemoryLogReader;
  friend class MemoryAdmin;
  friend class MemoryAsyncProducer;

  struct Topic {
    TopicSpec spec;
    std::vector<MemoryLog> logs;
  };
  // One transactional id. `transaction` is the number of the one that is open.
  struct TransactionalId {
    int epoch = 0;
    std::optional<int64_t> transaction;
  };
  struct ScheduledFault {
    BrokerCall call;
    Fault fault;
    int skip;
  };

  // Runs the call, or makes it fail.
  Status Perform(BrokerCall call, const std::function<Status()>& effect);
  // OK unless cut off.
  Status Observe(BrokerCall call, CallMoment moment);
  std::optional<Fault> NextFault(BrokerCall call);

  Status Grow(const std::string& topic, int32_t partitions);
  int32_t PartitionCount(const std::string& topic) const;
  // kStop when the topic's max.message.bytes does not allow the record.
  Status CheckSize(const std::string& topic, const OutRecord& record) const;
  MemoryRecord NewRecord(const OutRecord& record, std::optional<int64_t> timestamp_ms = {}) const;

  // Fences the older producers of the id; the new epoch.
  int OpenTransactionalId(const std::string& id);
  // The open transaction's number; one is opened when there is none. Nothing when the epoch is fenced.
  std::optional<int64_t> Transaction(const std::string& id, int epoch);
  // False when the epoch is fenced. Fine when nothing is open.
  bool EndTransaction(const std::string& id, int epoch, bool commit);

  const Clock* const clock_;
  std::map<std::string, Topic> topics_;
  std::map<std::string, MemoryGroup> groups_;
  std::map<std::string, TransactionalId> transactional_ids_;
  int64_t next_transaction_ = 1;
  std::vector<ScheduledFault> faults_;
  FaultPlan plan_;
  Observer observer_;
  bool cut_off_ = false;
  std::string cluster_id_ = "memory";
  int records_per_poll_ = 1000;
  std::function<int64_t()> redelivery_;
  std::vector<std::function<void()>> undelivered_;  // what asynchronous producers have sent, in order
};

// A record's view; valid as long as both.
class MemoryHeaders final : public RecordView::HeaderSource {
 public:
  explicit MemoryHeaders(const MemoryRecord* record) : record_(record) {}
  std::vector<Header> Headers() const override {
    std::vector<Header> headers;
    for (const auto& [name, value] : record_->headers) headers.push_back({name, value});
    return headers;
  }

 private:
  const MemoryRecord* record_;
};

}  // namespace odometer
