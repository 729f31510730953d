// A target, and below it headers, a line each: whatever they show, nothing of it is left in the request, and nothing else
// is gone.
#include "common/http/credentials.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "common/auth/session.h"
#include "common/http/uri.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

using http::Credentials;
using http::Request;

bool IsCredential(const std::pair<std::string, std::string>& header) {
  return header.first == http::kTokenName || header.first == "authorization" || header.first == "cookie";
}

std::string_view TakeLine(std::string_view* text) {
  const size_t end = std::min(text->find('\n'), text->size());
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return line;
}

void RequireSound(const Request& before, const Request& after) {
  auto kept = before.query;
  std::erase_if(kept, [](const auto& parameter) { return parameter.first == http::kTokenName; });
  ODOMETER_FUZZ_REQUIRE(after.query == kept);
  auto headers = before.headers;
  std::erase_if(headers, IsCredential);
  ODOMETER_FUZZ_REQUIRE(after.headers == headers);
  // The target says the same as what it was split into.
  Request again;
  ODOMETER_FUZZ_REQUIRE(http::ParseTarget(after.target, &again).ok());
  ODOMETER_FUZZ_REQUIRE(again.query == after.query && again.segments == after.segments &&
                        again.trailing_slash == after.trailing_slash);
}

}  // namespace

void TestInput(std::string_view input) {
  Request request;
  if (!http::ParseTarget(TakeLine(&input), &request).ok()) return;
  while (!input.empty()) {
    const std::string_view line = TakeLine(&input);
    const size_t colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
  }
  const Request before = request;
  const Credentials shown = http::TakeCredentials(&request);
  RequireSound(before, request);
  ODOMETER_FUZZ_REQUIRE(shown.in_query == before.Query(http::kTokenName).has_value());
  ODOMETER_FUZZ_REQUIRE(shown.token || !before.Header(http::kTokenName));
  if (!shown.session) return;
  // Nobody can sign a session without the key.
  const auth::Digest key{};
  if (const auto session = auth::ParseSession(*shown.session)) ODOMETER_FUZZ_REQUIRE(!auth::IsValid(*session, key, 0));
}

}  // namespace odometer
