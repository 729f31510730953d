// The tokens of a service: those of the configuration that it started with, and at each SIGHUP those that it has then.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "cli/config/config.h"
#include "common/auth/digest.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/http/gate.h"

namespace odometer::cli {

// Not thread-safe, apart from the gate.
class AccessControl {
 public:
  // kInvalid when the tokens contradict each other. `name`: of the service, for the log. `clock` must outlive it.
  static Result<std::unique_ptr<AccessControl>> Make(std::string name, const AuthConfig& config, const Clock* clock);

  const http::Gate& gate() const { return gate_; }

  // Takes the tokens of the configuration as it is now. When it is not valid, or has none any more though there were some,
  // everything stays as it is, and the log says why. The log never shows a token.
  Status Reload(const ConfigSource& source);

 private:
  AccessControl(std::string name, auth::TokenTable tokens, const auth::Digest& process_key, const Clock* clock)
      : name_(std::move(name)), process_key_(process_key), gate_(std::move(tokens), clock) {}
  Status Replace(const ConfigSource& source);

  const std::string name_;
  const auth::Digest process_key_;  // of cookies, see common/auth/session.h
  http::Gate gate_;
};

// Whether a server may begin with these routes at that address. kInvalid, with what to do about it, when other machines
// reach it and nothing would ask them for a token; probes may be there for all.
Status CheckReach(const std::string& name, const std::string& address, const AuthConfig& config,
                  const http::Router& router);

}  // namespace odometer::cli
