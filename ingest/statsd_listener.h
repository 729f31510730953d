// Statsd's port, UDP and TCP.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/model/event_decoder.h"

namespace odometer {

// Receives on a thread of its own, which calls the sink. Start and Stop from one thread.
class StatsdListener {
 public:
  // The longest line on TCP; a connection that sends a longer one is closed.
  static constexpr size_t kMaxLineBytes = 64 << 10;
  static constexpr size_t kMaxConnections = 256;  // more are closed at once, and counted

  // Called by the listener's thread; must not block.
  struct Sink {
    std::function<void(std::string_view lines)> take;  // whole lines, the last one with or without its end
    // A line that is too long (kTooLarge), or whose end will not come (kMalformed): its beginning.
    std::function<void(RejectReason reason, std::string_view line)> refuse;
  };

  // Binds both to `address`, "host:port" or "[v6]:port" with the host in digits or "localhost", and receives from
  // then on. Port 0: any one that is free for both. kInvalid for no such address, kStop when it cannot be bound.
  // `metrics` must outlive it.
  static Result<std::unique_ptr<StatsdListener>> Start(const std::string& address, Sink sink, Metrics* metrics);
  virtual ~StatsdListener() = default;

  virtual uint16_t port() const = 0;
  // Takes what has arrived by then: up to 4,096 packets, and 4 MiB of each connection. The sink is not called after
  // that. Idempotent, and done by the destructor.
  virtual void Stop() = 0;
};

}  // namespace odometer
