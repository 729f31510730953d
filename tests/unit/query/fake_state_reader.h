// The state of an instance in memory, with the contract of state_reader.h taken word for word.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
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

// A view is a copy of the state, so that it stays as it was. Thread-safe, except for tiers().
class FakeStateReader : public StateReader {
 public:
  static constexpr int64_t kRawEvents = -1;  // in place of a tier's size

  explicit FakeStateReader(TierSet tiers = TierSet::Default(), int32_t partitions = 2) : tiers_(std::move(tiers)) {
    content_.position.partitions_total = partitions;
    for (int32_t p = 0; p < partitions; ++p) content_.position.tasks.push_back({.partition = p, .log_end_offset = 0});
  }

  const TierSet& tiers() const { return tiers_; }

  // One event of the partition's next offset. Of a set the value's digits are the member.
  void Add(const Series& series, const Number& value, int64_t ts_ms, int32_t partition = 0) {
    MutexLock lock(mutex_);
    TaskPosition& task = *std::find_if(content_.position.tasks.begin(), content_.position.tasks.end(),
                                       [&](const TaskPosition& t) { return t.partition == partition; });
    Origin origin{partition, task.next_input_offset++};
    task.log_end_offset = task.next_input_offset;
    task.stream_time_ms = std::max(task.stream_time_ms, ts_ms);
    Key key = Identity(series);
    auto add_to = [&](Aggregate* aggregate) {
      if (series.type == MetricType::kSet) {
        aggregate->AddMember(DistinctSketch::HashOf(value.ToJson()), ts_ms, origin);
      } else {
        aggregate->Add(value, ts_ms, origin, series.type == MetricType::kTimer);
      }
    };
    for (const Tier& tier : tiers_.windows) {
      add_to(&content_.windows[tier.size_ms][{partition, key}][tier.WindowStart(ts_ms)]);
    }
    add_to(&content_.windows[0][{partition, key}][0]);
    content_.series[key] = series;
  }
  void Add(const Series& series, int64_t value, int64_t ts_ms, int32_t partition = 0) {
    Add(series, Number::Of(value), ts_ms, partition);
  }
  // One event of the only partition of a source of rules.
  void AddOfSource(const std::string& topic, const Series& series, int64_t value, int64_t ts_ms) {
    MutexLock lock(mutex_);
    std::vector<SourcePosition>& sources = content_.position.sources;
    if (sources.empty()) sources.push_back({topic, 0, 1, {{.partition = 0, .log_end_offset = 0}}});
    TaskPosition& task = sources[0].tasks[0];
    const Origin origin{0, task.next_input_offset++};
    task.log_end_offset = task.next_input_offset;
    const Key key = Identity(series);
    content_.windows[0][{SourceTaskNumber(0, 0), key}][0].Add(Number::Of(value), ts_ms, origin, false);
    content_.series[key] = series;
  }
  // A raw event of the partition's next offset, appended at its offset in ms.
  void AddRaw(const std::string& name, const std::string& body, int64_t ts_ms, int32_t partition = 0,
              const std::string& org = std::string(kDefaultOrg)) {
    MutexLock lock(mutex_);
    TaskPosition& task = content_.position.tasks.at(static_cast<size_t>(partition));
    const int64_t offset = task.next_input_offset++;
    content_.events[{org, {ts_ms, offset, partition, offset}}] = {name, body};
  }
  // As if a restore had found windows of that tier only from there on.
  void SetCompleteFrom(int64_t size_ms, int64_t complete_from_ms) {
    MutexLock lock(mutex_);
    content_.complete_from[size_ms] = complete_from_ms;
  }
  template <typename Change>
  void ChangePosition(Change change) {
    MutexLock lock(mutex_);
    change(&content_.position);
  }
  // Every call fails with that; OK ends it.
  void FailWith(Status failure) {
    MutexLock lock(mutex_);
    failure_ = std::move(failure);
  }
  // The next `count` views are lost before they are read.
  void LoseViews(int count) {
    MutexLock lock(mutex_);
    views_to_lose_ = count;
  }
  // Happens before every read of a view, from its thread.
  void BeforeReads(std::function<void()> what) { before_read_ = std::move(what); }
  // The ranges asked for since the last call.
  std::vector<WindowRange> TakeReads() {
    MutexLock lock(mutex_);
    return std::exchange(reads_, {});
  }

