// The parameters of GET /v1/metrics.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "common/state/state_reader.h"
#include "query/parameters.h"

namespace odometer {

struct RawQuery {
  EventsQuery events;          // but for the org and the limit
  std::optional<uint64_t> limit;
};
// Fills in *query, or says what is wrong.
std::optional<BadParameter> ParseRawQuery(const http::Request& request, RawQuery* query);

// A place as `after` names it: "<ts ms>.<appended ms>.<partition>.<offset>".
std::string PlaceText(const EventPlace& place);
std::optional<EventPlace> ParsePlace(std::string_view text);

}  // namespace odometer
