// What a request brings to show who sends it.
#pragma once

#include <optional>
#include <string>

#include "common/http/message.h"

namespace odometer::http {

// The name of the query parameter, the header and the cookie.
inline constexpr std::string_view kTokenName = "x-auth-token";

struct Credentials {
  std::optional<std::string> token;    // of the parameter, else of the header, else of "Authorization: Bearer …"
  bool in_query = false;               // the token is the parameter's
  std::optional<std::string> session;  // of the cookie
};

// Takes all of them off the request, its target included, so that nothing that handles it can show or log them. The
// headers Authorization and Cookie go with them.
Credentials TakeCredentials(Request* request);

}  // namespace odometer::http
