#include "common/kafka/rd_record_queue.h"

namespace odometer::rd {

std::span<rd_kafka_message_t* const> RecordQueue::Take(int wait_ms) {
  Free();
  Fill(0, messages_.size());
  // librdkafka waits until the array is full or the time is over: so it is given one place to wait with.
  if (count_ == 0 && wait_ms > 0) Fill(wait_ms, 1);
  return {messages_.data(), count_};
}

void RecordQueue::Fill(int wait_ms, size_t count) {
  ssize_t taken = rd_kafka_consume_batch_queue(queue_.get(), wait_ms, messages_.data(), count);
  count_ = taken > 0 ? static_cast<size_t>(taken) : 0;
}

void RecordQueue::Free() {
  for (size_t i = 0; i < count_; ++i) rd_kafka_message_destroy(messages_[i]);
  count_ = 0;
}

}  // namespace odometer::rd
