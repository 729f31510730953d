// The broker's answers that the query needs, under the test's control.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/admin.h"
#include "common/kafka/producer.h"

namespace odometer {

// Not thread-safe, except for calls while nothing is changed.
class FakeAdmin : public Admin {
 public:
  Result<std::optional<TopicInfo>> Describe(const std::string& topic) override {
    if (!failure.ok()) return failure;
    if (topic != name) return std::optional<TopicInfo>();
    return std::optional<TopicInfo>({.partitions = partitions});
  }
  Status Create(const TopicSpec&) override { return Status::Ok(); }
  Status GrowPartitions(const std::string&, int32_t) override { return Status::Ok(); }
  Result<OffsetRange> Offsets(const TopicPartition& partition) override {
    if (!failure.ok()) return failure;
    return OffsetRange{0, ends[partition.partition]};
  }
  Result<std::string> ClusterId() override { return std::string("cluster"); }

  std::string name = "metrics.events";
  int32_t partitions = 2;
  std::map<int32_t, int64_t> ends;
  Status failure;
};

// What all producers of one test wrote, and how they are to fail.
struct FakeLog {
  struct Record {
    int32_t partition;
    std::string key, value, header_name, header_value;
    friend bool operator==(const Record&, const Record&) = default;
  };
  std::vector<Record> committed;
  std::map<int32_t, int64_t> ends;
  int producers_made = 0;
  int aborts = 0;
  int duplicates = 0;  // that many records are acknowledged without an offset
  // The next calls of that name fail with these, in order.
  std::map<std::string, std::deque<Status>> failures;

  Status Next(const std::string& call) {
    auto& queue = failures[call];
    if (queue.empty()) return Status::Ok();
    Status status = std::move(queue.front());
    queue.pop_front();
    return status;
  }
};

class FakeTransactionalProducer : public TransactionalProducer {
 public:
  explicit FakeTransactionalProducer(FakeLog* log) : log_(log) { ++log_->producers_made; }

  Status Init() override { return log_->Next("Init"); }
  Status Begin() override {
    acknowledged_.clear();
    return log_->Next("Begin");
  }
  Status Produce(const std::string& topic, int32_t partition, std::span<const OutRecord> records) override {
    ODOMETER_RETURN_IF_ERROR(log_->Next("Produce"));
    for (const OutRecord& record : records) {
      open_.push_back({partition, std::string(record.key), std::string(record.value),
                       std::string(record.headers.at(0).name), std::string(record.headers.at(0).value)});
      ++log_->ends[partition];
      // As for a record that the broker had taken already.
      if (log_->duplicates > 0) {
        --log_->duplicates;
      } else {
        acknowledged_[{topic, partition}] = log_->ends[partition];
      }
    }
    return Status::Ok();
  }
  Status Flush() override { return log_->Next("Flush"); }
  std::map<TopicPartition, int64_t> AcknowledgedEnds() const override { return acknowledged_; }
  Status SendOffsets(const std::vector<std::pair<TopicPartition, int64_t>>&, const GroupMetadata&) override {
    return Status::Stop("not for this producer");
  }
  Status Commit() override {
    ODOMETER_RETURN_IF_ERROR(log_->Next("Commit"));
    log_->committed.insert(log_->committed.end(), open_.begin(), open_.end());
    open_.clear();
    return Status::Ok();
  }
  Status Abort() override {
    ++log_->aborts;
    open_.clear();
    acknowledged_.clear();
    return log_->Next("Abort");
  }

 private:
  FakeLog* const log_;
  std::vector<FakeLog::Record> open_;
  std::map<TopicPartition, int64_t> acknowledged_;
};

}  // namespace odometer
