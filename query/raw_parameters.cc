#include "query/raw_parameters.h"

#include <algorithm>
#include <array>

#include "common/base/parse_integer.h"
#include "common/model/timestamp.h"
#include "common/model/utf8.h"

namespace odometer {
namespace {

// A plus sign that was not percent-encoded has become a space: "2016-01-01T00:00:00 02:00".
std::optional<int64_t> ParseTimeParameter(std::string_view text) {
  if (std::optional<int64_t> ms = ParseIso8601(text)) return ms;
  const size_t space = text.rfind(' ');
  if (space == std::string_view::npos) return std::nullopt;
  std::string with_plus(text);
  with_plus[space] = '+';
  return ParseIso8601(with_plus);
}

std::optional<BadParameter> ParseTime(const http::Request& request, std::string_view field, int64_t* ms) {
  const std::optional<std::string_view> text = request.Query(field);
  if (!text) return std::nullopt;
  const std::optional<int64_t> parsed = ParseTimeParameter(*text);
  if (!parsed) return BadParameter{std::string(field), std::string(field) + " must be ISO-8601"};
  *ms = *parsed;
  return std::nullopt;
}

}  // namespace

std::optional<BadParameter> ParseRawQuery(const http::Request& request, RawQuery* query) {
  EventsQuery& events = query->events;
  if (std::optional<std::string_view> name = request.Query("name")) {
    if (!IsValidUtf8(*name)) return BadParameter{"name", "name must be UTF-8"};
    events.name = *name;
  }
  if (auto bad = ParseTime(request, "sts", &events.from_ms)) return bad;
  if (auto bad = ParseTime(request, "ets", &events.to_ms)) return bad;
  if (events.from_ms > events.to_ms) return BadParameter{"sts", "sts must not be after ets"};
  if (std::optional<std::string_view> limit = request.Query("limit")) {
    query->limit = ParseInteger<uint64_t>(*limit);
    if (!query->limit || *query->limit == 0) {
      return BadParameter{"limit", "limit must be a whole number above 0"};
    }
  }
  if (std::optional<std::string_view> after = request.Query("after")) {
    events.after = ParsePlace(*after);
    if (!events.after) {
      return BadParameter{"after", "after must be what X-Odometer-Next-After of the page before says"};
    }
  }
  return std::nullopt;
}

std::string PlaceText(const EventPlace& place) {
  return std::to_string(place.ts_ms) + '.' + std::to_string(place.appended_ms) + '.' +
         std::to_string(place.partition) + '.' + std::to_string(place.offset);
}

std::optional<EventPlace> ParsePlace(std::string_view text) {
  std::array<int64_t, 4> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t dot = i + 1 == numbers.size() ? text.size() : text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::optional<int64_t> number = ParseInteger<int64_t>(text.substr(0, dot));
    if (!number) return std::nullopt;
    numbers[i] = *number;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  const auto partition = static_cast<int32_t>(numbers[2]);
  if (partition != numbers[2]) return std::nullopt;
  return EventPlace{numbers[0], numbers[1], partition, numbers[3]};
}

}  // namespace odometer
