// What every aggregate must be, computed from the events as they are made.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/pipeline/workload.h"

namespace bench {

struct Expected {
  int64_t count = 0;
  int64_t sum = 0;
  int64_t min = 0;
  int64_t max = 0;
  int64_t last_ts_ms = 0;
  int64_t last = 0;  // of values of one event time, the one that stands later in the log

  void Add(const Event& event) {
    min = count == 0 ? event.value : std::min(min, event.value);
    max = count == 0 ? event.value : std::max(max, event.value);
    if (count == 0 || event.ts_ms >= last_ts_ms) {
      last_ts_ms = event.ts_ms;
      last = event.value;
    }
    ++count;
    sum += event.value;
  }
  friend bool operator==(const Expected&, const Expected&) = default;
};

class Oracle {
 public:
  explicit Oracle(uint32_t keys) : windows_(kSpanMs / kWindowMs), cells_(keys * windows_) {}

  void Add(const Event& event) {
    cells_[event.key * windows_ + static_cast<size_t>((event.ts_ms - kStartMs) / kWindowMs)].Add(event);
  }

  // A line per aggregate: name,window start,count,sum,min,max,last ts,last. False when the file cannot be written.
  bool Write(const std::string& path, uint64_t* aggregates) const {
    std::FILE* out = std::fopen(path.c_str(), "w");
    if (out == nullptr) return false;
    *aggregates = 0;
    for (size_t i = 0; i < cells_.size(); ++i) {
      const Expected& cell = cells_[i];
      if (cell.count == 0) continue;
      ++*aggregates;
      std::fprintf(out, "%s,%lld,%lld,%lld,%lld,%lld,%lld,%lld\n", KeyName(static_cast<uint32_t>(i / windows_)).c_str(),
                   Long(kStartMs + static_cast<int64_t>(i % windows_) * kWindowMs), Long(cell.count), Long(cell.sum),
                   Long(cell.min), Long(cell.max), Long(cell.last_ts_ms), Long(cell.last));
    }
    bool written = std::ferror(out) == 0;
    return (std::fclose(out) == 0) && written;
  }

 private:
  static long long Long(int64_t v) { return v; }

  size_t windows_;
  std::vector<Expected> cells_;
};

}  // namespace bench
