// Where a server listens, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace odometer::http {

struct ListenAddress {
  std::string host;  // with its brackets where it is an IPv6 address
  uint16_t port;
};

// host:port or [v6]:port; port 0 means any free one. Nothing for anything else.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);

// Whether only this machine reaches it: 127.0.0.0/8 and ::1, in any spelling, and localhost. No other name, whatever it may
// stand for.
bool IsLoopback(const ListenAddress& address);

}  // namespace odometer::http
