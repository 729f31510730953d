#include "common/kafka/memory_log.h"

#include <algorithm>
#include <set>

namespace odometer {

int64_t MemoryLog::LastStableOffset() const {
  int64_t stable = end_;
  for (const auto& [transaction, first] : open_) stable = std::min(stable, first);
  return stable;
}

int64_t MemoryLog::Append(MemoryRecord record, int64_t transaction) {
  record.offset = end_;
  bool open = transaction != kNoTransaction;
  if (open) open_.emplace(transaction, end_);
  entries_.emplace(end_, Entry{std::move(record), open ? State::kOpen : State::kCommitted, transaction});
  return end_++;
}

void MemoryLog::EndTransaction(int64_t transaction, bool commit) {
  auto open = open_.find(transaction);
  if (open == open_.end()) return;
  for (auto it = entries_.lower_bound(open->second); it != entries_.end(); ++it) {
    if (it->second.state == State::kOpen && it->second.transaction == transaction) {
      it->second.state = commit ? State::kCommitted : State::kAborted;
    }
  }
  open_.erase(open);
  entries_.emplace(end_, Entry{{.offset = end_}, State::kControl, transaction});
  ++end_;
}

const MemoryRecord* MemoryLog::NextCommitted(int64_t from) const {
  int64_t stable = LastStableOffset();
  for (auto it = entries_.lower_bound(from); it != entries_.end() && it->first < stable; ++it) {
    if (it->second.state == State::kCommitted) return &it->second.record;
  }
  return nullptr;
}

const MemoryRecord* MemoryLog::LastCommitted() const {
  auto last = std::find_if(entries_.rbegin(), entries_.rend(),
                           [](const auto& entry) { return entry.second.state == State::kCommitted; });
  return last == entries_.rend() ? nullptr : &last->second.record;
}

void MemoryLog::DeleteBefore(int64_t offset) {
  begin_ = std::clamp(offset, begin_, end_);
  entries_.erase(entries_.begin(), entries_.lower_bound(begin_));
}

void MemoryLog::TruncateTo(int64_t offset) {
  end_ = std::min(offset, end_);
  begin_ = std::min(begin_, end_);
  entries_.erase(entries_.lower_bound(end_), entries_.end());
  std::erase_if(open_, [this](const auto& open) { return open.second >= end_; });
}

size_t MemoryLog::Compact() {
  const size_t before = entries_.size();
  std::set<std::string> newer;
  auto stable = entries_.lower_bound(LastStableOffset());
  for (auto it = std::make_reverse_iterator(stable); it != entries_.rend();) {
    const Entry& entry = it->second;
    bool keep = entry.state == State::kCommitted && newer.insert(entry.record.key).second;
    it = keep ? std::next(it) : std::make_reverse_iterator(entries_.erase(std::next(it).base()));
  }
  return before - entries_.size();
}

}  // namespace odometer
