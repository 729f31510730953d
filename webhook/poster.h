// Posts requests to webhooks, many side by side. The interface that the delivery is tested through.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status.h"

namespace odometer {

struct PostRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

enum class PostOutcome {
  kDelivered,   // a status of 2xx
  kStatus,      // another one
  kTimeout,     // no whole answer in time
  kAddress,     // the host's address is none that a webhook may reach
  kConnection,  // anything else: no such host, nobody there, no trust in its certificate
};

struct PostResult {
  uint64_t ticket = 0;
  PostOutcome outcome = PostOutcome::kDelivered;
  std::string error;  // what happened, for the log; without the URL, which may hold a secret. Empty when delivered
};

// Begin and Take from one thread.
class Poster {
 public:
  virtual ~Poster() = default;
  // Its result comes from Take, within the configured time-out.
  virtual void Begin(uint64_t ticket, PostRequest request) = 0;
  // What has come, waiting at most wait_ms for the first.
  virtual std::vector<PostResult> Take(int wait_ms) = 0;
};

struct CurlPosterOptions {
  int timeout_ms = 5'000;         // from the look-up of the host to the answer's last byte
  bool private_addresses = false;  // whether addresses that are not public may be reached
};
// Over HTTP/1.1, with a thread of its own. Follows no redirect, uses no proxy, and reads at most 64 KiB of an answer. Each
// address is looked at when the connection to it is opened, so it does not matter what the host's name meant before.
Result<std::unique_ptr<Poster>> NewCurlPoster(const CurlPosterOptions& options);

}  // namespace odometer
