#include "cli/access/access_control.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cli/config/config_values.h"
#include "common/base/log.h"

namespace odometer::cli {

Result<std::unique_ptr<AccessControl>> AccessControl::Make(std::string name, const AuthConfig& config,
                                                           const Clock* clock) {
  const auth::Digest process_key = auth::RandomDigest();
  Result<auth::TokenTable> tokens = auth::TokenTable::Make(config.tokens, config.session_secret, process_key);
  if (!tokens.ok()) return tokens.status();
  return std::unique_ptr<AccessControl>(new AccessControl(std::move(name), std::move(*tokens), process_key, clock));
}

Status AccessControl::Reload(const ConfigSource& source) {
  Status status = Replace(source);
  if (status.ok()) {
    LogInfo(name_, "tokens read anew tokens={}", gate_.tokens()->size());
  } else {
    LogError(name_, "the tokens stay as they were: {}", status.message());
  }
  return status;
}

Status AccessControl::Replace(const ConfigSource& source) {
  Result<Config> config = source();
  if (!config.ok()) return config.status();
  Result<auth::TokenTable> tokens =
      auth::TokenTable::Make(config->auth.tokens, config->auth.session_secret, process_key_);
  if (!tokens.ok()) return tokens.status();
  // An empty file is valid too, and may be one that is just being written.
  if (tokens->empty() && !gate_.tokens()->empty()) {
    return Status::Invalid("auth.tokens is empty now: to let everybody in, start again");
  }
  gate_.Replace(std::move(*tokens));
  return Status::Ok();
}

Status CheckReach(const std::string& name, const std::string& address, const AuthConfig& config,
                  const http::Router& router) {
  const bool all_open = std::all_of(router.routes().begin(), router.routes().end(), [](const http::Router::Route& route) {
    return route.access == http::Access::kOpen;
  });
  if (!config.tokens.empty() || config.open || all_open || IsLoopback(address)) return Status::Ok();
  return Status::Invalid(name + " would listen on " + address +
                         ", which other machines can reach, and no tokens are configured: set auth.tokens, or listen on a "
                         "loopback address such as 127.0.0.1, or let everybody in with auth.open: true");
}

}  // namespace odometer::cli
