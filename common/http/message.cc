#include "common/http/message.h"

#include <array>
#include <nlohmann/json.hpp>

namespace odometer::http {
namespace {

constexpr std::array<std::string_view, 10> kMethodNames = {"GET",   "HEAD",    "POST",  "PUT",   "DELETE",
                                                          "PATCH", "OPTIONS", "TRACE", "QUERY", "CONNECT"};

std::optional<std::string_view> First(const std::vector<std::pair<std::string, std::string>>& pairs,
                                      std::string_view name) {
  for (const auto& [key, value] : pairs) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view MethodName(Method method) { return kMethodNames.at(static_cast<size_t>(method)); }

std::optional<std::string_view> Request::Query(std::string_view name) const { return First(query, name); }
std::optional<std::string_view> Request::Header(std::string_view name) const { return First(headers, name); }

void StreamWaker::Wake() {
  std::function<void()> wake;
  {
    MutexLock lock(mutex_);
    wake = wake_;
  }
  if (wake) wake();
}

void StreamWaker::Bind(std::function<void()> wake) {
  MutexLock lock(mutex_);
  wake_ = std::move(wake);
}

Response Response::Text(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Response Response::Json(int status, std::string body) {
  Response response = Text(status, std::move(body));
  response.content_type = "application/json";
  return response;
}

Response Response::Error(int status, std::string_view code, std::string_view message, std::string_view field) {
  nlohmann::ordered_json error = {{"code", code}, {"message", message}};
  if (!field.empty()) error["field"] = field;
  nlohmann::ordered_json body = {{"error", std::move(error)}};
  // A message may quote what the client sent, which need not be UTF-8.
  return Json(status, body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace odometer::http
