// What cmake/OdometerWeb.cmake has embedded.
#pragma once

#include "common/http/static_files.h"

namespace odometer {

http::StaticFiles OpenApiDocument();  // openapi.json
http::StaticFiles DocsPages();        // docs.html, redocs.html and what they load; none where ODOMETER_WEB is off
http::StaticFiles DashboardPages();   // index.html and what it loads; none where ODOMETER_WEB is off

}  // namespace odometer
