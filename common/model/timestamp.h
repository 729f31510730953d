// Event times as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace odometer {

// ISO-8601: a date (2016-01-02), or a date and a time separated by T, t or one space (hh:mm, hh:mm:ss, a fraction of
// any length, of which the milliseconds count), then nothing (UTC), Z, z, +hh:mm, +hhmm or +hh (or -).
// Years 0001 to 9999; calendar days that exist; 23:59:60 counts as the next second. Epoch ms.
std::optional<int64_t> ParseIso8601(std::string_view text);

// 2016-01-02T03:04:05.678Z
std::string FormatIso8601(int64_t ms);

inline constexpr int64_t kMinTimestampMs = -62'135'596'800'000;  // 0001-01-01
inline constexpr int64_t kMaxTimestampMs = 253'402'300'799'999;  // 9999-12-31

}  // namespace odometer
