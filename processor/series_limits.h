// How many series a task may have, in all and of one org.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "processor/series_dictionary.h"

namespace odometer {

struct SeriesLimitOptions {
  uint64_t series = 1'000'000;
  uint64_t series_per_org = 100'000;
};

enum class SeriesLimit : uint8_t { kNone, kOrg, kTask };
inline constexpr size_t kSeriesLimits = 3;

// Counts a task's series by org. What it says depends on the series alone, that is, on the log: each task has the limits
// to itself, whatever other tasks its instance has. Overflow series are not counted. Not thread-safe.
class SeriesLimits {
 public:
  // With the series that there are.
  SeriesLimits(const SeriesLimitOptions& options, const SeriesDictionary& series);

  // The limit that one more series of the org would go over.
  SeriesLimit WouldExceed(std::string_view org) const;
  // The org whose overflow series takes an event of a series that would. An org without any series has none of its own,
  // or orgs without end would get one each.
  std::string_view OverflowOrg(std::string_view org) const;

  void Added(std::string_view identity);
  void Removed(std::string_view identity);

 private:
  const SeriesLimitOptions options_;
  uint64_t series_ = 0;
  std::map<std::string, uint64_t, std::less<>> by_org_;  // none 0
};

}  // namespace odometer
