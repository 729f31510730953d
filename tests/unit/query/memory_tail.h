// A TopicTail on a broker in memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/kafka/memory_broker.h"
#include "common/kafka/topic_tail.h"

namespace odometer {

// What all tails of a test share.
struct TailControl {
  Status failure;  // of every call
  int made = 0;
};

class MemoryTail final : public TopicTail {
 public:
  MemoryTail(MemoryBroker* broker, std::string topic, TailControl* control)
      : broker_(broker), topic_(std::move(topic)), control_(control) {
    ++control_->made;
  }

  Status Start(int32_t partition, int64_t offset) override {
    next_[partition] = offset;
    return control_->failure;
  }
  Status Poll(int, TopicTailEvents* events) override {
    ODOMETER_RETURN_IF_ERROR(control_->failure);
    for (auto it = next_.begin(); it != next_.end();) {
      auto& [partition, next] = *it;
      const TopicPartition tp{topic_, partition};
      MemoryLog& log = broker_->Log(tp);
      if (next < log.begin() || next > log.end()) {
        const int32_t lost = partition;
        it = next_.erase(it);
        events->OnOutOfRange(lost);
        continue;
      }
      while (const MemoryRecord* record = log.NextCommitted(next)) {
        MemoryHeaders headers(record);
        RecordView view;
        view.topic = topic_;
        view.partition = partition;
        view.offset = record->offset;
        view.timestamp_ms = record->timestamp_ms;
        view.key = record->key;
        view.value = record->value;
        view.header_source = &headers;
        next = record->offset + 1;
        events->OnRecord(view);
      }
      if (log.LastStableOffset() > next) events->OnPassed(partition, next = log.LastStableOffset());
      ++it;
    }
    return Status::Ok();
  }

 private:
  MemoryBroker* const broker_;
  const std::string topic_;
  TailControl* const control_;
  std::map<int32_t, int64_t> next_;
};

}  // namespace odometer
