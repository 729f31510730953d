#include "tests/simulation/oracle.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/model/period.h"
#include "common/model/sketch.h"
#include "common/model/time_zone.h"
#include "common/model/views.h"
#include "processor/seen_ids.h"

namespace odometer {
namespace {

// Around all that a simulation sends: 10 to 17 November 2023.
constexpr int64_t kFirstDayMs = 1'699'600'000'000;
constexpr int64_t kLastDayMs = 1'700'200'000'000;

int64_t FloorTo(int64_t ms, int64_t step_ms) { return ms - ms % step_ms; }  // of times after 1970

std::string Encoded(const Sketch& sketch) {
  std::string bytes;
  ByteWriter out(&bytes);
  sketch.Encode(&out);
  return bytes;
}

SeriesSelector SelectorOf(const std::tuple<int, int, MetricType>& key) {
  SeriesSelector selector;
  selector.org = SimulatedOrg(std::get<0>(key));
  selector.name = SimulatedName(std::get<1>(key));
  selector.type = std::get<2>(key);
  return selector;
}

}  // namespace

Oracle::Oracle(const StateLayout& layout, const SeriesLimitOptions& limits,
               const std::map<int32_t, std::vector<SentRecord>>& sent)
    : tiers_(layout.tiers), layout_(layout), limits_(limits) {
  for (const auto& [partition, records] : sent) {
    std::map<Window, Expected> windows;
    std::set<Key> series;
    std::map<std::pair<int, int>, int64_t> ids;  // org and id → stream time when applied
    int64_t stream_time_ms = kBeginningOfTime;
    Accounting& accounting = accounting_[partition];
    auto count = [&, partition = partition](const SentRecord& record) {
      stream_time_ms = std::max(stream_time_ms, record.ts_ms);
      const std::optional<Key> overflow = OverflowSeries(record, series);
      ++(overflow ? accounting.overflowed : accounting.applied);
      const Key key = overflow.value_or(KeyOf(record));
      series.insert(key);
      Count(partition, record, key, &windows);
    };
    for (const SentRecord& record : records) {
      ++accounting.consumed;
      if (record.kind == SentRecord::Kind::kRejected) {
        ++rejected_;
        ++accounting.rejected[1];  // only the sum is compared
      } else if (record.kind == SentRecord::Kind::kForget) {
        ++accounting.applied;
        Forget(record, &series, &windows);
      } else if (record.kind == SentRecord::Kind::kSet) {
        Forget(record, &series, &windows);
        count(record);
      } else if (const std::pair id{record.org, record.id};
                 ids.contains(id) && stream_time_ms - ids[id] <= SeenIdsOptions{}.retention_ms) {
        ++accounting.duplicate;
      } else if (record.kind == SentRecord::Kind::kRaw ? record.ts_ms < layout.EventsRetainedFromMs(stream_time_ms)
                                                       : !tiers_.RetainsEvent(record.ts_ms, stream_time_ms)) {
        ++accounting.late;
      } else {
        if (record.id != SentRecord::kNoId) ids[id] = std::max(stream_time_ms, record.ts_ms);
        if (record.kind == SentRecord::Kind::kEvent) {
          count(record);
          continue;
        }
        stream_time_ms = std::max(stream_time_ms, record.ts_ms);
        ++accounting.applied;
        raw_[{record.ts_ms, record.appended_ms, partition, record.offset}] = record;
      }
    }
    stream_time_ms_ = std::max(stream_time_ms_, stream_time_ms);
    for (const auto& [window, expected] : windows) Add(expected, &expected_[window]);
  }
}

void Oracle::AddSource(const std::map<int32_t, std::vector<GivenEvents>>& given) {
  for (const auto& [partition, records] : given) {
    std::map<Window, Expected> windows;
    std::set<Key> series;
    int64_t stream_time_ms = kBeginningOfTime;
    Accounting& accounting = source_accounting_[partition];
    for (const GivenEvents& record : records) {
      ++accounting.consumed;
      auto is_late = [&](const SentRecord& event) { return !tiers_.RetainsEvent(event.ts_ms, stream_time_ms); };
      if (record.rejected) {
        ++rejected_;
        ++accounting.rejected[1];  // only the sum is compared
      } else if (std::any_of(record.events.begin(), record.events.end(), is_late)) {
        ++accounting.late;
      } else {
        bool overflowed = false;
        for (const SentRecord& event : record.events) {
          stream_time_ms = std::max(stream_time_ms, event.ts_ms);
          const std::optional<Key> overflow = OverflowSeries(event, series);
          const Key key = overflow.value_or(KeyOf(event));
          series.insert(key);
          Count(partition, event, key, &windows);
          overflowed = overflowed || overflow;
        }
        ++(overflowed ? accounting.overflowed : accounting.applied);
      }
    }
    stream_time_ms_ = std::max(stream_time_ms_, stream_time_ms);
    for (const auto& [window, expected] : windows) Add(expected, &expected_[window]);
  }
}

std::optional<Oracle::Key> Oracle::OverflowSeries(const SentRecord& event, const std::set<Key>& series) {
  if (series.contains(KeyOf(event))) return std::nullopt;
  uint64_t all = 0, of_org = 0;
  for (const auto& [org, name, type] : series) {
    if (name == kSimulatedNames) continue;
    ++all;
    if (org == event.org) ++of_org;
  }
  if (of_org < limits_.series_per_org && all < limits_.series) return std::nullopt;
  ++overflowed_[of_org >= limits_.series_per_org ? "org's limit" : of_org > 0 ? "task's limit" : "org without series"];
  return Key{of_org > 0 ? event.org : kSimulatedOrgs, kSimulatedNames, event.type};
}

void Oracle::Forget(const SentRecord& forget, std::set<Key>* series, std::map<Window, Expected>* windows) {
  auto forgotten = [&](const Key& key) { return std::get<0>(key) == forget.org && std::get<1>(key) == forget.name; };
  std::erase_if(*series, forgotten);
  std::erase_if(*windows, [&](const auto& window) { return forgotten(std::get<1>(window.first)); });
}

void Oracle::Count(int32_t partition, const SentRecord& event, const Key& key,
                   std::map<Window, Expected>* windows) const {
  // What was set tells no time of its parts: only windows that are for ever have it, and totals.
  const bool set = event.kind == SentRecord::Kind::kSet;
  const bool member = event.type == MetricType::kSet && !set;
  const int64_t value = member ? 0 : event.value;
  Expected one{static_cast<uint64_t>(event.count), event.count * value, value, value,
               {event.ts_ms, partition, set ? 0 : event.offset}, value, 0, {}, {}};
  if (member || (event.type == MetricType::kTimer && !set)) one.values[event.value] = 1;
  if (tiers_.total) Add(one, &(*windows)[{0, key, 0}]);
  for (const Tier& tier : tiers_.windows) {
    if (set && tier.retention_ms != kForever) continue;
    Add(one, &(*windows)[{tier.size_ms, key, tier.WindowStart(event.ts_ms)}]);
  }
}

void Oracle::Add(const Expected& more, Expected* to) {
  if (to->count == 0) {
    *to = more;
    return;
  }
  to->count += more.count;
  to->sum += more.sum;
  to->min = std::min(to->min, more.min);
  to->max = std::max(to->max, more.max);
  for (const auto& [value, count] : more.values) to->values[value] += count;
  if (more.LastOrder() < to->LastOrder()) return;
  to->last_at = more.last_at;
  to->last = more.last;
}

Oracle::Expected Oracle::FromAggregate(const Aggregate& aggregate) {
  const Aggregate::Parts parts = aggregate.parts();
  Expected result;
  result.count = parts.count;
  result.sum = static_cast<int64_t>(parts.sum.AsDouble());
  result.min = static_cast<int64_t>(parts.min.whole());
  result.max = static_cast<int64_t>(parts.max.whole());
  result.last_at = {parts.last_ts_ms, parts.last_origin.partition, parts.last_origin.offset};
  result.last = static_cast<int64_t>(parts.last.whole());
  result.distinct = DistinctCount(aggregate);
  if (aggregate.sketch() != nullptr) result.sketch = Encoded(*aggregate.sketch());
  return result;
}

std::string Oracle::Describe(const Expected& e) {
  return fmt::format("count {} sum {} min {} max {} last {} at {} of {}@{} distinct {} sketch {:02x}", e.count, e.sum, e.min,
                     e.max, e.last, std::get<0>(e.last_at), std::get<1>(e.last_at), std::get<2>(e.last_at), e.distinct,
                     fmt::join(std::vector<uint8_t>(e.sketch.begin(), e.sketch.end()), ""));
}

std::string Oracle::Describe(const Accounting& a) {
  return fmt::format("consumed {} applied {} duplicate {} late {} rejected {} overflowed {}", a.consumed, a.applied,
                     a.duplicate, a.late, a.rejected_total(), a.overflowed);
}

std::string Oracle::Compare(StateReader* state) const {
  Result<std::unique_ptr<StateView>> opened = state->View({});
  if (!opened.ok()) return opened.status().ToString();
  StateView* const view = opened->get();
  const StatePosition& position = view->position();
  std::string wrong = CompareAccounting("events", accounting_, position.tasks);
  const std::vector<TaskPosition> none;
  if (wrong.empty()) {
    wrong = CompareAccounting(kOrders, source_accounting_, position.sources.empty() ? none : position.sources[0].tasks);
  }
  if (!wrong.empty()) return wrong;
  if (std::string difference = CompareRaw(view); !difference.empty()) return difference;
  if (tiers_.total) {
    if (std::string difference = CompareSize(view, 0, 0); !difference.empty()) return difference;
  }
  for (const Tier& tier : tiers_.windows) {
    // The windows that the tier must not show any more end at or before this.
    int64_t first_start_ms = kBeginningOfTime;
    if (tier.retention_ms != kForever && stream_time_ms_ != kBeginningOfTime) {
      first_start_ms = stream_time_ms_ - tier.retention_ms - tier.size_ms + 1;
    }
    if (std::string difference = CompareSize(view, tier.size_ms, first_start_ms); !difference.empty()) {
      return difference;
    }
  }
  return "";
}

std::string Oracle::CompareSize(StateView* view, int64_t size_ms, int64_t first_start_ms) const {
  for (int org = 0; org <= kSimulatedOrgs; ++org) {
    for (int name = 0; name <= kSimulatedNames + kSimulatedCodes; ++name) {
      for (MetricType type : kSimulatedTypes) {
        std::string difference = CompareSeries(view, {org, name, type}, size_ms, first_start_ms);
        if (!difference.empty()) return difference;
      }
    }
  }
  return "";
}

// Both ways to them: all of an org, and those of each name.
std::string Oracle::CompareRaw(StateView* view) const {
  for (int org = 0; org < kSimulatedOrgs; ++org) {
    for (int name = -1; name < kSimulatedNames; ++name) {
      if (std::string found = CompareRaw(view, org, name); !found.empty()) return found;
    }
  }
  return "";
}

// A name below 0: all.
std::string Oracle::CompareRaw(StateView* view, int org, int name) const {
  std::string expected, actual;
  for (const auto& [place, record] : raw_) {
    const bool shown = place.ts_ms >= layout_.EventsRetainedFromMs(stream_time_ms_);
    if (shown && record.org == org && (name < 0 || record.name == name)) expected += RawBody(record);
  }
  EventsQuery query{.org = SimulatedOrg(org), .limit = 7};
  if (name >= 0) query.name = SimulatedName(name);
  for (bool more = true; more;) {
    Result<EventsPage> page = view->ReadEvents(query);
    if (!page.ok()) return page.status().ToString();
    actual += page->bodies;
    more = page->more;
    if (!page->rows.empty()) query.after = page->rows.back().place;
  }
  if (actual == expected) return "";
  return fmt::format("raw events of {} of {}: {}, not {}", name, SimulatedOrg(org), actual, expected);
}

std::string Oracle::CompareSeries(StateView* view, const Key& key, int64_t size_ms, int64_t first_start_ms) const {
  std::map<int64_t, Expected> expected;
  for (auto it = expected_.lower_bound({size_ms, key, first_start_ms}); it != expected_.end(); ++it) {
    const auto& [size, its_key, start_ms] = it->first;
    if (size != size_ms || its_key != key) break;
    expected[start_ms] = it->second;
  }
  Result<WindowsAnswer> answer = view->ReadWindows(SelectorOf(key), {.size_ms = size_ms, .bucket_ms = size_ms});
  if (!answer.ok()) return answer.status().ToString();
  const std::string where = fmt::format("{} {} of {} in windows of {} ms", MetricTypeName(std::get<2>(key)),
                                        SimulatedName(std::get<1>(key)), SimulatedOrg(std::get<0>(key)), size_ms);
  if (std::string found = Difference(where, std::get<2>(key), expected, answer->buckets); !found.empty()) return found;
  return size_ms == 0 || expected.empty() ? "" : CompareDays(view, key, size_ms, expected);
}

std::string Oracle::CompareDays(StateView* view, const Key& key, int64_t size_ms,
                                const std::map<int64_t, Expected>& windows) const {
  // Without the calendar's own code: in that November Helsinki is two hours ahead of UTC, and has its midnight minutes before
  // the simulations begin.
  constexpr int64_t kDayMs = 24 * 3'600'000, kAheadMs = 2 * 3'600'000;
  std::map<int64_t, Expected> days;
  for (const auto& [start_ms, window] : windows) Add(window, &days[FloorTo(start_ms + kAheadMs, kDayMs) - kAheadMs]);

  static const Period kDays = Period::Calendar(CalendarUnit::kDay, TimeZone::Find("Europe/Helsinki").value());
  WindowRange range{.size_ms = size_ms, .from_ms = kDays.StartOf(kFirstDayMs)};
  for (int64_t start_ms = range.from_ms; start_ms < kLastDayMs; start_ms = kDays.NextStart(start_ms)) {
    range.bucket_starts.push_back(start_ms);
  }
  Result<WindowsAnswer> answer = view->ReadWindows(SelectorOf(key), range);
  if (!answer.ok()) return answer.status().ToString();
  const std::string where = fmt::format("{} {} of {} in days of windows of {} ms", MetricTypeName(std::get<2>(key)),
                                        SimulatedName(std::get<1>(key)), SimulatedOrg(std::get<0>(key)), size_ms);
  return Difference(where, std::get<2>(key), days, answer->buckets);
}

void Oracle::Summarize(MetricType type, Expected* expected) {
  const std::map<int64_t, uint64_t> values = std::exchange(expected->values, {});
  if (type == MetricType::kSet) expected->distinct = values.size();
  if (type != MetricType::kTimer || values.empty()) return;
  Sketch sketch;
  for (const auto& [value, count] : values) sketch.Add(static_cast<double>(value), count);
  expected->sketch = Encoded(sketch);
}

std::string Oracle::Difference(const std::string& where, MetricType type, const std::map<int64_t, Expected>& expected,
                               const std::vector<Bucket>& buckets) {
  std::map<int64_t, Expected> wanted = expected, actual;
  for (auto& [start_ms, value] : wanted) Summarize(type, &value);
  for (const Bucket& bucket : buckets) actual[bucket.start_ms] = FromAggregate(bucket.aggregate);
  if (wanted == actual) return "";
  for (const auto& [start_ms, value] : wanted) {
    if (!actual.contains(start_ms)) return fmt::format("{}: none at {}, not {}", where, start_ms, Describe(value));
    if (actual[start_ms] == value) continue;
    return fmt::format("{} at {}: {}, not {}", where, start_ms, Describe(actual[start_ms]), Describe(value));
  }
  return fmt::format("{}: {} buckets, not {}", where, actual.size(), wanted.size());
}

std::string Oracle::CompareAccounting(const std::string& topic, const std::map<int32_t, Accounting>& expected,
                                      const std::vector<TaskPosition>& tasks) {
  for (const auto& [partition, of_partition] : expected) {
    const int32_t wanted = partition;
    auto task = std::find_if(tasks.begin(), tasks.end(),
                             [&](const TaskPosition& candidate) { return candidate.partition == wanted; });
    if (task == tasks.end()) return fmt::format("{}: partition {} is not there", topic, partition);
    const Accounting& actual = task->accounting;
    const std::string counted = Describe(actual), should_be = Describe(of_partition);
    if (counted != should_be || !actual.Balanced()) {
      return fmt::format("{}: partition {}: {}, not {}", topic, partition, counted, should_be);
    }
  }
  return "";
}

}  // namespace odometer
