// Raw events: kept as they were posted. Two kinds of records of the input topic are raw events:
//   - one with the header `odometer-kind: raw`: its value is the body of a post, a JSON object with a `name` and a
//     `value`, whatever these are. Its other keys are data; what Odometer must know besides stands in the headers below.
//   - an event of type `event` (schemas/metric-event.v1.schema.json): the keys of the schema mean what they always do,
//     others are kept. Its body is the record's value.
// docs/semantics.md says what becomes of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace odometer {

// Record headers. A record without kKindHeader is an ordinary event, and so is one of kReadingKind; other kinds are not
// known.
inline constexpr std::string_view kKindHeader = "odometer-kind";
inline constexpr std::string_view kRawKind = "raw";
inline constexpr std::string_view kReadingKind = "reading";  // it counts a reading, which was judged when it was recorded
inline constexpr std::string_view kOrgHeader = "odometer-org";  // without it: kDefaultOrg
inline constexpr std::string_view kTsHeader = "odometer-ts";    // epoch ms; without it: the record's timestamp
inline constexpr std::string_view kIdHeader = "odometer-id";    // for deduplication; without it: none

// A post over it is refused: with headers and key the record must still fit a topic with the broker's default limit.
inline constexpr size_t kMaxRawBodyBytes = (1 << 20) - (8 << 10);
// A body nested deeper is refused.
inline constexpr int kMaxRawJsonDepth = 512;

// The value of kTsHeader. Nothing when it is no whole number, or outside the years 1 to 9999.
std::optional<int64_t> ParseRawTs(std::string_view text);

}  // namespace odometer
