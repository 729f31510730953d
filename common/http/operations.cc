#include "common/http/operations.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace odometer::http {

void AddOperationsRoutes(std::function<std::vector<std::string>()> not_ready_reasons, Metrics* metrics, Router* router) {
  router->AddSimple(Method::kGet, "/livez", Access::kOpen,
                    [](const Request&) { return Response::Json(200, R"({"status":"ok"})"); });
  router->AddSimple(
      Method::kGet, "/readyz", Access::kOpen, [not_ready_reasons = std::move(not_ready_reasons)](const Request&) {
        std::vector<std::string> reasons = not_ready_reasons();
        if (reasons.empty()) return Response::Json(200, R"({"status":"ready"})");
        nlohmann::ordered_json body = {{"status", "not ready"}, {"reasons", std::move(reasons)}};
        return Response::Json(503, body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
      });
  router->AddSimple(Method::kGet, "/metrics", Access::kOpen, [metrics](const Request&) {
    Response response = Response::Text(200, metrics->Text());
    response.content_type = "text/plain; version=0.0.4";
    return response;
  });
}

void AddHealthRoute(std::function<bool()> healthy, Router* router) {
  router->AddSimple(Method::kGet, "/health", Access::kOpen, [healthy = std::move(healthy)](const Request&) {
    return healthy() ? Response::Json(200, R"({"status":"ok"})") : Response::Json(422, R"({"status":"error"})");
  });
}

}  // namespace odometer::http
