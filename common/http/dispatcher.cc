#include "common/http/dispatcher.h"

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "common/base/log.h"

namespace odometer::http {
namespace {

Response Options(std::string allow) {
  Response response;
  response.status = 204;
  return std::move(response.With("Allow", std::move(allow)));
}

void AnswerFailure(const Router::Route& route, const char* what, const Responder& responder) {
  // What was thrown may hold secrets or paths: it goes into the log only.
  LogError("http", "handler failed route=\"{} {}\" error=\"{}\"", MethodName(route.method), route.pattern, what);
  responder.Send(Response::Error(500, "internal_error", "the request could not be answered"));
}

}  // namespace

int Dispatch(const RouteTable& routes, const Gate* gate, Request* request, Responder responder) {
  if (request->method == Method::kOptions && request->target == "*") {
    responder.Send(Options(routes.all_methods()));
    return RouteTable::kNoRoute;
  }
  RouteTable::Match match = routes.Find(request);
  if (match.route == RouteTable::kNoRoute) {
    if (match.allow.empty()) {
      responder.Send(Response::Error(404, "not_found", "there is no such path"));
    } else if (request->method == Method::kOptions) {
      responder.Send(Options(std::move(match.allow)));
    } else {
      responder.Send(Response::Error(405, "method_not_allowed", "this path has other methods: " + match.allow)
                         .With("Allow", match.allow));
    }
    return match.route;
  }
  const Router::Route& route = routes.routes()[static_cast<size_t>(match.route)];
  try {
    if (gate != nullptr) {
      if (std::optional<Response> refusal = gate->Enter(route.access, request, &responder)) {
        responder.Send(std::move(*refusal));
        return match.route;
      }
    }
    route.handler(*request, responder);
  } catch (const std::exception& error) {
    AnswerFailure(route, error.what(), responder);
  } catch (...) {
    AnswerFailure(route, "not a std::exception", responder);
  }
  return match.route;
}

}  // namespace odometer::http
