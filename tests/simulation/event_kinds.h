// What can happen in a simulation: enough of them must have seen each kind.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace odometer {

inline std::map<std::string, uint64_t> NothingHappened() {
  return {
      {"another ran in between", 0},
      {"call failed: abort", 0},
      {"call failed: abort, with effect", 0},
      {"call failed: recover", 0},
      {"call failed: recover, with effect", 0},
      {"call failed: retry", 0},
      {"call failed: retry, with effect", 0},
      {"changelogs compacted", 0},
      {"crash", 0},
      {"died after a write", 0},
      {"died before a write", 0},
      {"died within a call", 0},
      {"disk full", 0},
      {"disk lost", 0},
      {"ended amid a restore", 0},
      {"hang", 0},
      {"last writes lost", 0},
      {"old state wiped", 0},
      {"orderly stop", 0},
      {"overflowed: org without series", 0},
      {"overflowed: org's limit", 0},
      {"overflowed: task's limit", 0},
      {"part of a restore written", 0},
      {"partition added", 0},
      {"rebalance", 0},
      {"records delivered again", 0},
      {"rules changed", 0},
      {"session expired", 0},
      {"start", 0},
      {"store broken", 0},
      {"store failed amid a restore", 0},
      {"tampered: changelog shortened", 0},
      {"tampered: changelog shortened, disk lost", 0},
      {"tampered: group offset moved", 0},
      {"tampered: input log shortened", 0},
      {"tampered: input re-created", 0},
      {"transaction timed out", 0},
  };
}

}  // namespace odometer
