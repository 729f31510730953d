// A client that stays: messages to it, pushed from any thread, sent as server-sent events or as WebSocket text.
//
// The handler makes a stream, keeps it, and answers with EventStreamResponse or WebSocketResponse. What waits for a
// client is bounded: one that does not take its messages is dropped, and nobody else notices.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/mutex.h"
#include "common/http/message.h"

namespace odometer::http {

enum class LiveProtocol { kServerSentEvents, kWebSocket };

// `text` is UTF-8 and may be shared by many streams. `id` and `event` are those of server-sent events, without line
// breaks; empty: none. Without text only the id is told, which a client takes over without noticing an event.
struct LiveMessage {
  std::shared_ptr<const std::string> text;
  std::string id;
  std::string event;

  size_t bytes() const { return (text ? text->size() : 0) + id.size() + event.size(); }
};

// Thread-safe.
class LiveStream : public std::enable_shared_from_this<LiveStream> {
 public:
  // More waiting bytes than that and the client is dropped; a single message may be larger.
  static constexpr size_t kMaxQueuedBytes = 4 << 20;

  enum class State {
    kOpen,
    kEnding,   // no more messages; those that wait are still sent
    kTooSlow,  // dropped: too many waited; remains so when the client is gone
    kGone,     // there is no client, or no longer
  };

  explicit LiveStream(LiveProtocol protocol, size_t max_queued_bytes = kMaxQueuedBytes)
      : protocol_(protocol), max_queued_bytes_(max_queued_bytes) {}

  LiveProtocol protocol() const { return protocol_; }

  // --- For who has something to say ---
  // False when it will not be sent: the stream is not open, or no longer after this.
  bool Push(LiveMessage message);
  // Whether half of what may wait is free: for who can wait for the client instead of losing it.
  bool HasRoom() const;
  // Nothing follows.
  void End();
  State state() const;

  // --- For the answer ---
  // The client's end: once the last copy is gone, so is the client.
  std::shared_ptr<LiveStream> ClientEnd();

  // --- For the connection ---
  // Before Attach: the client stays only while that is true. Without it, as long as it likes.
  void AdmitWhile(std::function<bool()> admitted) { admitted_ = std::move(admitted); }
  bool admitted() const { return !admitted_ || admitted_(); }
  // `wake` is called, from any thread, when there is something to take or the state has changed; not again before the
  // next Take that gives nothing.
  void Attach(std::function<void()> wake);
  std::optional<LiveMessage> Take();
  size_t queued_bytes() const;

 private:
  void Leave();
  // Gives what is to be called without the lock; may be null.
  std::function<void()> NeedsWake() ODOMETER_REQUIRES(mutex_);

  const LiveProtocol protocol_;
  const size_t max_queued_bytes_;
  std::function<bool()> admitted_;
  mutable Mutex mutex_;
  State state_ ODOMETER_GUARDED_BY(mutex_) = State::kOpen;
  std::deque<LiveMessage> queue_ ODOMETER_GUARDED_BY(mutex_);
  size_t queued_bytes_ ODOMETER_GUARDED_BY(mutex_) = 0;
  bool woken_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::function<void()> wake_ ODOMETER_GUARDED_BY(mutex_);
};

// 200, and then events as long as both stay.
Response EventStreamResponse(const std::shared_ptr<LiveStream>& stream);

// What is wrong with a request that should open a WebSocket (RFC 6455, 4.2.1); nothing when it may be answered with
// WebSocketResponse. A plain GET is a 400, another version a 426.
std::optional<Response> RefuseWebSocket(const Request& request);
// 101. `key`: the request's Sec-WebSocket-Key.
Response WebSocketResponse(std::string_view key, const std::shared_ptr<LiveStream>& stream);

}  // namespace odometer::http
