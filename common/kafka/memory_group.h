// A consumer group in memory: members, generations, committed and pending offsets. Rebalances are eager, as with `range`,
// or cooperative, as with `cooperative-sticky`.
//
// Life of a group:    stable → rebalancing (each member joins again) → stable, generation + 1
// Eager: a member gives up its partitions before it joins. Cooperative: it joins with them, gives up after the rebalance
// what another member is to get, and starts the next rebalance, in which that one gets it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/kafka/types.h"

namespace odometer {

// Used by one thread.
class MemoryGroup {
 public:
  struct Member {
    std::string instance_id;  // static membership; empty: none
    std::string client_id;
    std::vector<std::string> topics;
    std::vector<TopicPartition> assignment;
    std::vector<TopicPartition> owned;  // with which it joined the latest rebalance
    bool joined = false;  // in the rebalance under way
  };

  void set_cooperative(bool cooperative) { cooperative_ = cooperative; }
  bool cooperative() const { return cooperative_; }
  int64_t generation() const { return generation_; }
  bool rebalancing() const { return rebalancing_; }
  // Null when there is no such member (any more).
  const Member* Find(const std::string& member_id) const;
  // Another member took its instance id over.
  bool Fenced(const std::string& member_id) const { return fenced_.contains(member_id); }
  bool Subscribed(const std::string& topic) const;

  // The new member's id. The same instance id as a member of now: takes its place and its partitions, without a
  // rebalance.
  std::string Join(Member member);
  // `owned`: what the member has not given up. The last one to come ends the rebalance: `partitions_of` tells the topics'
  // sizes.
  void Rejoin(const std::string& member_id, std::vector<TopicPartition> owned,
              const std::function<int32_t(const std::string&)>& partitions_of);
  // Gone at once, which starts a rebalance.
  void Remove(const std::string& member_id);
  // The session of members that do not answer ends. False: there are none.
  bool Expire(const std::string& client_id);
  // False: there is nobody to take part.
  bool StartRebalance();

  std::optional<int64_t> Committed(const TopicPartition& tp) const;
  bool HasPending(const TopicPartition& tp) const;
  void Commit(const TopicPartition& tp, int64_t offset) { committed_[tp] = offset; }
  // With a transaction; counts once that is committed.
  void AddPending(int64_t transaction, const TopicPartition& tp, int64_t offset) { pending_[transaction][tp] = offset; }
  void EndTransaction(int64_t transaction, bool commit);

 private:
  void Assign(const std::function<int32_t(const std::string&)>& partitions_of);
  // What somebody else still owns is not assigned yet.
  void LeaveWithOwners();

  bool cooperative_ = false;
  int64_t generation_ = 0;
  bool rebalancing_ = false;
  int next_member_ = 0;
  std::map<std::string, Member> members_;
  std::set<std::string> fenced_;
  std::map<TopicPartition, int64_t> committed_;
  std::map<int64_t, std::map<TopicPartition, int64_t>> pending_;  // by transaction
};

}  // namespace odometer
