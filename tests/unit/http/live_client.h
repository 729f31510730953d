// Streams under the test's control, and WebSocket frames as bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/http/live_stream.h"
#include "tests/unit/http/raw_client.h"

namespace odometer::http {

inline LiveMessage Message(std::string text, std::string id = "", std::string event = "") {
  return {std::make_shared<const std::string>(std::move(text)), std::move(id), std::move(event)};
}

// GET /events and /socket; their streams in the order in which they came.
class LiveRoutes {
 public:
  Router NewRouter() {
    Router router = EchoRouter();
    router.AddSimple(Method::kGet, "/events", [this](const Request&) {
      return EventStreamResponse(Add(LiveProtocol::kServerSentEvents));
    });
    router.AddSimple(Method::kGet, "/socket", [this](const Request& request) {
      if (auto refusal = RefuseWebSocket(request)) return std::move(*refusal);
      return WebSocketResponse(*request.Header("sec-websocket-key"), Add(LiveProtocol::kWebSocket));
    });
    return router;
  }
  std::shared_ptr<LiveStream> Stream(size_t number) {
    MutexLock lock(mutex_);
    while (streams_.size() <= number) added_.Wait(mutex_);
    return streams_[number];
  }
  void PushToAll(const LiveMessage& message) {
    MutexLock lock(mutex_);
    for (const auto& stream : streams_) stream->Push(message);
  }

 private:
  std::shared_ptr<LiveStream> Add(LiveProtocol protocol) {
    MutexLock lock(mutex_);
    streams_.push_back(std::make_shared<LiveStream>(protocol));
    added_.NotifyAll();
    return streams_.back();
  }

  Mutex mutex_;
  CondVar added_;
  std::vector<std::shared_ptr<LiveStream>> streams_ ODOMETER_GUARDED_BY(mutex_);
};

// The key and the answer to it are those of RFC 6455, 1.3.
inline std::string Handshake(const std::string& target = "/socket") {
  return Get(target,
             "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
}

struct Frame {
  int first_byte = -1;  // FIN, RSV and opcode; -1: the connection ended
  std::string payload;
  // Of a close frame; 0: it has none.
  int code() const {
    return payload.size() < 2 ? 0 : static_cast<uint8_t>(payload[0]) * 256 + static_cast<uint8_t>(payload[1]);
  }
};

inline constexpr int kText = 0x81, kClose = 0x88, kPing = 0x89, kPong = 0x8a;

// As a client sends it.
inline std::string ClientFrame(int first_byte, std::string payload, bool masked = true) {
  std::string frame(1, static_cast<char>(first_byte));
  const int mask_bit = masked ? 0x80 : 0;
  auto big_endian = [&](uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(value >> (8 * i) & 0xff);
  };
  if (payload.size() < 126) {
    big_endian(payload.size() | static_cast<uint64_t>(mask_bit), 1);
  } else if (payload.size() < 65'536) {
    big_endian(126u | static_cast<uint64_t>(mask_bit), 1);
    big_endian(payload.size(), 2);
  } else {
    big_endian(127u | static_cast<uint64_t>(mask_bit), 1);
    big_endian(payload.size(), 8);
  }
  if (masked) {
    constexpr std::string_view kMask = "\x12\x34\x56\x78";
    frame += kMask;
    for (size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return frame + payload;
}

// As a server sends it: a masked one is a failure.
inline Frame ReadFrame(RawClient* client) {
  Frame frame;
  std::string head = client->Take(2);
  if (head.size() < 2) return frame;
  uint64_t length = static_cast<uint8_t>(head[1]);
  EXPECT_LT(length, 128u) << "a server must not mask";
  if (length == 126 || length == 127) {
    std::string bytes = client->Take(length == 126 ? 2 : 8);
    length = 0;
    for (char c : bytes) length = length << 8 | static_cast<uint8_t>(c);
  }
  frame.first_byte = static_cast<uint8_t>(head[0]);
  frame.payload = client->Take(length);
  return frame;
}

// A connection whose handshake is done.
class SocketClient : public RawClient {
 public:
  explicit SocketClient(int port, int receive_buffer_bytes = 0, const std::string& behind = "")
      : RawClient(port, receive_buffer_bytes) {
    Send(Handshake() + behind);
    answer = Read(/*to_head=*/true);
  }
  Frame Next() { return ReadFrame(this); }

  RawAnswer answer;
};

// Only a defect makes it wait for ever.
template <typename Condition>
void WaitUntil(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

}  // namespace odometer::http
