#include "common/http/credentials.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/base/ascii.h"
#include "common/http/uri.h"

namespace odometer::http {
namespace {

constexpr std::string_view kBearer = "bearer ";

// Of "Authorization", when it is a bearer's.
std::optional<std::string_view> BearerToken(std::string_view authorization) {
  const bool bearer = authorization.size() >= kBearer.size() &&
                      std::equal(kBearer.begin(), kBearer.end(), authorization.begin(),
                                 [](char wanted, char c) { return wanted == LowerCase(c); });
  if (!bearer) return std::nullopt;
  return Trim(authorization.substr(kBearer.size()));
}

std::optional<std::string_view> CookieOf(std::string_view cookies) {
  while (!cookies.empty()) {
    const size_t end = cookies.find(';');
    const std::string_view cookie = Trim(cookies.substr(0, end));
    cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
    if (cookie.starts_with(kTokenName) && cookie.substr(kTokenName.size()).starts_with('=')) {
      return cookie.substr(kTokenName.size() + 1);
    }
  }
  return std::nullopt;
}

// The target without the parameter, in whatever way its name is escaped. Requires one that ParseTarget took.
std::string WithoutToken(std::string_view target) {
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return std::string(target);
  std::string kept(target.substr(0, question));
  std::string_view query = target.substr(question + 1);
  char separator = '?';
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (part.empty()) continue;
    const Result<std::string> name = PercentDecode(part.substr(0, part.find('=')), /*plus_is_space=*/true);
    if (!name.ok() || *name == kTokenName) continue;
    kept += separator;
    kept += part;
    separator = '&';
  }
  return kept;
}

}  // namespace

Credentials TakeCredentials(Request* request) {
  Credentials found;
  if (const auto token = request->Query(kTokenName)) {
    found.token = *token;
    found.in_query = true;
    std::erase_if(request->query, [](const auto& parameter) { return parameter.first == kTokenName; });
    request->target = WithoutToken(request->target);
  }
  std::optional<std::string> bearer;
  for (auto& [name, value] : request->headers) {
    if (name == kTokenName && !found.token) found.token = std::string(Trim(value));
    if (name == "authorization" && !bearer) bearer = BearerToken(value);
    if (name == "cookie" && !found.session) found.session = CookieOf(value);
  }
  if (!found.token) found.token = std::move(bearer);
  std::erase_if(request->headers, [](const auto& header) {
    return header.first == kTokenName || header.first == "authorization" || header.first == "cookie";
  });
  return found;
}

}  // namespace odometer::http
