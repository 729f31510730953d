#include "common/kafka/rd_fetch_waker.h"

#include <utility>

namespace odometer::rd {
namespace {

constexpr int kFirstVersionWithBackoff = 0x02020000;
// An upper bound for stopping; the request itself is not lost when it takes longer.
constexpr int kWakeTimeoutMs = 1000;

bool NeedsWaking() { return rd_kafka_version() < kFirstVersionWithBackoff; }

}  // namespace

std::map<std::string, std::string> FetchWaker::Properties() {
  if (NeedsWaking()) return {};
  return {{"fetch.queue.backoff.ms", "10"}};
}

FetchWaker::FetchWaker(rd_kafka_t* client, rd_kafka_queue_t* queue) : client_(client), queue_(queue) {
  if (NeedsWaking()) thread_ = std::thread([this] { Run(); });
}

FetchWaker::~FetchWaker() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void FetchWaker::SetPartitions(std::vector<TopicPartition> partitions) {
  MutexLock lock(mutex_);
  partitions_ = std::move(partitions);
}

void FetchWaker::Check(size_t limit) {
  if (!thread_.joinable()) return;
  size_t queued = rd_kafka_queue_length(queue_);
  // Somewhat below the limit counts as full: the caller may already have taken some, and `limit` may be an estimate.
  if (queued >= limit - limit / 4) {
    was_full_ = true;
  } else if (was_full_ && queued < limit / 2) {
    was_full_ = false;
    MutexLock lock(mutex_);
    wake_ = true;
    changed_.NotifyOne();
  }
}

void FetchWaker::Run() {
  for (;;) {
    std::vector<TopicPartition> partitions;
    {
      MutexLock lock(mutex_);
      while (!wake_ && !stop_) changed_.Wait(mutex_);
      if (stop_) return;
      wake_ = false;
      partitions = partitions_;
    }
    if (partitions.empty()) continue;
    PartitionListPtr list = NewPartitionList(partitions);
    for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = RD_KAFKA_OFFSET_END;
    // Only the request matters; a failure costs at most the second that this was to save.
    static_cast<void>(rd_kafka_offsets_for_times(client_, list.get(), kWakeTimeoutMs));
  }
}

}  // namespace odometer::rd
