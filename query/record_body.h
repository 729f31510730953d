// The body of POST /data/metrics/: a full record, which sets a series to exactly that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "common/model/control.h"

namespace odometer {

// Fills in series, but for its org, and aggregate of *set, or answers what is wrong with the body (a 4xx in the dialect's shape).
//   level, name, type, value: as at ingest; the type may not be EVENT or SET
//   startTime, updateTime: ms since 1970; updateTime defaults to `now_ms` and may be 5 min ahead of it at most,
//     startTime defaults to updateTime
//   count: whole; absent or 0 means 1, since an aggregate of nothing does not exist
//   min, max: default to value; sum: of a COUNTER the value, else defaults to value, of a TIMER with a count over 1 to
//     mean * count
std::optional<http::Response> ParseRecordBody(std::string_view body, int64_t now_ms, Control::Set* set);

}  // namespace odometer
