// What kind of machine an IP address stands for, by IANA's registries of special-purpose addresses.
#pragma once

#include <sys/socket.h>

#include <string_view>

namespace odometer {

// "public" for an address that means the same machine to everybody. Else why it does not: "loopback", "private",
// "link-local", "multicast", "unspecified", "shared" (CGNAT), "ipv4-mapped" and "nat64" (an IPv4 address in disguise), or
// "reserved". What is neither IPv4 nor IPv6 is "reserved".
std::string_view KindOfAddress(const sockaddr& address, socklen_t size);

inline constexpr std::string_view kPublicAddress = "public";

}  // namespace odometer
