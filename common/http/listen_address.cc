#include "common/http/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

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

bool IsLoopback(const ListenAddress& address) {
  constexpr uint32_t kLoopbackNet = 127;
  in_addr v4{};
  if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == kLoopbackNet;
  if (!address.host.starts_with('[')) return address.host == "localhost";
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.host.substr(1, address.host.size() - 2).c_str(), &v6) != 1) return false;
  // An IPv4 address may be written as an IPv6 one: ::ffff:127.0.0.1.
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == kLoopbackNet);
}

}  // namespace odometer::http
