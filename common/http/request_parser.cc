#include "common/http/request_parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/parse_integer.h"
#include "common/http/characters.h"
#include "common/http/header_list.h"
#include "common/http/uri.h"

namespace odometer::http {
namespace {

constexpr std::string_view kVersionPrefix = "HTTP/";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void JoinList(std::string_view value, std::string* list) {
  if (!list->empty()) list->append(",");
  list->append(ToLower(value));
}

std::optional<Method> FindMethod(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Method::kConnect); ++i) {
    if (MethodName(static_cast<Method>(i)) == name) return static_cast<Method>(i);
  }
  return std::nullopt;
}

}  // namespace

void RequestParser::Reset() {
  state_ = State::kHead;
  head_.clear();
  line_start_ = scanned_ = 0;
  skipped_empty_line_ = false;
  std::string().swap(request_.body);  // an assignment would keep the memory
  request_ = Request();
  http_1_0_ = false;
  keep_alive_ = true;
  body_left_ = 0;
  chunked_.reset();
}

RequestParser::Event RequestParser::Fail(int status, std::string_view code, std::string_view message) {
  error_ = Response::Error(status, code, message);
  keep_alive_ = false;
  return Event::kError;
}

RequestParser::Event RequestParser::Feed(std::string_view* input) {
  while (!input->empty()) {
    Event event = state_ == State::kHead ? FeedHead(input) : FeedBody(input);
    if (event != Event::kMore) return event;
  }
  return Event::kMore;
}

RequestParser::Event RequestParser::FeedHead(std::string_view* input) {
  if (head_.empty()) {
    // RFC 9112, 2.2: an empty line before the request line is left over from an older client's body.
    char first = input->front();
    if (!IsTokenCharacter(first) && (first != '\r' || skipped_empty_line_)) {
      return Fail(400, "bad_request", "this is not the beginning of an HTTP request");
    }
    std::optional<size_t> end = FindHeadEnd(*input);
    if (error_) return Event::kError;
    if (end) {
      std::string_view head = input->substr(0, *end);
      input->remove_prefix(*end);
      return ParseHead(head);
    }
    if (input->size() > limits_.max_head_bytes) return TooLongHead(*input);
    head_.assign(*input);
    input->remove_prefix(input->size());
    return Event::kMore;
  }
  size_t before = head_.size();
  head_.append(input->substr(0, limits_.max_head_bytes + 1 - before));
  std::optional<size_t> end = FindHeadEnd(head_);
  if (error_) return Event::kError;
  if (!end) {
    if (head_.size() > limits_.max_head_bytes) return TooLongHead(head_);
    input->remove_prefix(input->size());
    return Event::kMore;
  }
  input->remove_prefix(*end - before);
  head_.resize(*end);
  std::string head = std::exchange(head_, {});
  return ParseHead(head);
}

std::optional<size_t> RequestParser::FindHeadEnd(std::string_view data) {
  while (true) {
    size_t newline = data.find('\n', scanned_);
    if (newline == std::string_view::npos) {
      scanned_ = data.size();
      return std::nullopt;
    }
    scanned_ = newline + 1;
    if (newline == line_start_ || data[newline - 1] != '\r') {
      Fail(400, "bad_request", "lines must end in CR LF");
      return std::nullopt;
    }
    bool empty_line = newline == line_start_ + 1;
    line_start_ = scanned_;
    if (empty_line) return scanned_;
  }
}

RequestParser::Event RequestParser::TooLongHead(std::string_view data) {
  if (data.substr(0, limits_.max_head_bytes).find('\n') == std::string_view::npos) {
    return Fail(414, "uri_too_long", "the request line is longer than the limit");
  }
  return Fail(431, "headers_too_large", "the request head is longer than the limit");
}

RequestParser::Event RequestParser::ParseHead(std::string_view head) {
  if (head.size() > limits_.max_head_bytes) return TooLongHead(head);
  line_start_ = scanned_ = 0;
  if (head.size() == 2) {  // only the empty line that may come before a request
    skipped_empty_line_ = true;
    return Event::kMore;
  }
  head.remove_suffix(2);
  size_t end = head.find("\r\n");
  if (!ParseRequestLine(head.substr(0, end))) return Event::kError;
  head.remove_prefix(end + 2);
  Framing framing;
  while (!head.empty()) {
    end = head.find("\r\n");
    if (!ParseHeader(head.substr(0, end), &framing)) return Event::kError;
    head.remove_prefix(end + 2);
  }
  return StartBody(framing);
}

