// When to commit: near the end of the log often, for freshness; while catching up seldom, because every dirty window is
// then written once instead of many times.
#pragma once

#include <algorithm>
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

// How much may gather for one commit. A commit that outlives the transaction's time-out is aborted by the broker, and
// what is read again must not gather to the same size.
class EpochLimit {
 public:
  EpochLimit(uint64_t max_bytes, int64_t transaction_timeout_ms)
      : max_bytes_(max_bytes), long_ms_(transaction_timeout_ms / 3), bytes_(max_bytes) {}

  uint64_t bytes() const { return bytes_; }
  void set_max_bytes(uint64_t bytes) {
    max_bytes_ = bytes;
    bytes_ = std::min(bytes_, bytes);
  }
  // What gathered for it, and what it wrote: a few bytes may have every tier's large sketches written anew, and these are
  // in memory meanwhile.
  void Committed(int64_t took_ms, uint64_t gathered_bytes, uint64_t written_bytes) {
    const uint64_t may_write = kWrittenPerGathered * max_bytes_;
    if (written_bytes > may_write) {
      const double fits = static_cast<double>(gathered_bytes) / static_cast<double>(written_bytes);
      ShrinkTo(std::min(bytes_, static_cast<uint64_t>(fits * static_cast<double>(may_write))));
    } else if (took_ms > long_ms_) {
      Lost();
    } else if (took_ms < long_ms_ / 2 && written_bytes <= may_write - may_write / 4) {
      bytes_ = std::min(max_bytes_, bytes_ + bytes_ / 4);
    }
  }
  // The commit's outcome was a recovery.
  void Lost() { ShrinkTo(bytes_ / 2); }

 private:
  static constexpr uint64_t kLeastBytes = 1 << 20;
  // Counters, gauges and meters write less than once what gathered, so they never notice.
  static constexpr uint64_t kWrittenPerGathered = 2;

  void ShrinkTo(uint64_t bytes) { bytes_ = std::max(std::min(max_bytes_, kLeastBytes), bytes); }

  uint64_t max_bytes_;
  const int64_t long_ms_;
  uint64_t bytes_;
};

}  // namespace odometer
