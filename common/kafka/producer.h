// Producers: the processor's transactional one, and the asynchronous one behind HTTP ingest.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/consumer.h"
#include "common/kafka/types.h"

namespace odometer {

// The default of what a TransactionalProducer sends as one record; a topic's own limit (TopicInfo::MaxMessageBytes) is
// usually lower.
inline constexpr int64_t kMaxRecordBytes = 10 << 20;
// What one with these properties sends: their message.max.bytes, else kMaxRecordBytes.
int64_t MaxRecordBytes(const KafkaProperties& properties);

// Produces in transactions. One thread at a time. Errors: kRetry (call the same again), kAbort (call Abort, keep the
// deltas), kRecover (fenced or fatal: this object is finished, and only Abort may still be called), kStop (refused for
// good).
//
// Records are not copied. None that was handed over is referenced any more once Flush or Commit has returned OK, Abort
// has returned whatever it returns, or any call has returned kRecover or kStop.
class TransactionalProducer {
 public:
  virtual ~TransactionalProducer() = default;

  // Fences older producers of the same transactional id and waits for their transactions to end. First of all calls.
  virtual Status Init() = 0;
  virtual Status Begin() = 0;
  // Queues the records for one partition. kInvalid when one of them is larger than the client sends (kMaxRecordBytes
  // unless configured): none of this call was queued and the transaction can go on. kStop from Flush when one is larger
  // than the topic takes.
  virtual Status Produce(const std::string& topic, int32_t partition, std::span<const OutRecord> records) = 0;
  // Waits until every record is acknowledged. Any delivery failure: kAbort.
  virtual Status Flush() = 0;
  // After Flush: one past the highest acknowledged offset of this transaction per partition. May be too low, or absent,
  // where an acknowledgement got lost and was asked for again: the broker then does not tell the offset. So it is good as
  // a place to read on from, not as a proof that nothing was written.
  virtual std::map<TopicPartition, int64_t> AcknowledgedEnds() const = 0;
  // `offsets`: the next input offset per partition; must not be empty. Any error: Abort, never Commit.
  virtual Status SendOffsets(const std::vector<std::pair<TopicPartition, int64_t>>& offsets,
                             const GroupMetadata& group) = 0;
  // kRetry: unknown yet, call again. kAbort: not committed. kRecover: may or may not be committed.
  virtual Status Commit() = 0;
  // Drops what is queued. kRecover when the transaction cannot be ended by this producer.
  virtual Status Abort() = 0;
};

struct ProducerOptions {
  KafkaProperties properties;
  std::string client_id;
  std::string transactional_id;  // empty: idempotent, without transactions (at_least_once)
  int transaction_timeout_ms = 15'000;
};
// With an empty transactional_id nothing is a transaction: Init does nothing, Begin tells of a client that has failed
// for good, Commit is a Flush, Abort drops what is queued, and SendOffsets fails.
Result<std::unique_ptr<TransactionalProducer>> NewRdTransactionalProducer(const ProducerOptions& options);

struct RecordMetadata {
  int32_t partition = 0;
  int64_t offset = 0;  // -1: written, but the broker did not say where, because an earlier attempt had succeeded
};

// Idempotent, acks=all. Heals itself: a client that librdkafka has given up is replaced. Thread-safe.
class AsyncProducer {
 public:
  using Callback = std::function<void(Result<RecordMetadata>)>;
  virtual ~AsyncProducer() = default;

  // Copies the record. `done` is called once, from the producer's own thread or from within Produce, when the broker has
  // acknowledged the record or it has failed. kRetry: it is not written. kRecover: it may have been written. kStop: it is
  // not written, and refused for good. Must not block.
  // Without a call of `done`: kRetry at once when the queue is full, kStop when the record is refused.
  virtual Status Produce(const std::string& topic, const OutRecord& record, Callback done) = 0;
  // Waits for everything under way, at most timeout_ms.
  virtual Status Flush(int timeout_ms) = 0;
  // kRetry with the reason while no broker can be reached, or records fail for other reasons than their own.
  virtual Status Healthy() const = 0;
};
struct AsyncProducerOptions {
  KafkaProperties properties;
  std::string client_id;
  // How long a record may wait for those on their way, to go with others then; one alone never waits. 0: none waits.
  int linger_ms = 0;
  int delivery_timeout_ms = 10'000;
  // What may be waiting for the broker; more is refused.
  size_t max_queued_records = 100'000;
  size_t max_queued_bytes = 64 << 20;
};
Result<std::unique_ptr<AsyncProducer>> NewRdAsyncProducer(const AsyncProducerOptions& options);

}  // namespace odometer
