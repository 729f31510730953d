#include "cli/config/config_values.h"

#include <gtest/gtest.h>

namespace odometer::cli {
namespace {

TEST(ParseInteger, TakesWholeNumbersOnly) {
  EXPECT_EQ(*ParseInteger("-1"), -1);
  EXPECT_EQ(*ParseInteger("400000"), 400'000);
  for (const char* bad : {"", "1.5", "1 ", "0x10", "ten", "9223372036854775808"}) {
    EXPECT_FALSE(ParseInteger(bad).ok()) << bad;
  }
}

TEST(ParseBool, TakesTheWordsOfYaml) {
  for (const char* text : {"true", "Yes", "ON"}) EXPECT_TRUE(*ParseBool(text)) << text;
  for (const char* text : {"false", "no", "Off"}) EXPECT_FALSE(*ParseBool(text)) << text;
  for (const char* bad : {"", "1", "maybe"}) EXPECT_FALSE(ParseBool(bad).ok()) << bad;
}

TEST(ParseSize, KnowsBinaryAndDecimalUnits) {
  EXPECT_EQ(*ParseSize("65536"), 65'536u);
  EXPECT_EQ(*ParseSize("64KiB"), 65'536u);
  EXPECT_EQ(*ParseSize("64 MiB"), 64u << 20);
  EXPECT_EQ(*ParseSize("1gib"), 1u << 30);
  EXPECT_EQ(*ParseSize("2MB"), 2'000'000u);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (const char* bad : {"", "MiB", "-1", "1.5MiB", "1TiBB", "99999999999GiB", "18446744073709551616"}) {
    EXPECT_FALSE(ParseSize(bad).ok()) << bad;
  }
}

TEST(ParseTiers, ReadsSizesAndRetentions) {
  const std::vector<Tier> expected{{1'000, 3'600'000}, {60'000, 604'800'000}, {3'600'000, kForever}};
  EXPECT_EQ(*ParseTiers("1s:1h, 1m:7d,1h:forever"), expected);
  EXPECT_TRUE(ParseTiers("")->empty());
}

TEST(ParseTiers, RefusesWhatIsNoTier) {
  for (const char* bad : {"1s", "1s:", ":1h", "1s:1h,,1m:1d", "1s=1h"}) EXPECT_FALSE(ParseTiers(bad).ok()) << bad;
}

TEST(CheckAddress, TakesHostsAndBracketedV6) {
  for (const char* good : {"127.0.0.1:8000", "localhost:0", "[::1]:65535", "0.0.0.0:80", "kafka-1.example:9092"}) {
    EXPECT_TRUE(CheckAddress(good).ok()) << good;
  }
  for (const char* bad : {"", "8000", ":8000", "host", "host:", "host:65536", "host:-1", "::1:8000", "a b:1", "[]:1"}) {
    EXPECT_FALSE(CheckAddress(bad).ok()) << bad;
  }
}

TEST(IsLoopback, KnowsWhatOnlyThisMachineReaches) {
  for (const char* local : {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1", "[0:0:0:0:0:0:0:1]:1",
                            "[::ffff:127.0.0.1]:1"}) {
    EXPECT_TRUE(IsLoopback(local)) << local;
  }
  for (const char* open : {"0.0.0.0:1", "[::]:1", "192.168.0.1:1", "example:1", "127.example:1", "127.0.0.1.example:1",
                           "localhost.example:1", "[::ffff:10.0.0.1]:1", "[::2]:1", "128.0.0.1:1", "*:1", "0:1"}) {
    EXPECT_FALSE(IsLoopback(open)) << open;
  }
}

}  // namespace
}  // namespace odometer::cli
