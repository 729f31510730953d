#include "common/http/connection.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "common/base/log.h"

namespace odometer::http {
namespace {

// How much one connection may read, make or write before the others have their turn.
constexpr size_t kTurnBytes = 256 << 10;
// Requests of one connection that may be under way at once; more wait in the socket.
constexpr size_t kMaxPipelined = 64;
// What a connection may hold however much all of them do: a head, a small body, a small answer.
constexpr size_t kAlwaysBuffered = 64 << 10;
// How long a lingering connection waits for another byte or the end.
constexpr int64_t kLingerQuietMs = 2'000;

int64_t SteadyMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Spend(size_t amount, size_t* budget) { *budget -= std::min(amount, *budget); }

// Lower-case hexadecimal, as chunk sizes are written.
std::string ChunkHead(size_t size) { return fmt::format("{:x}\r\n", size); }

Response Unavailable(std::string_view code, std::string_view message) {
  return Response::Error(503, code, message).With("Retry-After", "1");
}

}  // namespace

Connection::Connection(uint64_t id, int socket, ConnectionContext* context)
    : id_(id),
      socket_(socket),
      context_(*context),
      parser_({context->options.max_head_bytes, context->options.max_body_bytes}),
      last_activity_ms_(context->now_ms),
      last_write_ms_(context->now_ms) {}

Connection::~Connection() {
  if (live_) --context_.live_clients;
  CountBuffered(0);
}

void Connection::SocketReady() {
  readable_ = !end_of_input_;
  writable_ = true;
}

void Connection::Run() {
  size_t budget = kTurnBytes;
  wants_turn_ = false;
  bool progress = true;
  while (progress && phase_ == Phase::kServing && budget > 0) {
    progress = Read(&budget);
    progress = Emit(&budget) || progress;
    progress = Write(&budget) || progress;
    CountBuffered(BufferedBytes());
    progress = GiveWay() || progress;
    EndIfDone();
  }
  while (phase_ == Phase::kLingering && budget > 0 && Linger(&budget)) {
  }
  CountBuffered(BufferedBytes());
  wants_turn_ = budget == 0 && phase_ != Phase::kClosed;
}

bool Connection::Paused() const {
  return last_request_taken_ || answers_.size() >= kMaxPipelined ||
         (!answers_.empty() && answers_.back().asks_upgrade) ||
         output_.bytes() >= context_.options.max_unsent_bytes;
}

bool Connection::Read(size_t* budget) {
  if (live_) return ReadLive(budget);
  bool progress = false;
  while (!Paused() && *budget > 0) {
    if (!unparsed_.empty()) {
      std::string input = std::exchange(unparsed_, {});
      std::string_view rest = input;
      Parse(&rest);
      unparsed_.assign(rest);
      progress = true;
      continue;
    }
    if (!readable_ || end_of_input_) break;
    std::optional<std::string_view> received = Receive();
    if (!received) break;
    progress = true;
    if (received->empty()) {
      end_of_input_ = true;
      break;
    }
    last_activity_ms_ = context_.now_ms;
    Spend(received->size(), budget);
    std::string_view input = *received;
    Parse(&input);
    unparsed_.assign(input);
  }
  return progress;
}

std::optional<std::string_view> Connection::Receive() {
  ssize_t count = -1;
  do {
    count = recv(socket_, context_.read_buffer.data(), context_.read_buffer.size(), MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return std::string_view(context_.read_buffer.data(), static_cast<size_t>(count));
  readable_ = false;
  if (errno != EAGAIN && errno != EWOULDBLOCK) CloseBroken(errno);
  return std::nullopt;
}

void Connection::Parse(std::string_view* input) {
  while (!input->empty() && !Paused()) {
    if (!parser_.started()) request_started_ms_ = context_.now_ms;
    switch (parser_.Feed(input)) {
      case RequestParser::Event::kMore:
        return;
      case RequestParser::Event::kContinue:
        // After the answers of the requests before it, and not at all when the body is coming anyway.
        if (input->empty()) answers_.push_back({.state = PendingAnswerSlot::State::kContinue});
        break;
      case RequestParser::Event::kRequest:
        TakeRequest();
        break;
      case RequestParser::Event::kError:
        RefuseRequest(parser_.error());
        return;
    }
  }
}

void Connection::TakeRequest() {
  Request request = std::move(parser_.request());
  PendingAnswerSlot slot;
  slot.form = {request.method == Method::kHead, parser_.http_1_0(), parser_.keep_alive()};
  slot.method = request.method;
  slot.started_ms = context_.now_ms;
  slot.started_us = SteadyMicros();
  slot.asks_upgrade = request.Header("upgrade").has_value();
  parser_.Reset();
  last_request_taken_ = !slot.form.keep_alive;
  uint64_t sequence = first_sequence_ + answers_.size();
  answers_.push_back(std::move(slot));
  PendingAnswerSlot& kept = answers_.back();
  kept.route = context_.dispatch(id_, sequence, &request);
}

void Connection::RefuseRequest(Response error) {
  PendingAnswerSlot slot;
  slot.state = PendingAnswerSlot::State::kReady;
  slot.form = {parser_.request().method == Method::kHead, parser_.http_1_0(), /*keep_alive=*/false};
  slot.method = parser_.request().method;
  slot.started_ms = context_.now_ms;
  slot.started_us = SteadyMicros();
  slot.response = std::move(error);
  answers_.push_back(std::move(slot));
  last_request_taken_ = true;
  parser_.Reset();
}

void Connection::Answer(uint64_t sequence, Response response) {
  if (phase_ != Phase::kServing || sequence < first_sequence_) return;
  uint64_t place = sequence - first_sequence_;
  if (place >= answers_.size() || answers_[place].state != PendingAnswerSlot::State::kWaiting) return;
  answers_[place].state = PendingAnswerSlot::State::kReady;
  answers_[place].response = std::move(response);
}

void Connection::WakeStream(uint64_t sequence) {
  if (sequence == first_sequence_) stream_waits_ = false;
}

bool Connection::Emit(size_t* budget) {
  if (live_) return EmitLive(budget);
  bool progress = false;
  while (!answers_.empty() && phase_ == Phase::kServing && *budget > 0 &&
         output_.bytes() < context_.options.max_unsent_bytes) {
    if (output_.empty()) last_write_ms_ = context_.now_ms;
    if (streaming_ && stream_waits_) break;
    if (streaming_) {
      PumpStream(budget);
    } else if (answers_.front().state == PendingAnswerSlot::State::kWaiting) {
      break;
    } else {
      EmitFront();
    }
    progress = true;
    if (live_) break;
  }
  return progress;
}

void Connection::EmitFront() {
  PendingAnswerSlot& slot = answers_.front();
  if (slot.state == PendingAnswerSlot::State::kContinue) {
    output_.Append("HTTP/1.1 100 Continue\r\n\r\n");
    PopFront();
    return;
  }
  if (slot.response.live != nullptr) RefuseLive(&slot);
  // Only the very last answer may announce the end: a client must ignore what comes after that.
  if (finishing_ && last_request_taken_ && answers_.size() == 1) slot.form.keep_alive = false;
  stream_kind_ = context_.encoder.Encode(&slot.response, slot.form, context_.wall_ms, &output_);
  context_.metrics.Record(slot.route, slot.method, slot.response.status,
                          static_cast<double>(SteadyMicros() - slot.started_us) / 1e6);
  if (stream_kind_ == BodyKind::kLive) return StartLive();
  streaming_ = stream_kind_ != BodyKind::kComplete;
  stream_waits_ = false;
  if (stream_kind_ == BodyKind::kUntilClose) {
    last_request_taken_ = true;
    answers_.erase(answers_.begin() + 1, answers_.end());  // no other answer can follow
  }
  if (!streaming_) PopFront();
}

void Connection::PumpStream(size_t* budget) {
  std::string chunk;
  bool more = false;
  try {
    more = answers_.front().response.stream(&chunk);
  } catch (const std::exception& error) {
    LogError("http", "a streamed answer failed error=\"{}\"", error.what());
    Close();  // the client sees that the answer is incomplete
    return;
  } catch (...) {
    LogError("http", "a streamed answer failed");
    Close();
    return;
  }
  stream_waits_ = chunk.empty() && more && answers_.front().response.stream_waker != nullptr;
  if (stream_waits_) return;
  // An empty chunk ends the turn: the stream has nothing to give at the moment.
  Spend(chunk.empty() ? kTurnBytes : chunk.size(), budget);
  if (!chunk.empty() && stream_kind_ == BodyKind::kChunks) {
    output_.Append(ChunkHead(chunk.size()));
    chunk.append("\r\n");
  }
  output_.Append(std::move(chunk));
  if (more) return;
  if (stream_kind_ == BodyKind::kChunks) output_.Append("0\r\n\r\n");
  streaming_ = false;
  PopFront();
}

void Connection::PopFront() {
  answers_.pop_front();
  ++first_sequence_;
}

bool Connection::Write(size_t* budget) {
  if (output_.empty() || !writable_ || phase_ != Phase::kServing) return false;
  size_t taken = 0;
  OutputQueue::Sent sent = output_.SendTo(socket_, *budget, &taken);
  if (sent == OutputQueue::Sent::kFailed) {
    CloseBroken(errno);
    return true;
  }
  if (taken > 0) last_activity_ms_ = last_write_ms_ = context_.now_ms;
  if (sent == OutputQueue::Sent::kBlocked && taken < *budget) {
    writable_ = false;
    if (!watches_writable_) {
      watches_writable_ = true;
      context_.watch_writable(socket_);
    }
  }
  Spend(taken, budget);
  return taken > 0;
}

void Connection::CloseBroken(int error) {
  if (live_ && error == ETIMEDOUT) DropLive("write_timeout");  // the kernel was first, see StartLive
  Close();
}

void Connection::EndIfDone() {
  if (phase_ != Phase::kServing || !answers_.empty() || !output_.empty()) return;
  if (end_of_input_ && (unparsed_.empty() || last_request_taken_)) {
    Close();
  } else if (last_request_taken_) {
    shutdown(socket_, SHUT_WR);
    phase_ = Phase::kLingering;
    linger_since_ms_ = last_activity_ms_ = context_.now_ms;
  }
}

bool Connection::Linger(size_t* budget) {
  if (!readable_) return false;
  ssize_t count = recv(socket_, context_.read_buffer.data(), context_.read_buffer.size(), MSG_DONTWAIT);
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    readable_ = false;
    return false;
  }
  drained_bytes_ += count > 0 ? static_cast<size_t>(count) : 0;
  if (count <= 0 || drained_bytes_ > context_.options.max_drain_bytes) {
    Close();
    return false;
  }
  last_activity_ms_ = context_.now_ms;
  Spend(static_cast<size_t>(count), budget);
  return true;
}

void Connection::CheckDeadlines() {
  const ServerOptions& options = context_.options;
  const int64_t now = context_.now_ms;
  if (phase_ == Phase::kLingering) {
    if (now - linger_since_ms_ >= options.request_timeout_ms || now - last_activity_ms_ >= kLingerQuietMs) Close();
    return;
  }
  if (phase_ != Phase::kServing) return;
  if (!output_.empty() && now - last_write_ms_ >= options.write_timeout_ms) {
    if (live_) DropLive("write_timeout");
    Close();
    return;
  }
  if (live_) return CheckLive();
  for (size_t i = 0; i < answers_.size(); ++i) {
    if (answers_[i].state != PendingAnswerSlot::State::kWaiting) continue;
    if (now - answers_[i].started_ms < options.response_timeout_ms) break;
    Answer(first_sequence_ + i,
           Unavailable("timeout", "the answer took too long; what was asked for may still be done"));
  }
  if (Paused()) {
    request_started_ms_ = now;  // it is us who do not read
  } else if (parser_.started() && now - request_started_ms_ >= options.request_timeout_ms) {
    RefuseRequest(Response::Error(408, "request_timeout", "the request did not arrive in time"));
  } else if (idle() && now - last_activity_ms_ >= options.idle_timeout_ms) {
    Close();
  }
}

size_t Connection::BufferedBytes() const {
  if (phase_ != Phase::kServing) return 0;
  size_t bytes = parser_.buffered_bytes() + unparsed_.size() + output_.bytes();
  for (const PendingAnswerSlot& slot : answers_) bytes += slot.response.body.size();
  if (live_) bytes += live_->stream->queued_bytes();
  return bytes;
}

void Connection::CountBuffered(size_t bytes) {
  if (bytes == counted_bytes_) return;
  context_.buffered_bytes += bytes - counted_bytes_;  // modulo 2^64, so it may be less
  counted_bytes_ = bytes;
}

bool Connection::GiveWay() {
  if (counted_bytes_ <= kAlwaysBuffered || context_.buffered_bytes <= context_.options.max_buffered_bytes) return false;
  if (!output_.empty() && !writable_) {
    if (live_) DropLive("overloaded");
    Close();
    return true;
  }
  if (!parser_.started() || Paused()) return false;
  RefuseRequest(Unavailable("overloaded", "the server holds too many large requests; try again later"));
  return true;
}

void Connection::Refuse() {
  RefuseRequest(Unavailable("too_many_connections", "the server has too many connections; try again later"));
}

void Connection::Finish() {
  finishing_ = true;
  if (live_) LeaveLive();
  Run();
  last_request_taken_ = true;
}

}  // namespace odometer::http
