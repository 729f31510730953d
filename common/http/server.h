// The one guarded HTTP/1.1 server that every API is mounted on. It does its own framing in front of Pistache: limits on
// head and body, strict lengths, pipelining, keep-alive, a clock per request, bounded writes; a client that misbehaves
// costs itself its connection and nobody else anything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/http/message.h"

namespace odometer::http {

// Sends the answer of one request. May be moved to, and used from, any thread; answering later is fine. The first
// Send counts, later ones are ignored. Destroyed without Send: a 500. After the client has gone: nothing happens.
class Responder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void Send(Response response) = 0;
  };
  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  void Send(Response response) const;

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // On which the request was let in.
  struct Admission {
    Headers headers;  // that every answer is to have, unless it has one of that name already
    // Whether it would be let in now; null: for ever. Asked by streams that go on, from any thread.
    std::function<bool()> holds;
  };
  // Before anybody else has a copy.
  void Admit(Admission admission) { admission_ = std::make_shared<const Admission>(std::move(admission)); }

 private:
  std::shared_ptr<Sink> sink_;
  std::shared_ptr<const Admission> admission_;
};

// What a token must be good for. A route that does not say it needs a token that may write, until it does.
enum class Access : uint8_t {
  kUnstated,
  kOpen,  // none: for probes, and what is no tenant's
  kRead,
  kWrite,
};

// Runs on one of the server's few I/O threads: must not block for longer than a memory access or a local socket's
// round trip. The Request lives until the handler returns: move out what is needed later.
using Handler = std::function<void(Request& request, Responder responder)>;
// For handlers that have their answer at once.
using SimpleHandler = std::function<Response(const Request& request)>;

// Routes: a pattern is a path whose segments are literal or "{name}", matched by segment after splitting at '/' and
// before percent-decoding, so that %2F stays inside a segment. A trailing slash is part of the pattern. HEAD is
// answered by the GET route unless one of its own is there. Unknown path: 404; known path, other method: 405 with
// Allow. Literal segments win over {…}. Two routes that are the same: the program is wrong, std::logic_error.
class Router {
 public:
  void Add(Method method, std::string pattern, Access access, Handler handler);
  void AddSimple(Method method, std::string pattern, Access access, SimpleHandler handler);
  void Add(Method method, std::string pattern, Handler handler) {
    Add(method, std::move(pattern), Access::kUnstated, std::move(handler));
  }
  void AddSimple(Method method, std::string pattern, SimpleHandler handler) {
    AddSimple(method, std::move(pattern), Access::kUnstated, std::move(handler));
  }

  struct Route {
    Method method;
    std::string pattern;
    Handler handler;
    Access access = Access::kUnstated;
  };
  // For the tests that compare them with the OpenAPI document, and that look for what one org could see of another.
  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

class Gate;

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  // host:port, [::1]:port; port 0: any free one
  int threads = 2;
  size_t max_head_bytes = 8 << 10;
  size_t max_body_bytes = 1 << 20;         // over it: 413, after draining up to max_drain_bytes
  size_t max_drain_bytes = 8 << 20;
  int request_timeout_ms = 10'000;         // from the first byte of a request to its last: 408
  int idle_timeout_ms = 75'000;            // between requests on a kept connection: closed
  int response_timeout_ms = 30'000;        // for a handler to answer: 503
  int write_timeout_ms = 30'000;           // without the client taking a byte: closed
  size_t max_connections = 4'000;          // more: 503 and closed
  size_t max_unsent_bytes = 4 << 20;       // of one connection, before a stream is paused
  // Of all connections together: requests not yet complete, and answers not yet taken. Beyond it a connection with more
  // than 64 KiB of that gives way: its request is answered 503, or it is closed when it does not take its answer.
  size_t max_buffered_bytes = 256 << 20;
  // Decides who may have what. Must outlive the server; null: nobody is asked.
  const Gate* gate = nullptr;
  size_t max_live_clients = 2'000;         // of live streams, among the connections; more: 503
  int live_keep_alive_ms = 15'000;         // a WebSocket client that is silent for three of these is dropped
};

class Server {
 public:
  virtual ~Server() = default;
  // Binds and serves. kStop with what to do when the address is taken. Idempotent.
  virtual Status Start() = 0;
  // The bound port. Requires a successful Start.
  virtual int port() const = 0;
  // Takes no new requests, waits up to drain_ms for answers under way, closes. Idempotent.
  virtual void Stop(int drain_ms) = 0;
};

// `metrics` gets odometer_http_requests_total{listener,method,route,status},
// odometer_http_request_seconds{listener,route}, odometer_http_connections{listener},
// odometer_http_buffered_bytes{listener}, odometer_http_live_clients{listener} and
// odometer_http_live_dropped_total{listener,reason}; may be null. `name` labels them and the logs.
std::unique_ptr<Server> NewServer(std::string name, ServerOptions options, Router router, Metrics* metrics);

}  // namespace odometer::http
