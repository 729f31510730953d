// Asking the state. One interface, two ways to it: the processor's state service over its socket (state_client.h), or
// the store itself (local_reader.h), which the service uses too, and the query process when the processor is away.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/model/aggregate.h"
#include "common/model/series.h"
#include "common/model/tier.h"
#include "common/model/timestamp.h"
#include "common/state/cardinality.h"
#include "common/state/deadline.h"
#include "common/state/event_keys.h"
#include "common/state/state_layout.h"

namespace odometer {

// Which series an answer is about. Every condition must hold; absent ones hold for all.
struct SeriesSelector {
  std::string org = std::string(kDefaultOrg);
  std::optional<std::string> name;
  std::optional<std::string> qualified_name;  // QualifiedName() of the series; finds the name by itself
  std::optional<MetricType> type;
  std::vector<std::pair<std::string, std::string>> labels;  // equal to
  bool of_sources = false;  // only what the rules have counted
};

// What part of the log an answer reflects.
struct TaskPosition {
  int32_t partition = 0;
  int64_t next_input_offset = 0;
  int64_t stream_time_ms = kBeginningOfTime;
  int64_t commit_wall_ms = 0;
  int64_t log_end_offset = -1;   // of the input partition as the processor last saw it; -1: not known
  int64_t log_end_seen_ms = 0;   // when that was, by the processor's wall clock
  Accounting accounting;
  RulesHistory rules = {};  // of a task of a source
};
// A partition that is being restored: no answer covers it yet.
struct RestoringPartition {
  int32_t partition = 0;
  int32_t permille = 0;  // of the changelog records that there are to read
  friend bool operator==(const RestoringPartition&, const RestoringPartition&) = default;
};
// A topic that the rules count.
struct SourcePosition {
  std::string topic;
  int32_t slot = 0;  // in the instance's store
  int32_t partitions_total = 0;
  std::vector<TaskPosition> tasks;
  std::vector<RestoringPartition> restoring = {};
};
struct StatePosition {
  int32_t partitions_total = 0;      // of the input topic, as far as the instance knows
  std::vector<TaskPosition> tasks;   // that the answer covers
  std::vector<TaskPosition> command_tasks = {};  // of this instance; no answer from the state rests on them
  std::vector<SourcePosition> sources = {};      // by topic; an answer covers their tasks too
  std::vector<RestoringPartition> restoring = {};  // of the input topic, where the processor tells
  int64_t stream_time_ms() const;    // the highest of all tasks that the answer covers
  // Of the input topic and of all sources.
  size_t covered_partitions() const;
  size_t all_partitions() const;
};

struct WindowRange {
  // The tier's window size in ms, or 0 for the total.
  int64_t size_ms = 0;
  // Inclusive. A window counts, whole, if and only if its [first_ts, last_ts] meets [from_ms, to_ms].
  int64_t from_ms = kBeginningOfTime;
  int64_t to_ms = kForever;
  // Windows are merged into buckets [k * bucket_ms, (k + 1) * bucket_ms); 0: all into one. Else a multiple of size_ms.
  int64_t bucket_ms = 0;
  // Instead of bucket_ms, buckets that each begin here and end where the next one begins, the last one never. Ascending
  // multiples of size_ms, at most kMaxBuckets, the first not after from_ms.
  std::vector<int64_t> bucket_starts = {};

  // The start of the bucket that takes the window.
  int64_t BucketOf(int64_t window_start_ms) const;
};

struct Bucket {
  int64_t start_ms = 0;  // 0 when all is one bucket
  Aggregate aggregate;
};
struct WindowsAnswer {
  std::vector<Bucket> buckets;  // ascending, none empty
  // A window that counts reaches outside the range: a finer tier would answer more exactly.
  bool cut = false;
  // Windows that start before are no longer, or not completely, in this tier (kBeginningOfTime: all are there).
  int64_t complete_from_ms = kBeginningOfTime;
};

struct SeriesTotal {
  Series series;        // without labels other than the level
  Aggregate aggregate;  // without sketch; a set has its members
};
struct SeriesPage {
  // Series that differ only in labels other than the level are one, merged over the tasks of this instance too. Sorted
  // by (name, type, level).
  std::vector<SeriesTotal> totals;
  std::string next_after;  // for the next page; empty: this was the last
};

// Which raw events, and which part of them.
struct EventsQuery {
  std::string org = std::string(kDefaultOrg);
  std::optional<std::string> name;  // as text; of a name that is not text its JSON
  int64_t from_ms = kMinTimestampMs;  // both inclusive
  int64_t to_ms = kMaxTimestampMs;
  std::optional<EventPlace> after;  // only what comes after that place
  // Only what each partition has before that offset, and nothing of partitions that are not named: so later pages do not
  // show what came after the first one. Nothing: all that there is.
  std::optional<std::vector<std::pair<int32_t, int64_t>>> before_offsets;
  uint64_t limit = 0;  // rows; must not be 0
};

// Rows in event order, those of all covered tasks together.
struct EventsPage {
  struct Row {
    EventPlace place;
    uint32_t body_bytes = 0;
  };
  std::vector<Row> rows;
  std::string bodies;  // of the rows, one behind the other
  bool more = false;   // there may be rows after the last one
  // Events before it are no longer, or not completely, there (kBeginningOfTime: all are).
  int64_t retained_from_ms = kBeginningOfTime;
};

// The state of an instance as it was at one moment, after whole commits. For one thread; must not outlive its reader.
// Any read may fail with kRetry: the view is lost (its processor has gone), or its deadline has passed.
class StateView {
 public:
  explicit StateView(StatePosition position) : position_(std::move(position)) {}
  virtual ~StateView() = default;
  StateView(const StateView&) = delete;
  StateView& operator=(const StateView&) = delete;

  const StatePosition& position() const { return position_; }
  // kInvalid for a tier that is not kept, more than kMaxBuckets buckets, or what would take too much memory.
  virtual Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) = 0;
  // Totals of the selected series in pages of at most `limit`, after the place that an earlier page named.
  // Requires that totals are kept, else kInvalid.
  virtual Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) = 0;

  // At most `limit` rows of a kind. Looks at every series, or at those of that org, and then counts only these.
  virtual Result<Cardinality> ReadCardinality(const std::optional<std::string>& org, size_t limit) = 0;

  // A page ends at query.limit, or once its bodies take kMaxEventsPageBytes.
  virtual Result<EventsPage> ReadEvents(const EventsQuery& query) = 0;

 private:
  const StatePosition position_;
};
inline constexpr size_t kMaxEventsPageBytes = 1 << 20;
inline constexpr size_t kMaxBuckets = 100'000;
Status TooManyBuckets();

// Thread-safe; calls block for one round trip.
class StateReader {
 public:
  virtual ~StateReader() = default;

  // The state as it is now, to be read until the deadline. Hold it no longer than one answer takes: it keeps what the
  // store would else clear away, and a secondary from catching up.
  virtual Result<std::unique_ptr<StateView>> View(const Deadline& deadline) = 0;

  // What needs no view of its own.
  Result<StatePosition> Position();
  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range);
  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit);
};

}  // namespace odometer
