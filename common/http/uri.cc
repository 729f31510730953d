#include "common/http/uri.h"

#include <utility>

#include "common/http/characters.h"

namespace odometer::http {
namespace {

Status ParsePath(std::string_view path, Request* request) {
  path.remove_prefix(1);
  if (path.empty()) return Status::Ok();
  if (path.back() == '/') {
    request->trailing_slash = true;
    path.remove_suffix(1);
  }
  while (true) {
    size_t slash = path.find('/');
    Result<std::string> segment = PercentDecode(path.substr(0, slash), /*plus_is_space=*/false);
    if (!segment) return segment.status();
    request->segments.push_back(*std::move(segment));
    if (slash == std::string_view::npos) return Status::Ok();
    path.remove_prefix(slash + 1);
  }
}

Status ParseQuery(std::string_view query, Request* request) {
  while (!query.empty()) {
    size_t end = query.find('&');
    std::string_view part = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (part.empty()) continue;
    size_t equals = part.find('=');
    Result<std::string> name = PercentDecode(part.substr(0, equals), /*plus_is_space=*/true);
    if (!name) return name.status();
    Result<std::string> value = PercentDecode(
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1), /*plus_is_space=*/true);
    if (!value) return value.status();
    request->query.emplace_back(*std::move(name), *std::move(value));
  }
  return Status::Ok();
}

}  // namespace

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded.push_back(' ');
    } else if (text[i] != '%') {
      decoded.push_back(text[i]);
    } else {
      int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Status::Invalid("bad percent escape in the request target");
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return decoded;
}

Status ParseTarget(std::string_view target, Request* request) {
  request->target = target;
  if (target == "*") return Status::Ok();
  for (std::string_view scheme : {"http://", "https://"}) {
    if (target.substr(0, scheme.size()) != scheme) continue;
    size_t path = target.find_first_of("/?", scheme.size());
    target.remove_prefix(path == std::string_view::npos ? target.size() : path);
    if (target.empty()) target = "/";
  }
  size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  if (path.empty() || path.front() != '/') return Status::Invalid("the request target must begin with '/'");
  ODOMETER_RETURN_IF_ERROR(ParsePath(path, request));
  if (question == std::string_view::npos) return Status::Ok();
  return ParseQuery(target.substr(question + 1), request);
}

}  // namespace odometer::http
