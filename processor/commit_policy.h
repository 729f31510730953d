// When to commit: near the end of the log often, for freshness; while catching up seldom, because every dirty window is
// then written once instead of many times.
#pragma once

#include <cstdint>

namespace odometer {

struct CommitPolicy {
  int64_t interval_ms = 100;         // near the end
  int64_t max_interval_ms = 10'000;  // while catching up
  uint64_t overlay_bytes = 64ull << 20;
  // More records than this behind the end of the log: catching up.
  int64_t catching_up_records = 20'000;

  struct Situation {
    bool dirty = false;
    uint64_t pending_bytes = 0;
    int64_t lag_records = 0;
    int64_t since_last_commit_ms = 0;
  };

  bool ShouldCommit(const Situation& now) const {
    if (!now.dirty) return false;
    if (now.pending_bytes >= overlay_bytes) return true;
    const bool catching_up = now.lag_records > catching_up_records;
    return now.since_last_commit_ms >= (catching_up ? max_interval_ms : interval_ms);
  }
};

}  // namespace odometer
