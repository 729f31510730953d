// Requests made by hand, and answers caught: handlers without a socket.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/http/server.h"

namespace odometer {

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

inline http::Request GetRequest(QueryPairs query = {}) {
  http::Request request;
  request.query = std::move(query);
  return request;
}

inline std::optional<std::string> HeaderOf(const http::Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

// Catches one answer.
class Caught {
 public:
  http::Responder responder() { return http::Responder(sink_); }
  // Waits for it.
  http::Response Take() { return sink_->promise.get_future().get(); }
  // The same, calling `meanwhile` until it is there.
  template <typename Function>
  http::Response TakeWhile(Function meanwhile) {
    std::future<http::Response> answer = sink_->promise.get_future();
    while (answer.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) meanwhile();
    return answer.get();
  }

 private:
  struct Sink : http::Responder::Sink {
    void Send(http::Response response) override { promise.set_value(std::move(response)); }
    std::promise<http::Response> promise;
  };
  std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
};

// Begins a request of the route with that very pattern.
inline void Begin(const http::Router& router, http::Method method, const std::string& pattern, http::Request request,
                  Caught* caught) {
  for (const http::Router::Route& route : router.routes()) {
    if (route.method != method || route.pattern != pattern) continue;
    request.method = method;
    route.handler(request, caught->responder());
    return;
  }
  throw std::logic_error("no such route");
}

inline http::Response Call(const http::Router& router, http::Method method, const std::string& pattern,
                           http::Request request) {
  Caught caught;
  Begin(router, method, pattern, std::move(request), &caught);
  return caught.Take();
}

}  // namespace odometer
