#include "webhook/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace odometer {
namespace {

std::string_view KindOf(const std::string& text) {
  sockaddr_storage storage{};
  if (text.find(':') == std::string::npos) {
    auto* in = reinterpret_cast<sockaddr_in*>(&storage);
    in->sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &in->sin_addr), 1) << text;
    return KindOfAddress(reinterpret_cast<const sockaddr&>(storage), sizeof(sockaddr_in));
  }
  auto* in = reinterpret_cast<sockaddr_in6*>(&storage);
  in->sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &in->sin6_addr), 1) << text;
  return KindOfAddress(reinterpret_cast<const sockaddr&>(storage), sizeof(sockaddr_in6));
}

struct Case {
  const char* address;
  const char* kind;
};

TEST(Address, KnowsIpv4) {
  for (const auto& [address, kind] : {
           Case{"8.8.8.8", "public"},          Case{"1.0.0.0", "public"},          Case{"0.0.0.0", "unspecified"},
           Case{"0.255.255.255", "unspecified"}, Case{"9.255.255.255", "public"},  Case{"10.0.0.0", "private"},
           Case{"10.255.255.255", "private"},  Case{"11.0.0.0", "public"},         Case{"100.63.255.255", "public"},
           Case{"100.64.0.0", "shared"},       Case{"100.127.255.255", "shared"},  Case{"100.128.0.0", "public"},
           Case{"127.0.0.1", "loopback"},      Case{"127.255.255.255", "loopback"}, Case{"128.0.0.0", "public"},
           Case{"169.253.255.255", "public"},  Case{"169.254.169.254", "link-local"}, Case{"169.255.0.0", "public"},
           Case{"172.15.255.255", "public"},   Case{"172.16.0.0", "private"},      Case{"172.31.255.255", "private"},
           Case{"172.32.0.0", "public"},       Case{"192.0.0.1", "reserved"},      Case{"192.0.1.0", "public"},
           Case{"192.0.2.7", "reserved"},      Case{"192.88.99.1", "reserved"},    Case{"192.167.255.255", "public"},
           Case{"192.168.0.0", "private"},     Case{"192.168.255.255", "private"}, Case{"192.169.0.0", "public"},
           Case{"198.17.255.255", "public"},   Case{"198.18.0.0", "reserved"},     Case{"198.19.255.255", "reserved"},
           Case{"198.20.0.0", "public"},       Case{"198.51.100.1", "reserved"},   Case{"203.0.113.1", "reserved"},
           Case{"223.255.255.255", "public"},  Case{"224.0.0.1", "multicast"},     Case{"239.255.255.255", "multicast"},
           Case{"240.0.0.1", "reserved"},      Case{"255.255.255.255", "reserved"},
       }) {
    EXPECT_EQ(KindOf(address), kind) << address;
  }
}

TEST(Address, KnowsIpv6) {
  for (const auto& [address, kind] : {
           Case{"2606:4700::1111", "public"},  Case{"2a00:1450::1", "public"},    Case{"2000::1", "public"},
           Case{"3ffe::1", "public"},          Case{"::", "unspecified"},         Case{"::1", "loopback"},
           Case{"::2", "reserved"},            Case{"::10.0.0.1", "reserved"},    Case{"::ffff:8.8.8.8", "ipv4-mapped"},
           Case{"::ffff:127.0.0.1", "ipv4-mapped"}, Case{"::ffff:0:10.0.0.1", "reserved"},
           Case{"64:ff9b::8.8.8.8", "nat64"},  Case{"64:ff9b::10.0.0.1", "nat64"}, Case{"64:ff9b:1::1", "nat64"},
           Case{"64:ff9b:2::1", "reserved"},   Case{"100::1", "reserved"},        Case{"1fff:ffff::", "reserved"},
           Case{"2001::1", "reserved"},        Case{"2001:1ff:ffff::", "reserved"}, Case{"2001:200::1", "public"},
           Case{"2001:db8::1", "reserved"},    Case{"2002:7f00:1::", "reserved"}, Case{"2003::1", "public"},
           Case{"3fff:0fff::1", "reserved"},   Case{"3fff:1000::1", "public"},    Case{"4000::1", "reserved"},
           Case{"fbff::1", "reserved"},        Case{"fc00::1", "private"},        Case{"fdff::1", "private"},
           Case{"fe7f::1", "reserved"},        Case{"fe80::1", "link-local"},     Case{"febf::1", "link-local"},
           Case{"fec0::1", "private"},         Case{"ff02::1", "multicast"},
       }) {
    EXPECT_EQ(KindOf(address), kind) << address;
  }
}

TEST(Address, KnowsNoOtherFamily) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  EXPECT_EQ(KindOfAddress(reinterpret_cast<const sockaddr&>(storage), sizeof(storage)), "reserved");
  storage.ss_family = AF_INET;
  EXPECT_EQ(KindOfAddress(reinterpret_cast<const sockaddr&>(storage), 4), "reserved") << "cut off";
}

}  // namespace
}  // namespace odometer
