// Notices that a partition has more, and that nothing of it comes.
//
// librdkafka (2.0.2 at least) may stop fetching and say nothing: so it was seen after a session had timed out twice while
// its caller was busy, and the same partitions were assigned twice. Its cached ends then stand still too, so that nothing
// seems to be left to do. Only the broker knows better.
//
// Where nothing more can be read although there is more, a transaction is open: that is told, and nothing to be done about.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/rd_assigned_partition.h"
#include "common/kafka/types.h"

namespace odometer::rd {

// Used by one thread.
class StallWatch {
 public:
  // Asks the broker up to where a partition can be read, and waits for the answer.
  using EndOf = std::function<Result<int64_t>(const TopicPartition&)>;
  // Where it ends, open transactions included, as far as is known.
  using LogEndOf = std::function<std::optional<int64_t>(const TopicPartition&)>;

  StallWatch(EndOf end_of, LogEndOf log_end_of) : end_of_(std::move(end_of)), log_end_of_(std::move(log_end_of)) {}

  // To be called now and then, with what is assigned. kRecover when a running partition stood still for kPatienceMs although
  // its log goes on, seen twice. Asks about those only that stand still, and not more often than each kCheckMs.
  Status Check(const std::map<TopicPartition, AssignedPartition>& partitions, int64_t now_ms);
  // The partitions in which an open transaction is all that there is to read, since kPatienceMs at least.
  std::vector<TopicPartition> HeldUp() const;
  // Nothing is expected to come for now: no broker is reached, or the caller has paused.
  void Excuse() { watched_.clear(); }

  static constexpr int64_t kCheckMs = 5'000;
  static constexpr int64_t kPatienceMs = 20'000;

 private:
  struct Watched {
    int64_t next = 0;
    int64_t since_ms = 0;
    bool suspected = false;
    bool open = false;  // at the latest check a transaction was
    bool held_up = false;
  };
  Status CheckOne(const AssignedPartition& partition, int64_t now_ms);

  const EndOf end_of_;
  const LogEndOf log_end_of_;
  std::map<TopicPartition, Watched> watched_;
  int64_t next_check_ms_ = 0;
};

}  // namespace odometer::rd
