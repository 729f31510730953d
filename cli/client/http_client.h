// One HTTP request at a time, for the client sub-commands.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace odometer::cli {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// "base/path?name=value&…", everything percent-encoded.
std::string MakeUrl(std::string base, std::string_view path,
                    const std::vector<std::pair<std::string, std::string>>& query);

enum class HttpRoute {
  kProxy,   // by a proxy, where the environment names one
  kDirect,  // to the server itself, which is on this machine
};

// Shows the token, unless it is empty. kRetry with the reason when there was no answer.
Result<HttpAnswer> HttpGet(const std::string& url, const std::string& token, int timeout_ms,
                           HttpRoute route = HttpRoute::kProxy);

}  // namespace odometer::cli
