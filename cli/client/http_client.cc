#include "cli/client/http_client.h"

#include <curl/curl.h>

#include <cctype>
#include <memory>

#include "common/base/ascii.h"

namespace odometer::cli {
namespace {

constexpr size_t kMaxBodyBytes = 256 << 20;

size_t AppendBody(char* data, size_t size, size_t count, void* user) {
  auto* body = static_cast<std::string*>(user);
  if (body->size() + size * count > kMaxBodyBytes) return 0;
  body->append(data, size * count);
  return size * count;
}

size_t TakeHeader(char* data, size_t size, size_t count, void* user) {
  auto* headers = static_cast<std::map<std::string, std::string>*>(user);
  std::string_view line(data, size * count);
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size * count;
  const std::string_view value = line.substr(colon + 1, line.find_first_of("\r\n") - colon - 1);
  (*headers)[ToLower(line.substr(0, colon))] = Trim(value);
  return size * count;
}

std::string PercentEncoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char c : text) {
    if (std::isalnum(c) || std::string_view("-._~").find(static_cast<char>(c)) != std::string_view::npos) {
      encoded += static_cast<char>(c);
    } else {
      encoded += '%';
      encoded += kHex[c >> 4];
      encoded += kHex[c & 15];
    }
  }
  return encoded;
}

}  // namespace

std::string MakeUrl(std::string base, std::string_view path,
                    const std::vector<std::pair<std::string, std::string>>& query) {
  while (base.ends_with('/')) base.pop_back();
  base += path;
  char separator = '?';
  for (const auto& [name, value] : query) {
    base += separator + PercentEncoded(name) + "=" + PercentEncoded(value);
    separator = '&';
  }
  return base;
}

Result<HttpAnswer> HttpGet(const std::string& url, const std::string& token, int timeout_ms, HttpRoute route) {
  std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return Status::Retry("libcurl could not start");
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(nullptr, curl_slist_free_all);
  if (!token.empty()) headers.reset(curl_slist_append(nullptr, ("x-auth-token: " + token).c_str()));
  HttpAnswer answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  if (route == HttpRoute::kDirect) curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, AppendBody);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &answer.headers);
  if (CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    return Status::Retry(url + ": " + curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace odometer::cli
