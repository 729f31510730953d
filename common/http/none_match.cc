#include "common/http/none_match.h"

#include <optional>

#include "common/http/header_list.h"

namespace odometer::http {

bool NoneMatchNames(const Request& request, std::string_view tag) {
  const std::optional<std::string_view> header = request.Header("if-none-match");
  if (!header) return false;
  std::string_view rest = *header;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');  // none of our tags has one
    std::string_view known = Trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (known.starts_with("W/")) known.remove_prefix(2);
    if (known == tag || known == "*") return true;
  }
  return false;
}

}  // namespace odometer::http