  // The view as it is now; the test goes on only with one.
  std::unique_ptr<StateView> Now() { return std::move(View({})).value(); }
  Result<std::unique_ptr<StateView>> View(const Deadline& deadline) override {
    MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    if (deadline.Passed()) return TookTooLong();
    const bool lost = views_to_lose_ > 0;
    if (lost) --views_to_lose_;
    return std::unique_ptr<StateView>(std::make_unique<FakeView>(this, content_, lost));
  }

 private:
  using Key = std::tuple<std::string, std::string, MetricType, std::vector<std::pair<std::string, std::string>>>;
  using Windows = std::map<int64_t, Aggregate>;
  struct Content {
    StatePosition position;
    std::map<int64_t, std::map<std::pair<int32_t, Key>, Windows>> windows;  // by size, partition and series, start
    std::map<Key, Series> series;
    std::map<int64_t, int64_t> complete_from;
    std::map<std::pair<std::string, EventPlace>, std::pair<std::string, std::string>> events;  // → name, body
  };

  class FakeView final : public StateView {
   public:
    FakeView(FakeStateReader* owner, Content content, bool lost)
        : StateView(content.position), owner_(*owner), content_(std::move(content)), lost_(lost) {}

    Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
      ODOMETER_RETURN_IF_ERROR(owner_.BeginRead(lost_, &range));
      if (!Kept(range.size_ms)) return Status::Invalid("no such tier");
      WindowsAnswer answer{.complete_from_ms = CompleteFrom(range.size_ms)};
      std::map<int64_t, Aggregate> buckets;
      for (const auto& [key, windows] : content_.windows[range.size_ms]) {
        if (!Selects(selector, content_.series.at(key.second))) continue;
        for (const auto& [start, aggregate] : windows) {
          if (start < answer.complete_from_ms && range.size_ms != 0) continue;
          if (aggregate.last_ts_ms() < range.from_ms || aggregate.first_ts_ms() > range.to_ms) continue;
          answer.cut |= aggregate.first_ts_ms() < range.from_ms || aggregate.last_ts_ms() > range.to_ms;
          buckets[range.BucketOf(start)].Merge(aggregate);
        }
      }
      if (buckets.size() > kMaxBuckets) return Status::Invalid("too many buckets");
      for (auto& [start, aggregate] : buckets) answer.buckets.push_back({start, std::move(aggregate)});
      return answer;
    }

    Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
      ODOMETER_RETURN_IF_ERROR(owner_.BeginRead(lost_, nullptr));
      if (!owner_.tiers_.total) return Status::Invalid("totals are not kept");
      std::map<std::tuple<std::string, MetricType, std::string>, SeriesTotal> totals;
      for (const auto& [key, windows] : content_.windows[0]) {
        const Series& series = content_.series.at(key.second);
        if (!Selects(selector, series) || (selector.of_sources && !IsSourceTask(key.first))) continue;
        SeriesTotal& total = totals[{series.name, series.type, std::string(series.level())}];
        total.series = {series.org, series.name, series.type, {}};
        if (!series.level().empty()) total.series.labels.emplace_back(kLevelLabel, series.level());
        Aggregate part = windows.at(0);
        part.DropSketch();
        total.aggregate.Merge(part);
      }
      SeriesPage page;
      size_t begin = after.empty() ? 0 : std::stoul(after), index = 0;
      for (auto& [key, total] : totals) {
        if (index >= begin && index < begin + limit) page.totals.push_back(std::move(total));
        ++index;
      }
      if (begin + limit < totals.size()) page.next_after = std::to_string(begin + limit);
      return page;
    }

    Result<Cardinality> ReadCardinality(const std::optional<std::string>& org, size_t limit) override {
      ODOMETER_RETURN_IF_ERROR(owner_.BeginRead(lost_, nullptr));
      CardinalityCounter counter(limit);
      std::map<std::pair<std::string, std::string>, std::vector<std::pair<int32_t, uint64_t>>> names;
      for (const auto& [key, windows] : content_.windows[0]) {
        const Series& series = content_.series.at(key.second);
        if (org && series.org != *org) continue;
        names[{series.org, series.name}].emplace_back(key.first, windows.at(0).count());
      }
      for (const auto& [name, rows] : names) {
        for (const auto& [partition, events] : rows) {
          if (name.second == kOverflowName) {
            counter.AddOverflow(name.first, events);
          } else {
            counter.Add(partition, name.first, name.second);
          }
        }
      }
      return counter.Take();
    }

    Result<EventsPage> ReadEvents(const EventsQuery& query) override {
      ODOMETER_RETURN_IF_ERROR(owner_.BeginRead(lost_, nullptr));
      EventsPage page{.retained_from_ms = CompleteFrom(kRawEvents)};
      for (const auto& [key, event] : content_.events) {
        const auto& [org, place] = key;
        if (org != query.org || (query.name && *query.name != event.first)) continue;
        if (place.ts_ms < query.from_ms || place.ts_ms > query.to_ms || (query.after && place <= *query.after)) continue;
        if (query.before_offsets && !std::any_of(query.before_offsets->begin(), query.before_offsets->end(),
                                                 [&place = place](const auto& bound) {
                                                   return bound.first == place.partition && place.offset < bound.second;
                                                 })) {
          continue;
        }
        page.more = page.rows.size() >= query.limit || page.bodies.size() >= kMaxEventsPageBytes;
        if (page.more) break;
        page.rows.push_back({place, static_cast<uint32_t>(event.second.size())});
        page.bodies += event.second;
      }
      return page;
    }

   private:
    static bool Selects(const SeriesSelector& selector, const Series& series) {
      return selector.org == series.org && (!selector.name || *selector.name == series.name) &&
             (!selector.type || *selector.type == series.type) &&
             (!selector.qualified_name || *selector.qualified_name == series.QualifiedName()) &&
             std::all_of(selector.labels.begin(), selector.labels.end(), [&](const auto& wanted) {
               return std::find(series.labels.begin(), series.labels.end(), wanted) != series.labels.end();
             });
    }
    bool Kept(int64_t size_ms) const {
      if (size_ms == 0) return owner_.tiers_.total;
      return std::any_of(owner_.tiers_.windows.begin(), owner_.tiers_.windows.end(),
                         [&](const Tier& tier) { return tier.size_ms == size_ms; });
    }
    int64_t CompleteFrom(int64_t size_ms) const {
      if (auto it = content_.complete_from.find(size_ms); it != content_.complete_from.end()) return it->second;
      const int64_t stream_time = position().stream_time_ms();
      for (const Tier& tier : owner_.tiers_.windows) {
        if (tier.size_ms != size_ms || tier.retention_ms == kForever || stream_time == kBeginningOfTime) continue;
        return tier.WindowStart(stream_time - tier.retention_ms);
      }
      return kBeginningOfTime;
    }

    FakeStateReader& owner_;
    Content content_;
    const bool lost_;
  };

  static Key Identity(const Series& series) { return {series.org, series.name, series.type, series.labels}; }

  Status BeginRead(bool lost, const WindowRange* range) {
    if (before_read_) before_read_();
    MutexLock lock(mutex_);
    if (range != nullptr) reads_.push_back(*range);
    return lost ? Status::Retry("the view is lost") : failure_;
  }

  const TierSet tiers_;
  std::function<void()> before_read_;
  Mutex mutex_;
  Content content_ ODOMETER_GUARDED_BY(mutex_);
  Status failure_ ODOMETER_GUARDED_BY(mutex_);
  int views_to_lose_ ODOMETER_GUARDED_BY(mutex_) = 0;
  std::vector<WindowRange> reads_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer
