// The OpenAPI document, and the pages that show it.
#pragma once

#include "common/http/server.h"

namespace odometer {

// GET /openapi.json, GET /docs (Swagger UI), GET /redocs (Redoc), and GET /docs/{file}, which both pages load.
void AddApiDocsRoutes(http::Router* router);

}  // namespace odometer
