#include "query/web/dashboard.h"

#include <algorithm>
#include <string>

#include "common/http/static_files.h"
#include "query/web/pages.h"

namespace odometer {
namespace {

using http::Access;
using http::Request;
using http::Response;

// Stricter than other pages': not even inline styles.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

bool WantsHtml(const Request& request) {
  const std::optional<std::string_view> accept = request.Header("accept");
  return accept && accept->find("text/html") != std::string_view::npos;
}

Response Root(const Request& request) {
  const http::StaticFile* page = http::FindStaticFile(DashboardPages(), "index.html");
  Response response =
      page != nullptr && WantsHtml(request)
          ? http::StaticFileResponse(*page, request, kPolicy)
          : Response::Text(200, "Odometer: exact, live counts over Kafka topics: /metric?key=NAME&type=counter\n");
  return response.With("Vary", "Accept");
}

}  // namespace

void AddDashboardRoutes(http::Router* router) {
  const bool definitions = std::any_of(router->routes().begin(), router->routes().end(), [](const auto& route) {
    return route.method == http::Method::kGet && route.pattern == "/metric/";
  });
  router->AddSimple(http::Method::kGet, "/", Access::kOpen, Root);
  http::AddStaticFiles("/dashboard/{file}", Access::kOpen, DashboardPages(), router);
  const std::string sections = std::string(R"({"definitions":)") + (definitions ? "true" : "false") + "}";
  router->AddSimple(http::Method::kGet, "/dashboard/sections.json", Access::kOpen,
                    [sections](const Request&) { return Response::Json(200, sections); });
}

}  // namespace odometer
