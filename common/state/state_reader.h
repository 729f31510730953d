// Asking the state. One interface, two ways to it: the processor's state service over its socket (state_client.h), or
// the store itself (local_reader.h), which the service uses too, and the query process when the processor is away.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/model/aggregate.h"
#include "common/model/series.h"
#include "common/model/tier.h"
#include "common/state/state_layout.h"

namespace odometer {

// Which series an answer is about. Every condition must hold; absent ones hold for all.
struct SeriesSelector {
  std::string org = std::string(kDefaultOrg);
  std::optional<std::string> name;
  std::optional<std::string> qualified_name;  // QualifiedName() of the series; finds the name by itself
  std::optional<MetricType> type;
  std::vector<std::pair<std::string, std::string>> labels;  // equal to
};

// What part of the log an answer reflects.
struct TaskPosition {
  int32_t partition = 0;
  int64_t next_input_offset = 0;
  int64_t stream_time_ms = kBeginningOfTime;
  int64_t commit_wall_ms = 0;
  int64_t log_end_offset = -1;  // of the input partition as the processor last saw it; -1: not known
  Accounting accounting;
};
struct StatePosition {
  int32_t partitions_total = 0;      // of the input topic, as far as the instance knows
  std::vector<TaskPosition> tasks;   // that the answer covers
  int64_t stream_time_ms() const;    // the highest
  int64_t oldest_commit_wall_ms() const;
};

struct WindowRange {
  // The tier's window size in ms, or 0 for the total.
  int64_t size_ms = 0;
  // Inclusive. A window counts, whole, if and only if its [first_ts, last_ts] meets [from_ms, to_ms].
  int64_t from_ms = kBeginningOfTime;
  int64_t to_ms = kForever;
  // Windows are merged into buckets [k * bucket_ms, (k + 1) * bucket_ms); 0: all into one. Else a multiple of size_ms.
  int64_t bucket_ms = 0;
};

struct Bucket {
  int64_t start_ms = 0;  // 0 when bucket_ms is 0
  Aggregate aggregate;
};
struct WindowsAnswer {
  StatePosition position;
  std::vector<Bucket> buckets;  // ascending, none empty
  // A window that counts reaches outside the range: a finer tier would answer more exactly.
  bool cut = false;
  // Windows that start before are no longer, or not completely, in this tier (kBeginningOfTime: all are there).
  int64_t complete_from_ms = kBeginningOfTime;
};

struct SeriesTotal {
  Series series;
  Aggregate aggregate;
};
struct SeriesPage {
  StatePosition position;
  std::vector<SeriesTotal> totals;  // merged over the tasks of this instance; sorted by (name, type, labels)
  std::string next_after;           // for the next page; empty: this was the last
};

// Thread-safe; calls block for one round trip.
class StateReader {
 public:
  virtual ~StateReader() = default;

  virtual Result<StatePosition> Position() = 0;
  // kInvalid for a tier that is not kept, or more than kMaxBuckets buckets.
  virtual Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) = 0;
  // Totals of the selected series in pages of at most `limit`, after the place that an earlier page named.
  // Requires that totals are kept, else kInvalid.
  virtual Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) = 0;
};
inline constexpr size_t kMaxBuckets = 100'000;

}  // namespace odometer
