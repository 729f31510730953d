// The periods that points are asked for in, and gauges tick in: a fixed length, aligned to 1970, or days, weeks and
// months as a time zone's calendar has them. Where the zone changes its clock a day has 23 or 25 hours.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/model/time_zone.h"

namespace odometer {

// Weeks begin on Monday.
enum class CalendarUnit : uint8_t { kDay, kWeek, kMonth };

// "1d", "1w", "1mo".
std::optional<CalendarUnit> ParseCalendarUnit(std::string_view text);
std::string_view CalendarUnitText(CalendarUnit unit);

// A period's buckets follow each other without a gap: each begins where the one before ends. Any thread may read it.
class Period {
 public:
  // Requires a length over 0; without one it is only good for being compared, and comes before all others.
  Period() = default;
  static Period Fixed(int64_t length_ms) { return Period(length_ms); }
  // A day in UTC is a fixed length.
  static Period Calendar(CalendarUnit unit, TimeZone zone);

  // Nothing where the lengths differ.
  std::optional<int64_t> fixed_ms() const { return unit_ ? std::nullopt : std::optional(length_ms_); }
  // Of a calendar's only.
  CalendarUnit unit() const { return unit_.value_or(CalendarUnit::kDay); }
  const TimeZone& zone() const { return zone_; }

  // Where the bucket begins that holds that time, which must be one of the years 1 to 9999.
  int64_t StartOf(int64_t ts_ms) const;
  // Where the bucket after it begins. Requires a start.
  int64_t NextStart(int64_t start_ms) const;
  // The first start that is not before.
  int64_t StartFrom(int64_t ts_ms) const;

  // "90s", "1h", "1d", "1w", "1mo".
  std::string Text() const;
  // For messages: "60 s", "1mo in Europe/Berlin".
  std::string ToString() const;

  friend auto operator<=>(const Period&, const Period&) = default;

 private:
  explicit Period(int64_t length_ms) : length_ms_(length_ms) {}
  Period(CalendarUnit unit, TimeZone zone) : unit_(unit), zone_(std::move(zone)) {}

  int64_t length_ms_ = 0;
  std::optional<CalendarUnit> unit_;
  TimeZone zone_;
};

}  // namespace odometer
