// Text as it may be stored and shown.
#pragma once

#include <string_view>

namespace odometer {

bool IsValidUtf8(std::string_view text);
// Whether it is ASCII without spaces and control characters; an empty text is.
bool IsVisibleAscii(std::string_view text);

}  // namespace odometer
