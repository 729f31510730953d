// What the answers must be, counted from what was sent in the plainest way: every event into every window, one by one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/model/tier.h"
#include "common/state/state_reader.h"
#include "processor/series_limits.h"
#include "tests/simulation/order_workload.h"
#include "tests/simulation/workload.h"

namespace odometer {

class Oracle {
 public:
  Oracle(const StateLayout& layout, const SeriesLimitOptions& limits,
         const std::map<int32_t, std::vector<SentRecord>>& sent);

  // What rules must have given of the records of their source, by partition. Before Compare.
  void AddSource(const std::map<int32_t, std::vector<GivenEvents>>& given);

  // The first difference between it and what the state answers about every series, window and total, every raw
  // event, and about every task's accounting; empty when there is none.
  std::string Compare(StateReader* state) const;

  uint64_t rejected() const { return rejected_; }
  // By what made them so.
  const std::map<std::string, uint64_t>& overflowed() const { return overflowed_; }

 private:
  struct Expected {
    uint64_t count = 0;
    int64_t sum = 0, min = 0, max = 0;
    std::tuple<int64_t, int32_t, int64_t> last_at;  // event time, partition, offset
    int64_t last = 0;
    // Of a set and of a timer; of what was sent only once all of it is there.
    uint64_t distinct = 0;
    std::string sketch;
    std::map<int64_t, uint64_t> values;  // that were sent to such, and how often
    friend bool operator==(const Expected&, const Expected&) = default;
    // Records of two topics may be at the same place: then the greater value is the last one.
    auto LastOrder() const { return std::pair{last_at, last}; }
  };
  // Org, name and type.
  using Key = std::tuple<int, int, MetricType>;
  // Size of the window, 0 for the total; series; start.
  using Window = std::tuple<int64_t, Key, int64_t>;

  static Key KeyOf(const SentRecord& record) { return {record.org, record.name, record.type}; }
  // The series that takes an event in its place, when one more would be too many beside `series`.
  std::optional<Key> OverflowSeries(const SentRecord& event, const std::set<Key>& series);
  static void Forget(const SentRecord& forget, std::set<Key>* series, std::map<Window, Expected>* windows);
  void Count(int32_t partition, const SentRecord& event, const Key& key, std::map<Window, Expected>* windows) const;
  static void Add(const Expected& more, Expected* to);
  static Expected FromAggregate(const Aggregate& aggregate);
  static std::string Describe(const Expected& expected);
  static std::string Describe(const Accounting& accounting);
  std::string CompareSize(StateView* view, int64_t size_ms, int64_t first_start_ms) const;
  std::string CompareRaw(StateView* view) const;
  std::string CompareRaw(StateView* view, int org, int name) const;
  std::string CompareSeries(StateView* view, const Key& key, int64_t size_ms, int64_t first_start_ms) const;
  // The windows that are expected of a series, as days of a time zone.
  std::string CompareDays(StateView* view, const Key& key, int64_t size_ms,
                          const std::map<int64_t, Expected>& windows) const;
  static std::string Difference(const std::string& where, MetricType type, const std::map<int64_t, Expected>& expected,
                                const std::vector<Bucket>& buckets);
  // Says the values in the way that aggregates do.
  static void Summarize(MetricType type, Expected* expected);
  static std::string CompareAccounting(const std::string& topic, const std::map<int32_t, Accounting>& expected,
                                       const std::vector<TaskPosition>& tasks);

  const TierSet tiers_;
  std::map<Window, Expected> expected_;
  std::map<int32_t, Accounting> accounting_, source_accounting_;
  const StateLayout layout_;
  const SeriesLimitOptions limits_;
  std::map<EventPlace, SentRecord> raw_;
  int64_t stream_time_ms_ = kBeginningOfTime;  // the highest of all tasks
  uint64_t rejected_ = 0;
  std::map<std::string, uint64_t> overflowed_;
};

}  // namespace odometer
