// RFC 6455 frames, by wslay: it checks masks, fragments, lengths of control frames and UTF-8, answers pings, and does
// the closing handshake. It never sees a socket: bytes go in through Read and come out into the OutputQueue.
#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "common/http/live_wire.h"

namespace odometer::http {
namespace {

// Of a client's message, however many frames it has. Nothing of it is kept.
constexpr uint64_t kMaxMessageBytes = 64 << 10;

class WebSocketWire final : public LiveWire {
 public:
  WebSocketWire() {
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = Receive;
    callbacks.send_callback = Send;
    callbacks.on_frame_recv_start_callback = FrameBegins;
    if (wslay_event_context_server_init(&context_, &callbacks, this) != 0) throw std::bad_alloc();
    wslay_event_config_set_no_buffering(context_, 1);
    wslay_event_config_set_max_recv_msg_length(context_, kMaxMessageBytes);
  }
  ~WebSocketWire() override { wslay_event_context_free(context_); }
  WebSocketWire(const WebSocketWire&) = delete;
  WebSocketWire& operator=(const WebSocketWire&) = delete;

  void Write(const LiveMessage& message, OutputQueue* out) override {
    if (message.text) Queue(WSLAY_TEXT_FRAME, *message.text);
    Flush(out);
  }
  void Read(std::string_view bytes, OutputQueue* out) override {
    input_ = bytes;
    if (wslay_event_recv(context_) != 0) failed_ = true;
    input_ = {};
    Flush(out);
  }
  void KeepAlive(OutputQueue* out) override {
    Queue(WSLAY_PING, "");
    Flush(out);
  }
  bool answers_keep_alive() const override { return true; }
  void End(LiveEnd end, OutputQueue* out) override {
    switch (end) {
      case LiveEnd::kDone:
        QueueClose(WSLAY_CODE_NORMAL_CLOSURE, "");
        break;
      case LiveEnd::kGoingAway:
        QueueClose(WSLAY_CODE_GOING_AWAY, "stopping");
        break;
      case LiveEnd::kTooSlow:
        QueueClose(WSLAY_CODE_POLICY_VIOLATION, "too slow");
        break;
      case LiveEnd::kRevoked:
        QueueClose(WSLAY_CODE_POLICY_VIOLATION, "no longer authorized");
        break;
    }
    Flush(out);
  }
  bool over() const override { return failed_ || wslay_event_get_close_sent(context_) != 0; }

 private:
  // Refused only once the closing has begun, which over() tells.
  void Queue(uint8_t opcode, std::string_view text) {
    wslay_event_msg message{opcode, reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    if (wslay_event_queue_msg(context_, &message) == WSLAY_ERR_NOMEM) throw std::bad_alloc();
  }
  void QueueClose(uint16_t code, std::string_view reason) {
    int queued = wslay_event_queue_close(context_, code, reinterpret_cast<const uint8_t*>(reason.data()), reason.size());
    if (queued == WSLAY_ERR_NOMEM) throw std::bad_alloc();
  }
  void Flush(OutputQueue* out) {
    out_ = out;
    if (wslay_event_send(context_) != 0) failed_ = true;
    out_ = nullptr;
  }

  // wslay's callbacks: C, so nothing may be thrown.
  static ssize_t Receive(wslay_event_context_ptr context, uint8_t* buffer, size_t size, int, void* self) noexcept {
    std::string_view& input = static_cast<WebSocketWire*>(self)->input_;
    if (input.empty()) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const size_t count = std::min(size, input.size());
    std::memcpy(buffer, input.data(), count);
    input.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  static ssize_t Send(wslay_event_context_ptr context, const uint8_t* data, size_t size, int, void* self) noexcept {
    try {
      static_cast<WebSocketWire*>(self)->out_->Append(std::string(reinterpret_cast<const char*>(data), size));
      return static_cast<ssize_t>(size);
    } catch (...) {
      wslay_event_set_error(context, WSLAY_ERR_CALLBACK_FAILURE);
      return -1;
    }
  }
  // wslay looks at the length of each frame only, since it does not keep messages.
  static void FrameBegins(wslay_event_context_ptr context, const wslay_event_on_frame_recv_start_arg* frame,
                          void* self) noexcept {
    if (wslay_is_ctrl_frame(frame->opcode)) return;
    uint64_t& bytes = static_cast<WebSocketWire*>(self)->message_bytes_;
    if (frame->opcode != WSLAY_CONTINUATION_FRAME) bytes = 0;
    bytes += frame->payload_length;
    if (bytes <= kMaxMessageBytes) return;
    wslay_event_shutdown_read(context);
    static_cast<void>(wslay_event_queue_close(context, WSLAY_CODE_MESSAGE_TOO_BIG, reinterpret_cast<const uint8_t*>(""), 0));
  }

  wslay_event_context_ptr context_ = nullptr;
  std::string_view input_;      // only during Read
  OutputQueue* out_ = nullptr;  // only during Flush
  uint64_t message_bytes_ = 0;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<LiveWire> NewWebSocketWire() { return std::make_unique<WebSocketWire>(); }

}  // namespace odometer::http
