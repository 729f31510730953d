// Producers: the processor's transactional one, and the asynchronous one behind HTTP ingest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/consumer.h"
#include "common/kafka/types.h"

namespace odometer {

// Produces in transactions. One thread at a time. Errors: kRetry (call the same again), kAbort (call Abort, keep the
// deltas), kRecover (fenced or fatal: this object is finished), kStop (refused for good).
class TransactionalProducer {
 public:
  virtual ~TransactionalProducer() = default;

  // Fences older producers of the same transactional id and waits for their transactions to end. First of all calls.
  virtual Status Init() = 0;
  virtual Status Begin() = 0;
  // Queues the records for one partition. Their bytes must stay valid until Flush or Abort has returned.
  virtual Status Produce(const std::string& topic, int32_t partition, std::span<const OutRecord> records) = 0;
  // Waits until every record is acknowledged. Any delivery failure: kAbort.
  virtual Status Flush() = 0;
  // After Flush: one past the highest acknowledged offset of this transaction per partition.
  virtual std::map<TopicPartition, int64_t> AcknowledgedEnds() const = 0;
  // `offsets`: the next input offset per partition; must not be empty. Any error: Abort, never Commit.
  virtual Status SendOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets,
                             const GroupMetadata& group) = 0;
  // kRetry: unknown yet, call again. kAbort: not committed. kRecover: may or may not be committed.
  virtual Status Commit() = 0;
  // Drops what is queued. kRecover when even that is not possible.
  virtual Status Abort() = 0;
};

struct ProducerOptions {
  KafkaProperties properties;
  std::string client_id;
  std::string transactional_id;  // empty: idempotent, without transactions (at_least_once)
  int transaction_timeout_ms = 15'000;
};
// With an empty transactional_id Init, Begin, Commit and Abort do nothing and SendOffsets fails.
Result<std::unique_ptr<TransactionalProducer>> NewRdTransactionalProducer(const ProducerOptions& options);

struct RecordMetadata {
  int32_t partition = 0;
  int64_t offset = 0;
};

// Idempotent, acks=all. Thread-safe.
class AsyncProducer {
 public:
  using Callback = std::function<void(Result<RecordMetadata>)>;
  virtual ~AsyncProducer() = default;

  // Copies the record. `done` is called once, from the producer's own thread, when the broker has acknowledged the
  // record or it has failed (kRetry: not written as far as known; kStop: refused for good). Must not block.
  // kRetry at once, without a call of `done`, when the queue is full.
  virtual Status Produce(const std::string& topic, const OutRecord& record, Callback done) = 0;
  // The number of partitions, from the broker; cached.
  virtual Result<int32_t> Partitions(const std::string& topic) = 0;
  // Waits for everything under way, at most timeout_ms.
  virtual Status Flush(int timeout_ms) = 0;
  // kRetry with the reason while no broker can be reached.
  virtual Status Healthy() const = 0;
};
struct AsyncProducerOptions {
  KafkaProperties properties;
  std::string client_id;
  int linger_ms = 0;
  int delivery_timeout_ms = 10'000;
  size_t max_queued_records = 100'000;
};
Result<std::unique_ptr<AsyncProducer>> NewRdAsyncProducer(const AsyncProducerOptions& options);

}  // namespace odometer
