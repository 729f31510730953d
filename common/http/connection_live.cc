// The part of a connection that has left HTTP: a WebSocket, or server-sent events.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "common/http/connection.h"

namespace odometer::http {
namespace {

// Messages are taken from the stream, where they are shared and counted, only when so little is left to send.
constexpr size_t kWrittenAhead = 64 << 10;
constexpr int kSilentKeepAlives = 3;

}  // namespace

void Connection::RefuseLive(PendingAnswerSlot* slot) {
  if (slot->response.live->protocol() == LiveProtocol::kWebSocket && slot->form.http_1_0) {
    slot->response = Response::Error(400, "not_a_web_socket", "a WebSocket needs HTTP/1.1");
  } else if (context_.live_clients >= context_.options.max_live_clients) {
    slot->response = Response::Error(503, "too_many_live_clients", "the server has too many live clients; try again later")
                         .With("Retry-After", "10");
  }
}

void Connection::StartLive() {
  std::shared_ptr<LiveStream> stream = std::move(answers_.front().response.live);
  answers_.erase(answers_.begin() + 1, answers_.end());  // no other answer can follow
  last_request_taken_ = true;
  parser_.Reset();
  const bool web_socket = stream->protocol() == LiveProtocol::kWebSocket;
  if (!web_socket) unparsed_.clear();
  stream->Attach([mailbox = context_.mailbox, id = id_] { mailbox->Nudge(id); });
  live_ = std::make_unique<Live>(Live{.stream = std::move(stream),
                                      .wire = web_socket ? NewWebSocketWire() : NewEventStreamWire(),
                                      .last_kept_alive_ms = context_.now_ms,
                                      .last_heard_ms = context_.now_ms});
  ++context_.live_clients;
  // A client that has vanished takes no bytes, but the kernel takes some for it, and tries for a quarter of an hour.
  const unsigned int timeout_ms = static_cast<unsigned int>(context_.options.write_timeout_ms);
  setsockopt(socket_, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
  if (finishing_) LeaveLive();
}

bool Connection::ReadLive(size_t* budget) {
  bool progress = false;
  // A client that asks for answers and does not take them is not read.
  while (live_ && *budget > 0 && output_.bytes() < context_.options.max_unsent_bytes) {
    if (!unparsed_.empty()) {
      live_->wire->Read(std::exchange(unparsed_, {}), &output_);
      if (live_->wire->over()) FinishLive();
      progress = true;
      continue;
    }
    if (!readable_ || end_of_input_) break;
    std::optional<std::string_view> received = Receive();
    if (!received) break;
    progress = true;
    if (received->empty()) {  // gone, or about to be: nobody waits for a stream's end with half a connection
      Close();
      break;
    }
    const size_t bytes = received->size();
    last_activity_ms_ = live_->last_heard_ms = context_.now_ms;
    live_->heard_bytes += bytes;
    *budget -= std::min(bytes, *budget);
    if (live_->stream->protocol() == LiveProtocol::kServerSentEvents) {
      if (live_->heard_bytes <= context_.options.max_drain_bytes) continue;
      DropLive("talkative");  // there is nothing that it could have to say
      Close();
      break;
    }
    live_->wire->Read(*received, &output_);
    if (live_->wire->over()) FinishLive();
  }
  return progress;
}

bool Connection::EmitLive(size_t* budget) {
  bool progress = false;
  while (live_ && *budget > 0 && output_.bytes() < kWrittenAhead) {
    if (output_.empty()) last_write_ms_ = context_.now_ms;
    if (std::optional<LiveMessage> message = live_->stream->Take()) {
      *budget -= std::min(message->bytes() + 1, *budget);
      live_->wire->Write(*message, &output_);
      progress = true;
      continue;
    }
    if (live_->stream->state() != LiveStream::State::kEnding) break;
    SayLast(live_->end);
    progress = true;
  }
  if (live_ && live_->stream->state() == LiveStream::State::kTooSlow) {
    DropLive("too_slow");
    SayLast(LiveEnd::kTooSlow);
    progress = true;
  }
  return progress;
}

void Connection::CheckLive() {
  const int64_t now = context_.now_ms;
  const int64_t interval_ms = context_.options.live_keep_alive_ms;
  if (live_->wire->answers_keep_alive() && now - live_->last_heard_ms >= kSilentKeepAlives * interval_ms) {
    DropLive("silent");
    Close();
  } else if (now - live_->last_kept_alive_ms >= interval_ms) {
    live_->last_kept_alive_ms = now;
    if (!live_->stream->admitted()) {
      DropLive("revoked");
      return SayLast(LiveEnd::kRevoked);
    }
    if (output_.empty()) last_write_ms_ = now;
    // One that has not taken the last one yet needs no other.
    if (output_.bytes() < kWrittenAhead) live_->wire->KeepAlive(&output_);
  }
}

void Connection::LeaveLive() {
  live_->end = LiveEnd::kGoingAway;
  live_->stream->End();
}

void Connection::SayLast(LiveEnd end) {
  live_->wire->End(end, &output_);
  FinishLive();
}

void Connection::FinishLive() {
  live_.reset();
  --context_.live_clients;
  unparsed_.clear();
  PopFront();
}

void Connection::DropLive(const std::string& reason) {
  context_.metrics.RecordDropped(reason);
  LogInfo("http", "a live client was dropped reason={}", reason);
}

}  // namespace odometer::http
