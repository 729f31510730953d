#include "common/model/truncation.h"

#include <array>
#include <chrono>

#include "common/model/timestamp.h"

namespace odometer {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, kTruncations> kNames = {
    "",     "second", "minute", "5_minute", "10_minute", "quarter_hour", "half_hour",
    "hour", "day",    "week",   "month",    "quarter",   "half_year",    "year"};

constexpr int64_t kMinuteMs = 60'000;

// Of the units that all have one length; 0 for the others.
int64_t LengthMs(Truncation unit) {
  switch (unit) {
    case Truncation::kSecond: return 1'000;
    case Truncation::kMinute: return kMinuteMs;
    case Truncation::k5Minutes: return 5 * kMinuteMs;
    case Truncation::k10Minutes: return 10 * kMinuteMs;
    case Truncation::kQuarterHour: return 15 * kMinuteMs;
    case Truncation::kHalfHour: return 30 * kMinuteMs;
    case Truncation::kHour: return 60 * kMinuteMs;
    case Truncation::kDay: return 24 * 60 * kMinuteMs;
    default: return 0;
  }
}

// Of those that are made of months; 0 for the others.
unsigned LengthMonths(Truncation unit) {
  switch (unit) {
    case Truncation::kMonth: return 1;
    case Truncation::kQuarter: return 3;
    case Truncation::kHalfYear: return 6;
    case Truncation::kYear: return 12;
    default: return 0;
  }
}

int64_t ToMs(sys_days day) { return std::chrono::duration_cast<milliseconds>(day.time_since_epoch()).count(); }

}  // namespace

std::optional<Truncation> ParseTruncation(std::string_view name) {
  for (size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Truncation>(i);
  }
  return std::nullopt;
}

std::string_view TruncationName(Truncation unit) { return kNames.at(static_cast<size_t>(unit)); }

std::string TruncationNames() {
  std::string names;
  for (size_t i = 1; i < kNames.size(); ++i) names.append(i == 1 ? "" : ", ").append(kNames[i]);
  return names;
}

int64_t Truncate(int64_t ts_ms, Truncation unit) {
  if (unit == Truncation::kNone) return ts_ms;
  if (const int64_t length_ms = LengthMs(unit); length_ms > 0) {
    const int64_t rest = ts_ms % length_ms;
    return ts_ms - (rest < 0 ? rest + length_ms : rest);
  }
  const sys_days day = floor<days>(std::chrono::sys_time<milliseconds>(milliseconds(ts_ms)));
  // The first day of the year 1 is a Monday, so no week begins before it.
  if (unit == Truncation::kWeek) return ToMs(day - (std::chrono::weekday(day) - std::chrono::Monday));
  const year_month_day date(day);
  const unsigned months = LengthMonths(unit);
  const unsigned first = (static_cast<unsigned>(date.month()) - 1) / months * months + 1;
  return ToMs(sys_days(year_month_day(date.year(), std::chrono::month(first), std::chrono::day(1))));
}

std::string FormatUtcSeconds(int64_t ts_ms) {
  constexpr size_t kSecondsEnd = 19;  // of 2016-01-02T03:04:05.678Z
  return FormatIso8601(ts_ms).substr(0, kSecondsEnd);
}

}  // namespace odometer
