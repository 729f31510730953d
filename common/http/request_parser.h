// Frames and checks requests (RFC 9112) in a stream of bytes that may be cut anywhere.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/chunked_decoder.h"
#include "common/http/message.h"

namespace odometer::http {

struct ParserLimits {
  size_t max_head_bytes;
  size_t max_body_bytes;
};

// Not thread-safe.
class RequestParser {
 public:
  enum class Event {
    kMore,      // the input is used up
    kContinue,  // the head is read and the client waits for "100 Continue" before it sends the body
    kRequest,   // request() is complete; Reset() before the next
    kError,     // error() is the answer; what follows in the stream can no longer be trusted
  };

  explicit RequestParser(ParserLimits limits) : limits_(limits) {}

  // Takes a prefix off *input: all of it, unless the event is another than kMore. After kError not to be called again.
  Event Feed(std::string_view* input);
  void Reset();

  // A request has begun: some of its bytes were taken.
  bool started() const { return state_ != State::kHead || !head_.empty(); }

  // Of a request that is not complete.
  size_t buffered_bytes() const { return head_.size() + request_.body.size(); }

  Request& request() { return request_; }
  // Of the request, or of what of it could be read before the error.
  bool http_1_0() const { return http_1_0_; }
  // Whether the client wants to send another request on this connection.
  bool keep_alive() const { return keep_alive_; }
  const Response& error() const { return *error_; }

 private:
  enum class State { kHead, kFixedBody, kChunkedBody };

  // What the head says about connection and body.
  struct Framing {
    std::optional<std::string_view> content_length;
    bool several_content_lengths = false;
    std::string transfer_encoding;  // several are joined by commas
    bool has_transfer_encoding = false;
    std::string connection;
    std::string expect;
    int hosts = 0;
  };

  Event FeedHead(std::string_view* input);
  Event FeedBody(std::string_view* input);
  // The end of the head in `data`, just after its empty line; nullopt when it is not there yet, or an error is set.
  std::optional<size_t> FindHeadEnd(std::string_view data);
  Event ParseHead(std::string_view head);
  bool ParseRequestLine(std::string_view line);
  bool ParseHeader(std::string_view line, Framing* framing);
  Event StartBody(const Framing& framing);
  Event Fail(int status, std::string_view code, std::string_view message);
  Event TooLongHead(std::string_view data);

  const ParserLimits limits_;
  State state_ = State::kHead;
  std::string head_;        // of a head that did not come in one piece
  size_t line_start_ = 0;   // how far FindHeadEnd has come
  size_t scanned_ = 0;
  bool skipped_empty_line_ = false;

  Request request_;
  bool http_1_0_ = false;
  bool keep_alive_ = true;
  size_t body_left_ = 0;
  std::optional<ChunkedDecoder> chunked_;
  std::optional<Response> error_;
};

}  // namespace odometer::http
