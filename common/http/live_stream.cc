#include "common/http/live_stream.h"

#include <utility>

namespace odometer::http {
namespace {

// What a waiting message takes beside its bytes.
constexpr size_t kMessageOverhead = 64;

}  // namespace

bool LiveStream::Push(LiveMessage message) {
  std::function<void()> wake;
  bool pushed = false;
  {
    std::deque<LiveMessage> dropped;
    MutexLock lock(mutex_);
    if (state_ != State::kOpen) return false;
    const size_t bytes = message.bytes() + kMessageOverhead;
    pushed = queue_.empty() || queued_bytes_ + bytes <= max_queued_bytes_;
    if (pushed) {
      queue_.push_back(std::move(message));
      queued_bytes_ += bytes;
    } else {
      state_ = State::kTooSlow;
      dropped.swap(queue_);
      queued_bytes_ = 0;
    }
    wake = NeedsWake();
  }
  if (wake) wake();
  return pushed;
}

bool LiveStream::HasRoom() const {
  MutexLock lock(mutex_);
  return queued_bytes_ < max_queued_bytes_ / 2;
}

void LiveStream::End() {
  std::function<void()> wake;
  {
    MutexLock lock(mutex_);
    if (state_ != State::kOpen) return;
    state_ = State::kEnding;
    wake = NeedsWake();
  }
  if (wake) wake();
}

LiveStream::State LiveStream::state() const {
  MutexLock lock(mutex_);
  return state_;
}

std::shared_ptr<LiveStream> LiveStream::ClientEnd() {
  return {this, [self = shared_from_this()](LiveStream*) { self->Leave(); }};
}

void LiveStream::Attach(std::function<void()> wake) {
  MutexLock lock(mutex_);
  wake_ = std::move(wake);
}

std::optional<LiveMessage> LiveStream::Take() {
  MutexLock lock(mutex_);
  if (queue_.empty()) {
    woken_ = false;
    return std::nullopt;
  }
  LiveMessage message = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= message.bytes() + kMessageOverhead;
  return message;
}

size_t LiveStream::queued_bytes() const {
  MutexLock lock(mutex_);
  return queued_bytes_;
}

void LiveStream::Leave() {
  std::deque<LiveMessage> dropped;
  MutexLock lock(mutex_);
  if (state_ != State::kTooSlow) state_ = State::kGone;
  wake_ = nullptr;
  dropped.swap(queue_);
  queued_bytes_ = 0;
}

std::function<void()> LiveStream::NeedsWake() {
  if (!wake_ || std::exchange(woken_, true)) return nullptr;
  return wake_;
}

Response EventStreamResponse(const std::shared_ptr<LiveStream>& stream) {
  Response response;
  response.content_type = "text/event-stream";
  // Proxies that gather an answer before they pass it on would hold it back for ever.
  response.With("Cache-Control", "no-store").With("X-Accel-Buffering", "no");
  response.live = stream->ClientEnd();
  return response;
}

}  // namespace odometer::http
