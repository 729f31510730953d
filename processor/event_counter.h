// Counts events in a task's series: their ids, the limits of their number, the overlay, and alerts where an event is
// outside the limits of its definition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/aggregate.h"
#include "common/model/event.h"
#include "common/model/series.h"
#include "common/model/tier.h"
#include "processor/epoch.h"
#include "processor/event_judge.h"
#include "processor/series_dictionary.h"
#include "processor/series_limits.h"

namespace odometer {

// Used by the consuming thread only.
class EventCounter {
 public:
  // `series`: as restored.
  EventCounter(TierSet tiers, const SeriesLimitOptions& limits, const EventJudgeOptions& judge, SeriesDictionary series);

  // A tier keeps events of that time.
  bool Retains(int64_t ts_ms, int64_t stream_time_ms) const { return tiers_.RetainsEvent(ts_ms, stream_time_ms); }

  // These say whether the series has it; false: it is past a limit, so an overflow series has.
  bool Count(const Event& event, const Origin& origin, Epoch* epoch);
  bool Set(const Series& series, const Aggregate& aggregate, Epoch* epoch);
  void Forget(std::string_view org, std::string_view qualified_name, Epoch* epoch);

  // An alert in the epoch, where the event is outside its limits. The memory that it takes there.
  size_t Judge(const Event& event, const EventPlaceInLog& place, Epoch* epoch);

  const SeriesDictionary& series() const { return series_; }

 private:
  struct Found {
    SeriesId id;
    bool its_own;  // else an overflow series
  };
  // The series whose identity is in identity_, or past a limit the overflow series in its place.
  Found CountedSeries(std::string_view org, MetricType type, Epoch* epoch);
  int64_t FinestWindow(int64_t ts_ms) const;

  const TierSet tiers_;
  SeriesDictionary series_;
  SeriesLimits limits_;
  EventJudge judge_;
  std::string identity_;  // reused for every event
};

}  // namespace odometer
