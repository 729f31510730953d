// Files that are in the binary: pages, and what pages load. Embedded by cmake/OdometerWeb.cmake.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "common/http/server.h"

namespace odometer::http {

// All views are of the binary itself.
struct StaticFile {
  std::string_view name;  // the path from its folder, "app.3f2a9c01.js"
  std::string_view content_type;
  std::string_view tag;      // of the content, hexadecimal digits
  bool hashed_name = false;  // another content has another name, so that browsers need not ask again
  size_t size = 0;           // of the content
  std::string_view gzip;     // the content, compressed
};
using StaticFiles = std::span<const StaticFile>;

// What a page may load and run: files of this address alone. `'unsafe-inline'` is for styles only, which pages set by script.
inline constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Null where there is none of that name.
const StaticFile* FindStaticFile(StaticFiles files, std::string_view name);

// The file, compressed where the client takes that, with its entity tag; 304 where the client has it already. `policy` is an
// HTML page's Content-Security-Policy.
Response StaticFileResponse(const StaticFile& file, const Request& request, std::string_view policy = kPagePolicy);

// GET and HEAD of the files, by a pattern whose one parameter is the name: "/ui/{file}". 404 where there is none.
void AddStaticFiles(std::string pattern, Access access, StaticFiles files, Router* router);
// GET and HEAD of one of them, "index.html", at a path of its own. 404 where it is not there, which says why.
void AddStaticPage(std::string path, Access access, StaticFiles files, std::string_view name, Router* router,
                   std::string_view policy = kPagePolicy);

}  // namespace odometer::http
