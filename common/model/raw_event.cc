#include "common/model/raw_event.h"

#include "common/base/parse_integer.h"
#include "common/model/timestamp.h"

namespace odometer {

std::optional<int64_t> ParseRawTs(std::string_view text) {
  const std::optional<int64_t> ts_ms = ParseInteger<int64_t>(text);
  if (!ts_ms || *ts_ms < kMinTimestampMs || *ts_ms > kMaxTimestampMs) return std::nullopt;
  return ts_ms;
}

}  // namespace odometer
