#include "common/http/listen_address.h"

#include "common/base/parse_integer.h"

namespace odometer::http {

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (!bracketed && host.find_first_of(":[] ") != std::string_view::npos) return std::nullopt;
  const std::optional<uint16_t> port = ParseInteger<uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  return ListenAddress{std::string(host), *port};
}

}  // namespace odometer::http
