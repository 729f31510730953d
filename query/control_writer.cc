#include "query/control_writer.h"

#include <xxhash.h>

#include <span>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/model/control.h"

namespace odometer {
namespace {

constexpr int kAttempts = 4;

using Offsets = std::vector<std::pair<TopicPartition, int64_t>>;

class KafkaControlWriter final : public ControlWriter {
 public:
  KafkaControlWriter(std::string topic, TransactionalProducerFactory make_producer, Admin* admin)
      : topic_(std::move(topic)), make_producer_(std::move(make_producer)), admin_(admin) {}

  Result<Offsets> Write(Control control) override {
    MutexLock lock(mutex_);
    // Asked each time: the topic may have grown.
    Result<std::optional<TopicInfo>> topic = admin_->Describe(topic_);
    if (!topic.ok()) return topic.status();
    if (!topic->has_value()) return Status::Stop("there is no topic " + topic_);
    if (control.set) {
      control.set->partition = SetPartition(control.qualified_name, (*topic)->partitions);
      control.set->aggregate.last_origin.partition = control.set->partition;
    }

    const std::string body = EncodeControl(control);
    const OutRecord record{.key = control.qualified_name,
                           .value = body,
                           .headers = {{kControlHeader, control.set ? "set" : "forget"}}};
    Status failure;
    bool maybe_written = false;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      Offsets offsets;
      failure = WriteOnce(record, (*topic)->partitions, &offsets);
      if (failure.ok()) return offsets;
      LogWarn("query", "control record not written attempt={} error={}", attempt + 1, failure.ToString());
      if (failure.Is(ErrorKind::kStop)) break;
      maybe_written = maybe_written || !failure.Is(ErrorKind::kAbort);
    }
    return failure.Is(ErrorKind::kStop) && !maybe_written ? failure : Status::Retry(failure.message());
  }

 private:
  // One transaction. After an error no transaction is open.
  Status WriteOnce(const OutRecord& record, int32_t partitions, Offsets* offsets) ODOMETER_REQUIRES(mutex_) {
    Status status = Ready();
    if (status.ok()) status = Transaction(record, partitions);
    if (status.ok()) {
      for (const auto& [partition, end] : producer_->AcknowledgedEnds()) offsets->emplace_back(partition, end - 1);
      if (offsets->size() == static_cast<size_t>(partitions)) return status;
      // A record that the broker had taken already, when it was sent again, is acknowledged without its offset.
      return Status::Retry("written, but not known where");
    }
    // Whatever broke it: a transaction that cannot be aborted, or that may be committed, ends with its producer.
    if (producer_ && (!status.Is(ErrorKind::kAbort) || !producer_->Abort().ok())) producer_.reset();
    return status;
  }

  Status Ready() ODOMETER_REQUIRES(mutex_) {
    if (producer_) return Status::Ok();
    Result<std::unique_ptr<TransactionalProducer>> made = make_producer_();
    if (!made.ok()) return made.status();
    ODOMETER_RETURN_IF_ERROR((*made)->Init());
    producer_ = std::move(made).value();
    return Status::Ok();
  }

  Status Transaction(const OutRecord& record, int32_t partitions) ODOMETER_REQUIRES(mutex_) {
    ODOMETER_RETURN_IF_ERROR(producer_->Begin());
    for (int32_t partition = 0; partition < partitions; ++partition) {
      ODOMETER_RETURN_IF_ERROR(producer_->Produce(topic_, partition, std::span(&record, 1)));
    }
    ODOMETER_RETURN_IF_ERROR(producer_->Flush());
    Status committed = producer_->Commit();
    for (int attempt = 1; attempt < kAttempts && committed.Is(ErrorKind::kRetry); ++attempt) {
      committed = producer_->Commit();
    }
    return committed;
  }

  const std::string topic_;
  const TransactionalProducerFactory make_producer_;
  Admin* const admin_;
  Mutex mutex_;
  std::unique_ptr<TransactionalProducer> producer_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace

int32_t SetPartition(const std::string& qualified_name, int32_t partitions) {
  return static_cast<int32_t>(XXH3_64bits(qualified_name.data(), qualified_name.size()) %
                              static_cast<uint64_t>(partitions));
}

std::unique_ptr<ControlWriter> NewControlWriter(std::string topic, TransactionalProducerFactory make_producer,
                                                Admin* admin) {
  return std::make_unique<KafkaControlWriter>(std::move(topic), std::move(make_producer), admin);
}

}  // namespace odometer
