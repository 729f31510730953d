// JSON Pointers (RFC 6901).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace odometer::rules {

inline constexpr size_t kMaxPointerTokens = 64;

// The unescaped tokens of a pointer that begins with "/": "/a~1b/0" gives "a/b", "0". kInvalid says what is wrong.
Result<std::vector<std::string>> ParseJsonPointer(std::string_view text);

// The text as one token, escaped.
std::string EscapePointerToken(std::string_view token);

}  // namespace odometer::rules
