#include "common/model/period.h"

#include <array>

#include "common/model/tier.h"
#include "common/model/truncation.h"

namespace odometer {
namespace {

constexpr int64_t kDayMs = 24 * 3'600'000;

struct Unit {
  std::string_view text;
  Truncation truncation;
  int64_t longest_ms;  // so long after a local start it is the next unit, and never the one after that
};
constexpr std::array kUnits = {Unit{"1d", Truncation::kDay, kDayMs}, Unit{"1w", Truncation::kWeek, 7 * kDayMs},
                               Unit{"1mo", Truncation::kMonth, 31 * kDayMs}};

const Unit& Of(CalendarUnit unit) { return kUnits.at(static_cast<size_t>(unit)); }

int64_t NextLocalStart(int64_t local_start_ms, CalendarUnit unit) {
  return Truncate(local_start_ms + Of(unit).longest_ms, Of(unit).truncation);
}

}  // namespace

std::optional<CalendarUnit> ParseCalendarUnit(std::string_view text) {
  for (size_t i = 0; i < kUnits.size(); ++i) {
    if (kUnits[i].text == text) return static_cast<CalendarUnit>(i);
  }
  return std::nullopt;
}

std::string_view CalendarUnitText(CalendarUnit unit) { return Of(unit).text; }

Period Period::Calendar(CalendarUnit unit, TimeZone zone) {
  if (unit == CalendarUnit::kDay && zone == TimeZone()) return Fixed(kDayMs);
  return {unit, std::move(zone)};
}

// Where a clock goes back over midnight, the day before comes a second time after it: that is part of the new day,
// which began when the clock first showed it.
int64_t Period::StartOf(int64_t ts_ms) const {
  if (!unit_) return Tier{.size_ms = length_ms_}.WindowStart(ts_ms);
  int64_t local_ms = Truncate(zone_.ToLocal(ts_ms), Of(*unit_).truncation);
  int64_t start_ms = zone_.FirstInstantOf(local_ms);
  for (;;) {
    local_ms = NextLocalStart(local_ms, *unit_);
    const int64_t next_ms = zone_.FirstInstantOf(local_ms);
    if (next_ms > ts_ms) return start_ms;
    start_ms = next_ms;
  }
}

// A day that the clock leaps over begins and ends where the one after it begins: it has no bucket.
int64_t Period::NextStart(int64_t start_ms) const {
  if (!unit_) return start_ms + length_ms_;
  int64_t local_ms = Truncate(zone_.ToLocal(start_ms), Of(*unit_).truncation);
  int64_t next_ms = start_ms;
  while (next_ms <= start_ms) {
    local_ms = NextLocalStart(local_ms, *unit_);
    next_ms = zone_.FirstInstantOf(local_ms);
  }
  return next_ms;
}

int64_t Period::StartFrom(int64_t ts_ms) const {
  const int64_t start_ms = StartOf(ts_ms);
  return start_ms == ts_ms ? start_ms : NextStart(start_ms);
}

std::string Period::Text() const {
  return unit_ ? std::string(CalendarUnitText(*unit_)) : FormatDuration(length_ms_);
}

std::string Period::ToString() const {
  if (!unit_) return std::to_string(length_ms_ / 1000) + " s";
  return Text() + " in " + zone_.name();
}

}  // namespace odometer
