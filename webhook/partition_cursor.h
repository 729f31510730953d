// How far the alerts of one partition were taken in, for each org by itself: so that an org whose alerts find no room is
// left behind without holding up the others, and its alerts are read again later.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace odometer {

// Holds a few words for each org, however many alerts there are. Not thread-safe.
class PartitionCursor {
 public:
  explicit PartitionCursor(int64_t offset) : position_(offset), seen_(offset) {}

  // Everything before that offset was looked at. True when that is further than ever before: what there is of no org is
  // to be counted once only, though it may be read again.
  bool PassTo(int64_t next_offset) {
    position_ = next_offset;
    const bool first = next_offset > seen_;
    seen_ = std::max(seen_, next_offset);
    return first;
  }

  // Whether the org's alert there is to be taken: not when it was, nor when an earlier one was not.
  bool Wants(const std::string& org, int64_t offset) const {
    auto found = orgs_.find(org);
    return found == orgs_.end() || (!found->second.left_at && offset >= found->second.taken_to);
  }
  void Took(const std::string& org, int64_t offset) { orgs_[org].taken_to = offset + 1; }
  // There was no room for the org's alert of so many bytes: this and later ones are to be read again.
  void Left(const std::string& org, int64_t offset, size_t bytes) {
    orgs_[org].left_at = offset;
    orgs_[org].left_bytes = bytes;
  }

  // From where on the partition is to be read again, for the orgs that now have room for the alert that found none; nothing
  // when there are none. It counts as done.
  std::optional<int64_t> Rewind(const std::function<bool(const std::string& org, size_t bytes)>& has_room) {
    std::optional<int64_t> from;
    for (auto& [org, state] : orgs_) {
      if (!state.left_at || !has_room(org, state.left_bytes)) continue;
      from = std::min(from.value_or(*state.left_at), *state.left_at);
      state.left_at.reset();
    }
    if (from) position_ = *from;
    return from;
  }

  // Every alert before it was taken.
  int64_t TakenTo() const {
    int64_t to = position_;
    for (const auto& [org, state] : orgs_) to = std::min(to, state.left_at.value_or(to));
    return to;
  }

 private:
  struct OrgState {
    int64_t taken_to = 0;            // behind the last one that was taken
    std::optional<int64_t> left_at;  // the first one that was not; nothing: none
    size_t left_bytes = 0;           // of that one
  };

  int64_t position_;
  int64_t seen_;
  std::map<std::string, OrgState> orgs_;
};

}  // namespace odometer
