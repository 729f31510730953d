// ETag and If-None-Match.
#pragma once

#include <string>
#include <string_view>

#include "common/http/message.h"

namespace odometer {

// A strong entity tag, quotes included, of 128 bits of these bytes. Collisions are not to be expected by chance.
std::string EntityTag(std::string_view bytes);
// Whether the client has that already, by the weak comparison that If-None-Match asks for.
bool NoneMatchNames(const http::Request& request, std::string_view tag);

}  // namespace odometer
