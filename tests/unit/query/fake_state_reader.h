// The state of an instance in memory, with the contract of state_reader.h taken word for word.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/state/state_reader.h"

namespace odometer {

inline Series MakeSeries(std::string name, MetricType type = MetricType::kCounter,
                         std::vector<std::pair<std::string, std::string>> labels = {}) {
  return {.org = std::string(kDefaultOrg), .name = std::move(name), .type = type, .labels = std::move(labels)};
}

// Thread-safe, except for tiers().
class FakeStateReader : public StateReader {
 public:
  explicit FakeStateReader(TierSet tiers = TierSet::Default(), int32_t partitions = 2) : tiers_(std::move(tiers)) {
    position_.partitions_total = partitions;
    for (int32_t p = 0; p < partitions; ++p) position_.tasks.push_back({.partition = p, .log_end_offset = 0});
  }

  const TierSet& tiers() const { return tiers_; }

  // One event of the partition's next offset.
  void Add(const Series& series, const Number& value, int64_t ts_ms, int32_t partition = 0) {
    MutexLock lock(mutex_);
    TaskPosition& task = TaskOf(partition);
    Origin origin{partition, task.next_input_offset++};
    task.log_end_offset = task.next_input_offset;
    task.stream_time_ms = std::max(task.stream_time_ms, ts_ms);
    bool sketch = series.type == MetricType::kTimer;
    for (const Tier& tier : tiers_.windows) {
      windows_[tier.size_ms][{partition, Identity(series)}][tier.WindowStart(ts_ms)].Add(value, ts_ms, origin, sketch);
    }
    windows_[0][{partition, Identity(series)}][0].Add(value, ts_ms, origin, sketch);
    series_[Identity(series)] = series;
  }
  void Add(const Series& series, int64_t value, int64_t ts_ms, int32_t partition = 0) {
    Add(series, Number::Of(value), ts_ms, partition);
  }
  // As if a restore had found windows of that tier only from there on.
  void SetCompleteFrom(int64_t size_ms, int64_t complete_from_ms) {
    MutexLock lock(mutex_);
    complete_from_[size_ms] = complete_from_ms;
  }
  template <typename Change>
  void ChangePosition(Change change) {
    MutexLock lock(mutex_);
    change(&position_);
  }
  // Every call fails with that; OK ends it.
  void FailWith(Status failure) {
    MutexLock lock(mutex_);
    failure_ = std::move(failure);
  }
  // The ranges asked for since the last call.
  std::vector<WindowRange> TakeReads() {
    MutexLock lock(mutex_);
    return std::exchange(reads_, {});
  }

  Result<StatePosition> Position() override {
    MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    return position_;
  }

  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
    MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    reads_.push_back(range);
    if (!Kept(range.size_ms)) return Status::Invalid("no such tier");
    WindowsAnswer answer{.position = position_, .complete_from_ms = CompleteFrom(range.size_ms)};
    std::map<int64_t, Aggregate> buckets;
    for (const auto& [key, windows] : windows_[range.size_ms]) {
      if (!Selects(selector, series_.at(key.second))) continue;
      for (const auto& [start, aggregate] : windows) {
        if (start < answer.complete_from_ms && range.size_ms != 0) continue;
        if (aggregate.last_ts_ms() < range.from_ms || aggregate.first_ts_ms() > range.to_ms) continue;
        answer.cut |= aggregate.first_ts_ms() < range.from_ms || aggregate.last_ts_ms() > range.to_ms;
        buckets[range.bucket_ms == 0 ? 0 : Tier{.size_ms = range.bucket_ms}.WindowStart(start)].Merge(aggregate);
      }
    }
    if (buckets.size() > kMaxBuckets) return Status::Invalid("too many buckets");
    for (auto& [start, aggregate] : buckets) answer.buckets.push_back({start, std::move(aggregate)});
    return answer;
  }

  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
    MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    if (!tiers_.total) return Status::Invalid("totals are not kept");
    std::map<Key, SeriesTotal> totals;
    for (const auto& [key, windows] : windows_[0]) {
      const Series& series = series_.at(key.second);
      if (!Selects(selector, series)) continue;
      SeriesTotal& total = totals[key.second];
      total.series = series;
      total.aggregate.Merge(windows.at(0));
    }
    SeriesPage page{.position = position_};
    size_t begin = after.empty() ? 0 : std::stoul(after), index = 0;
    for (auto& [key, total] : totals) {
      if (index >= begin && index < begin + limit) page.totals.push_back(std::move(total));
      ++index;
    }
    if (begin + limit < totals.size()) page.next_after = std::to_string(begin + limit);
    return page;
  }

 private:
  using Key = std::tuple<std::string, MetricType, std::vector<std::pair<std::string, std::string>>>;
  static Key Identity(const Series& series) { return {series.name, series.type, series.labels}; }

  static bool Selects(const SeriesSelector& selector, const Series& series) {
    return selector.org == series.org && (!selector.name || *selector.name == series.name) &&
           (!selector.type || *selector.type == series.type) &&
           (!selector.qualified_name || *selector.qualified_name == series.QualifiedName()) &&
           std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& wanted) {
             return std::find(series.labels.begin(), series.labels.end(), wanted) != series.labels.end();
           });
  }
  bool Kept(int64_t size_ms) const {
    if (size_ms == 0) return tiers_.total;
    return std::any_of(tiers_.windows.begin(), tiers_.windows.end(),
                       [&](const Tier& tier) { return tier.size_ms == size_ms; });
  }
  int64_t CompleteFrom(int64_t size_ms) ODOMETER_REQUIRES(mutex_) {
    if (auto it = complete_from_.find(size_ms); it != complete_from_.end()) return it->second;
    int64_t stream_time = kBeginningOfTime;
    for (const TaskPosition& task : position_.tasks) stream_time = std::max(stream_time, task.stream_time_ms);
    for (const Tier& tier : tiers_.windows) {
      if (tier.size_ms != size_ms || tier.retention_ms == kForever || stream_time == kBeginningOfTime) continue;
      return tier.WindowStart(stream_time - tier.retention_ms);
    }
    return kBeginningOfTime;
  }
  TaskPosition& TaskOf(int32_t partition) ODOMETER_REQUIRES(mutex_) {
    return *std::find_if(position_.tasks.begin(), position_.tasks.end(),
                         [&](const TaskPosition& task) { return task.partition == partition; });
  }

  const TierSet tiers_;
  Mutex mutex_;
  // By size, then partition and series, then start.
  using Windows = std::map<int64_t, Aggregate>;
  std::map<int64_t, std::map<std::pair<int32_t, Key>, Windows>> windows_ ODOMETER_GUARDED_BY(mutex_);
  std::map<Key, Series> series_ ODOMETER_GUARDED_BY(mutex_);
  std::map<int64_t, int64_t> complete_from_ ODOMETER_GUARDED_BY(mutex_);
  StatePosition position_ ODOMETER_GUARDED_BY(mutex_);
  Status failure_ ODOMETER_GUARDED_BY(mutex_);
  std::vector<WindowRange> reads_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer
