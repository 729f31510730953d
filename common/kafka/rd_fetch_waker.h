// Keeps librdkafka fetching when its queue has been full.
//
// Below 2.2 a broker thread that finds the queue full sleeps for up to a second, however fast the queue empties
// meanwhile, and halves the throughput of a busy consumer. Any request through that thread wakes it; this sends one
// (ListOffsets) on a thread of its own, since the answer may wait behind a long-polling fetch. From 2.2 there is the
// property fetch.queue.backoff.ms instead. docs/adr/0003-consuming.md has the figures.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "common/base/mutex.h"
#include "common/kafka/rd_common.h"

namespace odometer::rd {

// One thread calls; it must be destroyed before the client.
class FetchWaker {
 public:
  // The property to set where there is one; else nothing.
  static std::map<std::string, std::string> Properties();

  // `queue`: where the fetched records wait. Both must outlive this.
  FetchWaker(rd_kafka_t* client, rd_kafka_queue_t* queue);
  ~FetchWaker();

  FetchWaker(const FetchWaker&) = delete;
  FetchWaker& operator=(const FetchWaker&) = delete;

  // The partitions being fetched; their leaders are woken.
  void SetPartitions(std::vector<TopicPartition> partitions) ODOMETER_EXCLUDES(mutex_);
  // To be called now and then while consuming: wakes when the queue was full and has half emptied. `limit`: at how
  // many records librdkafka takes it for full.
  void Check(size_t limit) ODOMETER_EXCLUDES(mutex_);

 private:
  void Run() ODOMETER_EXCLUDES(mutex_);

  rd_kafka_t* const client_;
  rd_kafka_queue_t* const queue_;
  bool was_full_ = false;  // the calling thread's

  Mutex mutex_;
  CondVar changed_;
  std::vector<TopicPartition> partitions_ ODOMETER_GUARDED_BY(mutex_);
  bool wake_ ODOMETER_GUARDED_BY(mutex_) = false;
  bool stop_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace odometer::rd
