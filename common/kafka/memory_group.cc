#include "common/kafka/memory_group.h"

#include <algorithm>
#include <utility>

namespace odometer {

const MemoryGroup::Member* MemoryGroup::Find(const std::string& member_id) const {
  auto it = members_.find(member_id);
  return it == members_.end() ? nullptr : &it->second;
}

bool MemoryGroup::Subscribed(const std::string& topic) const {
  return std::any_of(members_.begin(), members_.end(), [&](const auto& member) {
    return std::find(member.second.topics.begin(), member.second.topics.end(), topic) != member.second.topics.end();
  });
}

std::string MemoryGroup::Join(Member member) {
  // Zero-padded, so that members sort in the order in which they joined.
  std::string number = std::to_string(next_member_++);
  std::string id = "member-" + std::string(6 - std::min<size_t>(6, number.size()), '0') + number;
  if (!member.instance_id.empty()) {
    for (auto it = members_.begin(); it != members_.end(); ++it) {
      if (it->second.instance_id != member.instance_id) continue;
      member.assignment = it->second.assignment;
      fenced_.insert(it->first);
      members_.erase(it);
      members_.emplace(id, std::move(member));
      return id;
    }
  }
  members_.emplace(id, std::move(member));
  StartRebalance();
  return id;
}

bool MemoryGroup::StartRebalance() {
  rebalancing_ = true;
  for (auto& [id, member] : members_) member.joined = false;
  return !members_.empty();
}

void MemoryGroup::Rejoin(const std::string& member_id, std::vector<TopicPartition> owned,
                         const std::function<int32_t(const std::string&)>& partitions_of) {
  members_.at(member_id).joined = true;
  members_.at(member_id).owned = std::move(owned);
  bool all = std::all_of(members_.begin(), members_.end(), [](const auto& member) { return member.second.joined; });
  if (!all) return;
  rebalancing_ = false;
  ++generation_;
  Assign(partitions_of);
  LeaveWithOwners();
}

void MemoryGroup::LeaveWithOwners() {
  std::map<TopicPartition, const Member*> owners;
  for (const auto& [id, member] : members_) {
    for (const TopicPartition& tp : member.owned) owners[tp] = &member;
  }
  for (auto& [id, member] : members_) {
    const Member* const self = &member;
    std::erase_if(member.assignment, [&owners, self](const TopicPartition& tp) {
      auto owner = owners.find(tp);
      return owner != owners.end() && owner->second != self;
    });
  }
}

// Like Kafka's range assignor: neighbouring partitions to each, static members in the order of their instance ids.
void MemoryGroup::Assign(const std::function<int32_t(const std::string&)>& partitions_of) {
  std::map<std::string, std::vector<std::pair<std::string, Member*>>> subscribers;
  for (auto& [id, member] : members_) {
    member.assignment.clear();
    for (const std::string& topic : member.topics) {
      subscribers[topic].emplace_back(member.instance_id.empty() ? id : member.instance_id, &member);
    }
  }
  for (auto& [topic, members] : subscribers) {
    std::sort(members.begin(), members.end());
    int32_t left = partitions_of(topic);
    int32_t next = 0;
    auto takers = static_cast<int32_t>(members.size());
    for (auto& [order, member] : members) {
      int32_t share = (left + takers - 1) / takers;
      for (int32_t i = 0; i < share; ++i) member->assignment.push_back({topic, next++});
      left -= share;
      --takers;
    }
  }
}

void MemoryGroup::Remove(const std::string& member_id) {
  if (members_.erase(member_id) > 0) StartRebalance();
}

bool MemoryGroup::Expire(const std::string& client_id) {
  const auto gone = std::erase_if(members_, [&](const auto& member) { return member.second.client_id == client_id; });
  if (gone > 0) StartRebalance();
  return gone > 0;
}

std::optional<int64_t> MemoryGroup::Committed(const TopicPartition& tp) const {
  auto it = committed_.find(tp);
  return it == committed_.end() ? std::nullopt : std::optional<int64_t>(it->second);
}

bool MemoryGroup::HasPending(const TopicPartition& tp) const {
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& offsets) { return offsets.second.contains(tp); });
}

void MemoryGroup::EndTransaction(int64_t transaction, bool commit) {
  auto it = pending_.find(transaction);
  if (it == pending_.end()) return;
  if (commit) {
    for (const auto& [tp, offset] : it->second) committed_[tp] = offset;
  }
  pending_.erase(it);
}

}  // namespace odometer
