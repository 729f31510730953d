// The request target of RFC 9112, taken apart into what handlers and routes see of it.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/http/message.h"

namespace odometer::http {

// Decodes %XX, and '+' to a space when `plus_is_space`. kInvalid for an incomplete or non-hexadecimal escape.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);

// Fills target, segments, trailing_slash and query of *request from "/path?query" or "http://host/path?query".
// "*" gives no segments. kInvalid for anything else.
Status ParseTarget(std::string_view target, Request* request);

}  // namespace odometer::http
