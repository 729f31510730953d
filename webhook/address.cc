#include "webhook/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <vector>

namespace odometer {
namespace {

struct Range {
  const char* network;
  size_t bits;
  std::string_view kind;
};

// The first that matches counts. What none matches is public.
constexpr std::array kRanges4 = {
    Range{"0.0.0.0", 8, "unspecified"},   Range{"10.0.0.0", 8, "private"},      Range{"100.64.0.0", 10, "shared"},
    Range{"127.0.0.0", 8, "loopback"},    Range{"169.254.0.0", 16, "link-local"}, Range{"172.16.0.0", 12, "private"},
    Range{"192.0.0.0", 24, "reserved"},   Range{"192.0.2.0", 24, "reserved"},   Range{"192.88.99.0", 24, "reserved"},
    Range{"192.168.0.0", 16, "private"},  Range{"198.18.0.0", 15, "reserved"},  Range{"198.51.100.0", 24, "reserved"},
    Range{"203.0.113.0", 24, "reserved"}, Range{"224.0.0.0", 4, "multicast"},   Range{"240.0.0.0", 4, "reserved"},
};
// IPv6 is the other way round: only 2000::/3 has been given out, and not all of it.
constexpr std::array kRanges6 = {
    Range{"::", 128, "unspecified"},       Range{"::1", 128, "loopback"},      Range{"::ffff:0:0", 96, "ipv4-mapped"},
    Range{"64:ff9b::", 96, "nat64"},       Range{"64:ff9b:1::", 48, "nat64"},  Range{"fc00::", 7, "private"},
    Range{"fe80::", 10, "link-local"},     Range{"fec0::", 10, "private"},     Range{"ff00::", 8, "multicast"},
    Range{"2001::", 23, "reserved"},       Range{"2001:db8::", 32, "reserved"}, Range{"2002::", 16, "reserved"},
    Range{"3fff::", 20, "reserved"},       Range{"2000::", 3, kPublicAddress}, Range{"::", 0, "reserved"},
};

struct Network {
  std::array<uint8_t, 16> bytes{};
  size_t bits = 0;
  std::string_view kind;
};

std::vector<Network> Parse(int family, std::span<const Range> ranges) {
  std::vector<Network> networks;
  for (const Range& range : ranges) {
    Network& network = networks.emplace_back();
    if (inet_pton(family, range.network, network.bytes.data()) != 1) throw std::logic_error(range.network);
    network.bits = range.bits;
    network.kind = range.kind;
  }
  return networks;
}

bool StartsAlike(const uint8_t* address, const Network& network) {
  const size_t whole = network.bits / 8;
  if (!std::equal(address, address + whole, network.bytes.begin())) return false;
  const size_t rest = network.bits % 8;
  return rest == 0 || (address[whole] >> (8 - rest)) == (network.bytes[whole] >> (8 - rest));
}

std::string_view KindIn(const std::vector<Network>& networks, const uint8_t* address) {
  for (const Network& network : networks) {
    if (StartsAlike(address, network)) return network.kind;
  }
  return kPublicAddress;
}

}  // namespace

std::string_view KindOfAddress(const sockaddr& address, socklen_t size) {
  static const std::vector<Network> networks4 = Parse(AF_INET, kRanges4);
  static const std::vector<Network> networks6 = Parse(AF_INET6, kRanges6);
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, &address, sizeof(in));
    return KindIn(networks4, reinterpret_cast<const uint8_t*>(&in.sin_addr));
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, &address, sizeof(in));
    return KindIn(networks6, in.sin6_addr.s6_addr);
  }
  return "reserved";
}

}  // namespace odometer
