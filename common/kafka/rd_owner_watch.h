// Notices partitions that nobody in the group consumes.
//
// A topic that grows is noticed by the members: one that sees its partitions change joins the group anew, and has it rebalance
// when it leads. But a static member that dies and comes back takes its place over as it was, without a rebalance. What the
// topic got while it was away has then no owner, and nobody sees it change.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/types.h"

namespace odometer::rd {

// Used by one thread.
class OwnerWatch {
 public:
  // How many partitions a topic has; asks a broker, and waits for the answer.
  using CountOf = std::function<Result<int32_t>(const std::string& topic)>;
  // What the members of the group own by now; an error while it rebalances or is not known. Waits for the answer, too.
  using OwnedInGroup = std::function<Result<std::set<TopicPartition>>()>;

  OwnerWatch(CountOf count_of, OwnedInGroup owned) : count_of_(std::move(count_of)), owned_(std::move(owned)) {}

  // To be called now and then, by a member. The partitions of these topics that have had no owner for the whole patience;
  // the caller then joins the group anew. Each time that this is in vain the patience doubles, up to kMostPatienceMs.
  // Asks not more often than each kCheckMs, and about the group only when not all topics are as they were when last
  // everything was owned.
  std::vector<TopicPartition> Check(const std::vector<std::string>& topics, int64_t now_ms);
  // The group has assigned partitions anew.
  void Rebalanced() { owned_counts_.clear(); }

  static constexpr int64_t kCheckMs = 5'000;
  // Longer than a leader takes to notice, and the group to rebalance.
  static constexpr int64_t kPatienceMs = 20'000;
  static constexpr int64_t kMostPatienceMs = 600'000;

 private:
  using Counts = std::map<std::string, int32_t>;

  const CountOf count_of_;
  const OwnedInGroup owned_;
  Counts owned_counts_;  // when all were last seen to be owned
  int64_t next_check_ms_ = 0;
  int64_t ownerless_since_ms_ = -1;
  int64_t patience_ms_ = kPatienceMs;
};

}  // namespace odometer::rd
