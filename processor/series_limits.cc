#include "processor/series_limits.h"

namespace odometer {

SeriesLimits::SeriesLimits(const SeriesLimitOptions& options, const SeriesDictionary& series) : options_(options) {
  series.ForEach([this](SeriesId, std::string_view identity) { Added(identity); });
}

SeriesLimit SeriesLimits::WouldExceed(std::string_view org) const {
  auto count = by_org_.find(org);
  if (count != by_org_.end() && count->second >= options_.series_per_org) return SeriesLimit::kOrg;
  return series_ >= options_.series ? SeriesLimit::kTask : SeriesLimit::kNone;
}

std::string_view SeriesLimits::OverflowOrg(std::string_view org) const {
  return by_org_.contains(org) ? org : kOverflowName;
}

void SeriesLimits::Added(std::string_view identity) {
  const SeriesHead head = ReadSeriesHead(identity);
  if (head.name == kOverflowName) return;
  ++series_;
  auto count = by_org_.find(head.org);
  if (count == by_org_.end()) count = by_org_.emplace(head.org, 0).first;
  ++count->second;
}

void SeriesLimits::Removed(std::string_view identity) {
  const SeriesHead head = ReadSeriesHead(identity);
  if (head.name == kOverflowName) return;
  --series_;
  auto count = by_org_.find(head.org);
  if (--count->second == 0) by_org_.erase(count);
}

}  // namespace odometer
