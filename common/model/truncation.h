// The instants to which a metric's readings are cut, and how they are written: all in UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace odometer {

// The numbers are stored: never renumber.
enum class Truncation : uint8_t {
  kNone = 0,
  kSecond,
  kMinute,
  k5Minutes,
  k10Minutes,
  kQuarterHour,
  kHalfHour,
  kHour,
  kDay,
  kWeek,  // from Monday on
  kMonth,
  kQuarter,
  kHalfYear,
  kYear,
};
inline constexpr uint8_t kTruncations = 14;

// "second", "minute", "5_minute", … "half_year", "year"; nothing for any other name.
std::optional<Truncation> ParseTruncation(std::string_view name);
// Empty for kNone.
std::string_view TruncationName(Truncation unit);
// The names, separated by ", ".
std::string TruncationNames();

// The start of the unit that holds that time. Requires a time of the years 1 to 9999; the result is one too.
int64_t Truncate(int64_t ts_ms, Truncation unit);

// 2016-01-02T03:04:05, without an offset; a fraction is left out. Requires a time of the years 1 to 9999.
std::string FormatUtcSeconds(int64_t ts_ms);

}  // namespace odometer
