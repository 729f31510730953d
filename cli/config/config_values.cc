#include "cli/config/config_values.h"

#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/parse_integer.h"
#include "common/http/listen_address.h"

namespace odometer::cli {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<int64_t> ParseInteger(std::string_view text) {
  const std::optional<int64_t> value = odometer::ParseInteger<int64_t>(text);
  if (!value) return Status::Invalid("a whole number");
  return *value;
}

Result<bool> ParseBool(std::string_view text) {
  std::string lower = ToLower(text);
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  return Status::Invalid("true or false");
}

Result<uint64_t> ParseSize(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, uint64_t>, 11> kUnits{{{"", 1},
                                                                                 {"b", 1},
                                                                                 {"kib", 1ull << 10},
                                                                                 {"mib", 1ull << 20},
                                                                                 {"gib", 1ull << 30},
                                                                                 {"k", 1ull << 10},
                                                                                 {"m", 1ull << 20},
                                                                                 {"g", 1ull << 30},
                                                                                 {"kb", 1'000},
                                                                                 {"mb", 1'000'000},
                                                                                 {"gb", 1'000'000'000}}};
  const Status invalid = Status::Invalid("a size such as 65536, 64KiB, 64MiB or 1GiB");
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return invalid;
  std::string unit = ToLower(Trim(text.substr(static_cast<size_t>(end - text.data()))));
  for (const auto& [name, factor] : kUnits) {
    if (unit != name) continue;
    if (number > std::numeric_limits<uint64_t>::max() / factor) return invalid;
    return number * factor;
  }
  return invalid;
}

Result<std::vector<Tier>> ParseTiers(std::string_view text) {
  std::vector<Tier> tiers;
  while (!Trim(text).empty()) {
    size_t comma = text.find(',');
    std::string_view item = Trim(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    size_t colon = item.find(':');
    if (colon == std::string_view::npos) {
      return Status::Invalid("tiers as size:retention, such as 1s:1h, 1m:7d, 1h:forever");
    }
    Result<int64_t> size = ParseDuration(Trim(item.substr(0, colon)));
    if (!size.ok()) return size.status();
    Result<int64_t> retention = ParseDuration(Trim(item.substr(colon + 1)));
    if (!retention.ok()) return retention.status();
    tiers.push_back(Tier{*size, *retention});
  }
  return tiers;
}

Status CheckAddress(std::string_view text) {
  if (http::ParseListenAddress(text)) return Status::Ok();
  return Status::Invalid("an address such as 127.0.0.1:8000, [::1]:8000 or 0.0.0.0:8000");
}

bool IsLoopback(std::string_view address) {
  const std::optional<http::ListenAddress> parsed = http::ParseListenAddress(address);
  return parsed && http::IsLoopback(*parsed);
}

}  // namespace odometer::cli
