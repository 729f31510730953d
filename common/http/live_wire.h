// How a live stream looks on the wire, both directions, once the head of its answer is sent. No sockets.
#pragma once

#include <memory>
#include <string_view>

#include "common/http/live_stream.h"
#include "common/http/output_queue.h"

namespace odometer::http {

enum class LiveEnd {
  kDone,       // the stream ended
  kGoingAway,  // the server stops
  kTooSlow,    // the client did not take what was sent
  kRevoked,    // what the client had shown to be let in is not valid any more
};

// Used by one thread.
class LiveWire {
 public:
  virtual ~LiveWire() = default;

  virtual void Write(const LiveMessage& message, OutputQueue* out) = 0;
  // What the client sent, cut anywhere. May answer at once.
  virtual void Read(std::string_view bytes, OutputQueue* out) = 0;
  // Something that the client need not notice, so that proxies keep the connection, and we see whether it is there.
  virtual void KeepAlive(OutputQueue* out) = 0;
  // Whether a client that is there answers to that.
  virtual bool answers_keep_alive() const = 0;
  // The last words. Then over() is true.
  virtual void End(LiveEnd end, OutputQueue* out) = 0;
  // Nothing may be written any more: both sides have said what they had to say, or cannot understand each other.
  virtual bool over() const = 0;
};

std::unique_ptr<LiveWire> NewEventStreamWire();
// Client messages are checked and ignored.
std::unique_ptr<LiveWire> NewWebSocketWire();

}  // namespace odometer::http