bool RequestParser::ParseRequestLine(std::string_view line) {
  auto fail = [&](int status, std::string_view code, std::string_view message) {
    Fail(status, code, message);
    return false;
  };
  size_t first_space = line.find(' ');
  size_t last_space = line.rfind(' ');
  if (first_space == std::string_view::npos || first_space == last_space) {
    return fail(400, "bad_request", "the request line must be: METHOD TARGET HTTP/1.1");
  }
  std::string_view method = line.substr(0, first_space);
  std::string_view target = line.substr(first_space + 1, last_space - first_space - 1);
  std::string_view version = line.substr(last_space + 1);

  if (!std::all_of(method.begin(), method.end(), IsTokenCharacter) || method.empty()) {
    return fail(400, "bad_request", "the method is not a word");
  }
  if (target.empty() || !std::all_of(target.begin(), target.end(), [](char c) {
        return IsFieldText(c) && c != ' ' && c != '\t' && c != '#';
      })) {
    return fail(400, "bad_request", "the request target has characters that must be percent-encoded");
  }
  if (version.size() != 8 || version.substr(0, 5) != kVersionPrefix || !IsDigit(version[5]) || version[6] != '.' ||
      !IsDigit(version[7])) {
    return fail(400, "bad_request", "the request line must end in HTTP/1.1");
  }
  if (version[5] != '1' || version[7] > '1') {
    return fail(505, "http_version_not_supported", "only HTTP/1.1 and HTTP/1.0 are served");
  }
  http_1_0_ = version[7] == '0';
  std::optional<Method> known = FindMethod(method);
  if (!known || *known == Method::kConnect) return fail(501, "not_implemented", "this method is not implemented");
  request_.method = *known;
  if (Status status = ParseTarget(target, &request_); !status.ok()) return fail(400, "bad_request", status.message());
  if (target == "*" && *known != Method::kOptions) return fail(400, "bad_request", "only OPTIONS may have the target *");
  return true;
}

bool RequestParser::ParseHeader(std::string_view line, Framing* framing) {
  auto fail = [&](std::string_view message) {
    Fail(400, "bad_request", message);
    return false;
  };
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return fail("a header has no colon");
  std::string_view raw_name = line.substr(0, colon);
  // This also refuses a line that continues the one before it, and a space before the colon.
  if (raw_name.empty() || !std::all_of(raw_name.begin(), raw_name.end(), IsTokenCharacter)) {
    return fail("a header's name has characters that are not allowed");
  }
  std::string_view value = Trim(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), IsFieldText)) return fail("a header has control characters");

  std::string name = ToLower(raw_name);
  if (name == "content-length") {
    framing->several_content_lengths = framing->content_length.has_value();
    framing->content_length = value;
  } else if (name == "transfer-encoding") {
    framing->has_transfer_encoding = true;
    JoinList(value, &framing->transfer_encoding);
  } else if (name == "connection") {
    JoinList(value, &framing->connection);
  } else if (name == "expect") {
    JoinList(value, &framing->expect);
  } else if (name == "host") {
    ++framing->hosts;
  }
  request_.headers.emplace_back(std::move(name), std::string(value));
  return true;
}

RequestParser::Event RequestParser::StartBody(const Framing& framing) {
  keep_alive_ = http_1_0_ ? ListHas(framing.connection, "keep-alive") : !ListHas(framing.connection, "close");
  if (framing.hosts > 1 || (framing.hosts == 0 && !http_1_0_)) {
    return Fail(400, "bad_request", "HTTP/1.1 needs exactly one Host header");
  }
  bool waits = !framing.expect.empty() && !http_1_0_;
  if (waits && framing.expect != "100-continue") {
    return Fail(417, "expectation_failed", "only Expect: 100-continue is known");
  }
  if (framing.has_transfer_encoding) {
    if (framing.content_length) return Fail(400, "bad_request", "Transfer-Encoding and Content-Length contradict");
    if (http_1_0_) return Fail(400, "bad_request", "HTTP/1.0 has no Transfer-Encoding");
    if (framing.transfer_encoding != "chunked") {
      return Fail(501, "not_implemented", "the only transfer coding that is known is chunked");
    }
    chunked_.emplace(limits_.max_body_bytes, limits_.max_head_bytes);
    state_ = State::kChunkedBody;
    return waits ? Event::kContinue : Event::kMore;
  }
  if (!framing.content_length) return Event::kRequest;
  const std::optional<uint64_t> length = ParseInteger<uint64_t>(*framing.content_length);
  if (framing.several_content_lengths || !length) {
    return Fail(400, "bad_request", "Content-Length must be one whole number");
  }
  if (*length > limits_.max_body_bytes) return Fail(413, "content_too_large", "the body is larger than the limit");
  if (*length == 0) return Event::kRequest;
  body_left_ = static_cast<size_t>(*length);
  state_ = State::kFixedBody;
  return waits ? Event::kContinue : Event::kMore;
}

RequestParser::Event RequestParser::FeedBody(std::string_view* input) {
  if (state_ == State::kFixedBody) {
    size_t taken = std::min(body_left_, input->size());
    request_.body.append(input->substr(0, taken));
    input->remove_prefix(taken);
    body_left_ -= taken;
    return body_left_ == 0 ? Event::kRequest : Event::kMore;
  }
  switch (chunked_->Feed(input, &request_.body)) {
    case ChunkedDecoder::State::kMore:
      return Event::kMore;
    case ChunkedDecoder::State::kDone:
      return Event::kRequest;
    case ChunkedDecoder::State::kTooLarge:
      return Fail(413, "content_too_large", "the body is larger than the limit");
    case ChunkedDecoder::State::kMalformed:
      break;
  }
  return Fail(400, "bad_request", "the body's chunks are malformed");
}

}  // namespace odometer::http
