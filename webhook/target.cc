#include "webhook/target.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/ascii.h"
#include "common/model/event_decoder.h"
#include "common/model/json_object.h"
#include "common/model/utf8.h"

namespace odometer {
namespace {

constexpr size_t kMaxUrlBytes = 2'048;

struct UrlDelete {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// Empty when the URL has no such part.
std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return "";
  const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
  return text;
}

// One form for each host, however it is written.
std::string HostForm(std::string host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.pop_back();
  return ToLower(host);
}

// By the parser that will read it again when it is posted to.
Status ReadUrl(const std::string& text, WebhookTarget* target) {
  const std::unique_ptr<CURLU, UrlDelete> url(curl_url());
  if (text.empty() || text.size() > kMaxUrlBytes || !IsVisibleAscii(text) || url == nullptr ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return Status::Invalid("not a URL");
  }
  const std::string scheme = PartOf(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return Status::Invalid("its URL must be http or https");
  if (!PartOf(url.get(), CURLUPART_USER).empty() || !PartOf(url.get(), CURLUPART_PASSWORD).empty()) {
    return Status::Invalid("its URL must not have a user or password");
  }
  target->host = HostForm(PartOf(url.get(), CURLUPART_HOST));
  if (target->host.empty()) return Status::Invalid("its URL has no host");
  target->url = text;
  return Status::Ok();
}

// The host of http://<host>/, where that is all there is: so addresses get the form that libcurl gives them.
std::optional<std::string> ReadHost(const std::string& text) {
  const bool bare_ipv6 = std::count(text.begin(), text.end(), ':') > 1 && text.front() != '[';
  const std::unique_ptr<CURLU, UrlDelete> url(curl_url());
  const std::string whole = "http://" + (bare_ipv6 ? "[" + text + "]" : text) + "/";
  if (text.find_first_of("/?#@ ") != std::string::npos || url == nullptr ||
      curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), 0) != CURLUE_OK || !PartOf(url.get(), CURLUPART_PORT).empty()) {
    return std::nullopt;
  }
  std::string host = HostForm(PartOf(url.get(), CURLUPART_HOST));
  return host.empty() ? std::nullopt : std::optional(host);
}

}  // namespace

Result<std::vector<WebhookTarget>> ParseWebhookTargets(std::string_view json) {
  nlohmann::ordered_json object;
  ODOMETER_RETURN_IF_ERROR(ParseUniqueObject(
      json, R"(must be a map from orgs to URLs, such as {"acme": "https://hooks.example.com/odometer"})", &object));
  std::vector<WebhookTarget> targets;
  for (const auto& [org, url] : object.items()) {
    WebhookTarget& target = targets.emplace_back();
    target.org = org;
    Status status = url.is_string() ? ReadUrl(url.get<std::string>(), &target) : Status::Invalid("not a URL");
    if (org.empty() || org.size() > kMaxNameBytes || !IsValidUtf8(org)) {
      status = Status::Invalid("an org is a text of 1 to 512 bytes");
    }
    if (!status.ok()) return status.WithContext("entry " + std::to_string(targets.size()));
  }
  return targets;
}

Result<std::vector<std::string>> ParseWebhookHosts(std::string_view text) {
  std::vector<std::string> hosts;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string item(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    item.erase(0, item.find_first_not_of(' '));
    item.erase(item.find_last_not_of(' ') + 1);
    std::optional<std::string> host = item.empty() ? std::nullopt : ReadHost(item);
    if (!host) return Status::Invalid("a list of host names, separated by commas, without ports");
    hosts.push_back(std::move(*host));
  }
  return hosts;
}

}  // namespace odometer
