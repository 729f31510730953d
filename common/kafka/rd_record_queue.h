// Takes fetched records from a librdkafka queue, many at a time.
#pragma once

#include <array>
#include <span>

#include "common/kafka/rd_common.h"

namespace odometer::rd {

// Used by one thread; must be destroyed before the client.
class RecordQueue {
 public:
  explicit RecordQueue(rd_kafka_t* client) : queue_(rd_kafka_queue_new(client)) {}
  ~RecordQueue() { Free(); }

  RecordQueue(const RecordQueue&) = delete;
  RecordQueue& operator=(const RecordQueue&) = delete;

  rd_kafka_queue_t* get() const { return queue_.get(); }

  // What has arrived, or else waits for one at most wait_ms. Errors of partitions are messages too. The messages are
  // valid until the next Take.
  std::span<rd_kafka_message_t* const> Take(int wait_ms);

 private:
  void Fill(int wait_ms, size_t count);
  void Free();

  QueuePtr queue_;
  // Few enough to stay in the processor's cache between being taken and being freed.
  std::array<rd_kafka_message_t*, 1000> messages_;
  size_t count_ = 0;
};

}  // namespace odometer::rd
