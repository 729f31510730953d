// Where alerts go, as it is configured.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace odometer {

struct WebhookTarget {
  std::string org;
  std::string url;   // may hold a secret: never shown
  std::string host;  // of the URL, lower case, an IPv6 address without brackets
};

// A JSON object from orgs to URLs. A URL is http or https, with a host and without a user. kInvalid says which entry is
// wrong, counted from 1, and does not show its URL.
Result<std::vector<WebhookTarget>> ParseWebhookTargets(std::string_view json);

// Host names or addresses, separated by commas, in the form of WebhookTarget::host. kInvalid when one of them is none.
Result<std::vector<std::string>> ParseWebhookHosts(std::string_view text);

}  // namespace odometer
