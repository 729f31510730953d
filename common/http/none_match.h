// If-None-Match.
#pragma once

#include <string_view>

#include "common/http/message.h"

namespace odometer::http {

// Whether the client has what has that entity tag, quotes included, already: by the weak comparison that If-None-Match asks
// for.
bool NoneMatchNames(const Request& request, std::string_view tag);

}  // namespace odometer::http
