// Bytes of a connection: the same requests come out of them however they are cut, each within the limits, routed, and
// with an answer that can be sent.
#include "common/http/request_parser.h"

#include <algorithm>
#include <string>

#include "common/base/ascii.h"
#include "common/http/characters.h"
#include "common/http/output_queue.h"
#include "common/http/response_encoder.h"
#include "common/http/route_table.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

using http::Request;
using http::RequestParser;

// Small, so that inputs reach them.
constexpr http::ParserLimits kLimits{.max_head_bytes = 600, .max_body_bytes = 300};

const http::RouteTable& Routes() {
  static const auto* routes = [] {
    http::Router router;
    auto handler = [](const Request&) { return http::Response(); };
    router.AddSimple(http::Method::kGet, "/data/metrics/", handler);
    router.AddSimple(http::Method::kGet, "/data/metrics/{record}", handler);
    router.AddSimple(http::Method::kPost, "/ingest/metrics", handler);
    return new http::RouteTable(router);
  }();
  return *routes;
}

void RequireSound(Request* request) {
  ODOMETER_FUZZ_REQUIRE(request->body.size() <= kLimits.max_body_bytes);
  ODOMETER_FUZZ_REQUIRE(request->target.size() <= kLimits.max_head_bytes);
  ODOMETER_FUZZ_REQUIRE(std::all_of(request->target.begin(), request->target.end(), http::IsFieldText));
  for (const auto& [name, value] : request->headers) {
    ODOMETER_FUZZ_REQUIRE(!name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return http::IsTokenCharacter(c) && c == LowerCase(c);
    }));
    ODOMETER_FUZZ_REQUIRE(std::all_of(value.begin(), value.end(), http::IsFieldText));
  }
  const http::RouteTable::Match match = Routes().Find(request);
  ODOMETER_FUZZ_REQUIRE(match.route == http::RouteTable::kNoRoute || match.allow.empty());
  ODOMETER_FUZZ_REQUIRE(request->path_params.size() <= 1);
}

void RequireAnswer(http::Response response) {
  ODOMETER_FUZZ_REQUIRE(response.status >= 400 && response.status <= 505);
  const int status = response.status;
  http::OutputQueue out;
  http::ResponseEncoder().Encode(&response, {.keep_alive = false}, 1'700'000'000'000, &out);
  ODOMETER_FUZZ_REQUIRE(response.status == status && !out.empty());
}

// What came out: requests, and the error that ended it. `piece`: how many bytes come at once.
std::string Transcript(std::string_view bytes, size_t piece) {
  RequestParser parser(kLimits);
  std::string seen;
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    while (!input.empty()) {
      const size_t before = input.size();
      switch (parser.Feed(&input)) {
        case RequestParser::Event::kMore:
          ODOMETER_FUZZ_REQUIRE(input.empty());
          break;
        case RequestParser::Event::kContinue:
          seen += "continue\n";
          break;
        case RequestParser::Event::kRequest: {
          ODOMETER_FUZZ_REQUIRE(input.size() < before);
          Request& request = parser.request();
          RequireSound(&request);
          seen += std::string(http::MethodName(request.method)) + " " + request.target + "\n" + request.body + "\n" +
                  (parser.keep_alive() ? "keep\n" : "close\n");
          for (const auto& [name, value] : request.headers) seen += name + ": " + value + "\n";
          for (const auto& [name, value] : request.query) seen += name + "=" + value + "\n";
          parser.Reset();
          break;
        }
        case RequestParser::Event::kError:
          RequireAnswer(parser.error());
          return seen + std::to_string(parser.error().status);
      }
    }
  }
  return seen + (parser.started() ? "begun" : "");
}

}  // namespace

void TestInput(std::string_view bytes) {
  const std::string whole = Transcript(bytes, bytes.size());
  for (size_t piece : {1u, 7u, 100u}) ODOMETER_FUZZ_REQUIRE(Transcript(bytes, piece) == whole);
}

}  // namespace odometer
