// Writes answers as HTTP/1.1 bytes.
#pragma once

#include <cstdint>
#include <string>

#include "common/http/message.h"
#include "common/http/output_queue.h"

namespace odometer::http {

// What the request means for the form of its answer.
struct AnswerForm {
  bool head_only = false;  // the request was a HEAD
  bool http_1_0 = false;
  bool keep_alive = true;
};

// How the bytes after the head are to be sent.
enum class BodyKind { kComplete, kChunks, kUntilClose, kLive };

// One per thread: keeps the Date header of the present second.
class ResponseEncoder {
 public:
  // Appends the head, and the body unless it is a stream. A response that cannot be sent as it is (a status out of
  // range, control characters in a header) is first replaced by a 500. A stream needs
  // response.stream to be run afterwards, unless `form` is head_only or the kind is kComplete; after kLive what follows
  // is response.live's.
  BodyKind Encode(Response* response, const AnswerForm& form, int64_t wall_ms, OutputQueue* out);

 private:
  const std::string& Date(int64_t wall_ms);

  int64_t date_second_ = -1;
  std::string date_;
};

// "200 OK"; "299 Unknown" where the RFCs have no name.
std::string StatusLine(int status);

}  // namespace odometer::http
