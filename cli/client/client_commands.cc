#include "cli/client/client_commands.h"

#include <iostream>
#include <utility>
#include <vector>

#include "cli/client/http_client.h"

namespace odometer::cli {
namespace {

// What the server said, on standard error.
int Fail(const HttpAnswer& answer) {
  std::cerr << "odometer: the server answered " << answer.status;
  if (!answer.body.empty()) std::cerr << ": " << answer.body;
  std::cerr << "\n";
  return 1;
}

int Fail(const Status& status) {
  std::cerr << "odometer: " << status.message() << "\n";
  return 1;
}

}  // namespace

int RunTrack(const TrackRequest& request) {
  const std::string url = MakeUrl(request.server, "/track", {{"key", request.key}, {"value", request.value}});
  Result<HttpAnswer> answer = HttpGet(url, request.token, request.timeout_ms);
  if (!answer.ok()) return Fail(answer.status());
  if (answer->status != 204) return Fail(*answer);
  // Nothing was written for a value of 0.
  if (auto offset = answer->headers.find("x-odometer-offset"); offset != answer->headers.end()) {
    std::cout << offset->second << "\n";
  }
  return 0;
}

int RunGet(const GetRequest& request) {
  std::vector<std::pair<std::string, std::string>> query{{"key", request.key}, {"type", request.type}};
  const std::pair<const char*, const std::string&> optional[] = {
      {"from", request.from},         {"to", request.to},
      {"period", request.period},     {"timezone", request.timezone},
      {"min-offset", request.min_offset}};
  for (const auto& [name, value] : optional) {
    if (!value.empty()) query.emplace_back(name, value);
  }
  Result<HttpAnswer> answer = HttpGet(MakeUrl(request.server, "/read", query), request.token, request.timeout_ms);
  if (!answer.ok()) return Fail(answer.status());
  if (answer->status != 200) return Fail(*answer);
  std::cout << answer->body << "\n";
  return 0;
}

}  // namespace odometer::cli
