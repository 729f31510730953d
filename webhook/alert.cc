#include "webhook/alert.h"

#include <nlohmann/json.hpp>

#include "common/model/utf8.h"

namespace odometer {
namespace {

constexpr size_t kMaxIdBytes = 200;

}  // namespace

std::optional<AlertHead> ReadAlertHead(std::string_view body) {
  const nlohmann::json alert = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!alert.is_object()) return std::nullopt;
  const auto id = alert.find("id");
  const auto org = alert.find("org");
  if (id == alert.end() || !id->is_string() || org == alert.end() || !org->is_string()) return std::nullopt;
  AlertHead head{id->get<std::string>(), org->get<std::string>()};
  if (head.id.empty() || head.id.size() > kMaxIdBytes || !IsVisibleAscii(head.id)) return std::nullopt;
  return head;
}

}  // namespace odometer
