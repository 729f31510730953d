// What a handler sees of a request, and what it answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/model/event.h"

namespace odometer::http {

class LiveStream;

enum class Method : uint8_t { kGet, kHead, kPost, kPut, kDelete, kPatch, kOptions, kTrace, kQuery, kConnect };
std::string_view MethodName(Method method);

// Owns its strings; complete and checked: the head within limits, the body of exactly the announced length.
class Request {
 public:
  Method method = Method::kGet;
  std::string target;                 // as sent: "/data/metrics/a%2Fb?x=1"
  std::vector<std::string> segments;  // of the path, percent-decoded one by one: {"data", "metrics", "a/b"}
  bool trailing_slash = false;        // "/metric/" and "/metric" are different routes where a dialect says so
  std::vector<std::pair<std::string, std::string>> query;    // in order, percent- and plus-decoded, may hold any bytes
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::vector<std::string> path_params;                      // what the route's {…} segments matched, in order
  std::string body;

  // Whose data the request is about: what a handler reads and writes is this org's and no other's. Comes from the token
  // alone (gate.h), so it is never what the client says it is.
  std::string org = std::string(kDefaultOrg);
  // By a token, or a browser's session: else no tokens are configured, or the route needs none.
  bool authenticated = false;

  // The first of that name; nothing when there is none.
  std::optional<std::string_view> Query(std::string_view name) const;
  std::optional<std::string_view> Header(std::string_view name) const;
};

// Wakes a stream that has nothing to give at the moment. Thread-safe; may outlive the connection and the server.
class StreamWaker {
 public:
  // The stream is asked again.
  void Wake();
  // For the server: how to wake it.
  void Bind(std::function<void()> wake);

 private:
  Mutex mutex_;
  std::function<void()> wake_ ODOMETER_GUARDED_BY(mutex_);
};

struct Response {
  int status = 200;
  std::string content_type = "text/plain";  // left out when empty
  // Without those that are the server's: Content-Type, Content-Length, Transfer-Encoding, Connection and Date are
  // ignored here. Control characters in any of them make the answer a 500.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // For answers too large for memory: called again and again, from the server's threads but never two at once, while
  // the client can take more; appends to *chunk, and returns false when that was the last of it. Sent chunked
  // (HTTP/1.0: until the connection's end). `body` is then ignored. It must not block. After an empty chunk it is asked
  // again when its waker says so, without one at once. What it throws cuts the answer off.
  std::function<bool(std::string* chunk)> stream;
  std::shared_ptr<StreamWaker> stream_waker;
  // For answers that go on for as long as there is something to tell: see live_stream.h, which makes them.
  std::shared_ptr<LiveStream> live;

  static Response Text(int status, std::string body);
  static Response Json(int status, std::string body);
  // {"error":{"code":…,"message":…,"field":…}}; `field` is left out when empty.
  static Response Error(int status, std::string_view code, std::string_view message, std::string_view field = "");
  Response& With(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

}  // namespace odometer::http
