#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/client/http_client.h"
#include "cli/control/listen_address.h"
#include "cli/control/readiness.h"

namespace odometer::cli {
namespace {

// A process that is as slow as this is not ready either.
constexpr int kTimeoutMs = 3'000;
constexpr int kOk = 200;

class HttpReadinessProbe final : public ReadinessProbe {
 public:
  explicit HttpReadinessProbe(std::map<std::string, std::string> configured) : configured_(std::move(configured)) {}

  Readiness Ask(const std::string& name, const ProcessId& id) override {
    const Result<std::optional<std::string>> found = ListenAddressOf(id.pid);
    if (found.ok() && !*found) return {"", {"it does not listen yet"}};
    Readiness readiness{found.ok() ? **found : configured_[name], {}};
    Result<HttpAnswer> answer = Get(readiness.address, "/readyz");
    if (!answer.ok()) {
      readiness.reasons = {"it does not answer: " + answer.status().message()};
    } else if (answer->status != kOk) {
      readiness.reasons = ReadyzReasons(answer->status, answer->body);
    }
    return readiness;
  }

  std::optional<int64_t> LagRecords(const Readiness& readiness) override {
    if (readiness.address.empty()) return std::nullopt;
    Result<HttpAnswer> answer = Get(readiness.address, "/metrics");
    if (!answer.ok() || answer->status != kOk) return std::nullopt;
    return SumOfLag(answer->body);
  }

 private:
  static Result<HttpAnswer> Get(const std::string& address, std::string_view path) {
    return HttpGet(MakeUrl("http://" + address, path, {}), /*token=*/"", kTimeoutMs, HttpRoute::kDirect);
  }

  std::map<std::string, std::string> configured_;
};

}  // namespace

std::vector<std::string> ReadyzReasons(int status, std::string_view body) {
  std::vector<std::string> reasons;
  const nlohmann::json answer = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (answer.is_object() && answer.contains("reasons") && answer["reasons"].is_array()) {
    for (const nlohmann::json& reason : answer["reasons"]) {
      if (reason.is_string()) reasons.push_back(reason.get<std::string>());
    }
  }
  if (reasons.empty()) reasons.push_back(fmt::format("/readyz answers {}", status));
  return reasons;
}

std::optional<int64_t> SumOfLag(std::string_view metrics) {
  std::optional<int64_t> sum;
  while (!metrics.empty()) {
    const std::string line(metrics.substr(0, metrics.find('\n')));
    metrics.remove_prefix(std::min(line.size() + 1, metrics.size()));
    const size_t blank = line.rfind(' ');
    if (!line.starts_with("odometer_lag_records{") || blank == std::string::npos) continue;
    sum = sum.value_or(0) + std::llround(std::strtod(line.c_str() + blank, nullptr));
  }
  return sum;
}

std::unique_ptr<ReadinessProbe> NewHttpReadinessProbe(std::map<std::string, std::string> configured) {
  return std::make_unique<HttpReadinessProbe>(std::move(configured));
}

}  // namespace odometer::cli
