// The dashboard: the page at "/", and what it loads. It holds no data: it asks the APIs for that, as every client does.
#pragma once

#include "common/http/server.h"

namespace odometer {

// GET /: the page to who accepts text/html, else a line of text, which is also there where ODOMETER_WEB is off. GET
// /dashboard/{file}: what the page loads; sections.json says which sections it can show, by the routes that are
// there by then: after all other routes.
void AddDashboardRoutes(http::Router* router);

}  // namespace odometer
