#include "query/web/api_docs.h"

#include "common/http/static_files.h"
#include "query/web/pages.h"

namespace odometer {

void AddApiDocsRoutes(http::Router* router) {
  constexpr auto kAccess = http::Access::kRead;
  http::AddStaticPage("/openapi.json", kAccess, OpenApiDocument(), "openapi.json", router);
  http::AddStaticPage("/docs", kAccess, DocsPages(), "docs.html", router);
  http::AddStaticPage("/redocs", kAccess, DocsPages(), "redocs.html", router);
  http::AddStaticFiles("/docs/{file}", kAccess, DocsPages(), router);
}

}  // namespace odometer
