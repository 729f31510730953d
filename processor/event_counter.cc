#include "processor/event_counter.h"

#include <utility>

namespace odometer {

EventCounter::EventCounter(TierSet tiers, const SeriesLimitOptions& limits, const EventJudgeOptions& judge,
                           SeriesDictionary series)
    : tiers_(std::move(tiers)), series_(std::move(series)), limits_(limits, series_), judge_(judge) {}

bool EventCounter::Count(const Event& event, const Origin& origin, Epoch* epoch) {
  identity_.clear();
  EncodeSeriesIdentity(event, &identity_);
  const Found series = CountedSeries(event.org, event.type, epoch);
  const bool is_set = event.type == MetricType::kSet;
  const bool with_sketch = event.type == MetricType::kTimer;
  Aggregate& aggregate = epoch->overlay.At(series.id, FinestWindow(event.ts_ms));
  const bool on_heap = is_set || with_sketch;
  const size_t heap_before = on_heap ? aggregate.HeapBytes() : 0;
  if (is_set) {
    aggregate.AddMember(DistinctSketch::HashOf(event.member), event.ts_ms, origin);
  } else {
    aggregate.Add(event.value, event.ts_ms, origin, with_sketch);
  }
  // A set's shrinks where its members become too many to be kept one by one: then the difference is modulo 2^64.
  if (on_heap) epoch->overlay.AddHeapBytes(aggregate.HeapBytes() - heap_before);
  return series.its_own;
}

bool EventCounter::Set(const Series& series, const Aggregate& aggregate, Epoch* epoch) {
  identity_.clear();
  EncodeSeriesIdentity(series, &identity_);
  const Found found = CountedSeries(series.org, series.type, epoch);
  epoch->overlay.AddForeverOnly(found.id, FinestWindow(aggregate.last_ts_ms()), aggregate);
  return found.its_own;
}

void EventCounter::Forget(std::string_view org, std::string_view qualified_name, Epoch* epoch) {
  for (const SeriesDictionary::Removed& removed : series_.Forget(org, qualified_name)) {
    epoch->forgotten.emplace_back(removed.id, removed.identity);
    limits_.Removed(removed.identity);
  }
}

size_t EventCounter::Judge(const Event& event, const EventPlaceInLog& place, Epoch* epoch) {
  if (!judge_.HasLimits(event)) return 0;
  std::optional<EpochOutput> alert = judge_.Judge(event, place);
  if (!alert) return 0;
  const size_t bytes = sizeof(EpochOutput) + alert->topic.size() + alert->key.size() + alert->value.size();
  epoch->outputs.push_back(std::move(*alert));
  ++epoch->alerts;
  return bytes;
}

EventCounter::Found EventCounter::CountedSeries(std::string_view org, MetricType type, Epoch* epoch) {
  std::optional<SeriesId> series = series_.Find(identity_);
  const SeriesLimit exceeded = series ? SeriesLimit::kNone : limits_.WouldExceed(org);
  const bool its_own = exceeded == SeriesLimit::kNone;
  if (!its_own) {
    ++epoch->overflowed[static_cast<size_t>(exceeded)];
    identity_.clear();
    EncodeSeriesIdentity(Series{std::string(limits_.OverflowOrg(org)), std::string(kOverflowName), type, {}}, &identity_);
    series = series_.Find(identity_);
  }
  if (series) return {*series, its_own};
  const SeriesId id = series_.Add(identity_);
  limits_.Added(identity_);
  epoch->added.emplace_back(id, identity_);
  return {id, its_own};
}

int64_t EventCounter::FinestWindow(int64_t ts_ms) const {
  return tiers_.windows.empty() ? 0 : tiers_.windows.front().WindowStart(ts_ms);
}

}  // namespace odometer
