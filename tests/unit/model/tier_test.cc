#include "common/model/tier.h"

#include <gtest/gtest.h>

#include <string>

namespace odometer {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 86'400'000;

TEST(TierTest, WindowStartRoundsTowardsMinusInfinity) {
  Tier tier{kSecond, kForever};
  EXPECT_EQ(tier.WindowStart(0), 0);
  EXPECT_EQ(tier.WindowStart(999), 0);
  EXPECT_EQ(tier.WindowStart(1000), 1000);
  EXPECT_EQ(tier.WindowStart(-1), -1000);
  EXPECT_EQ(tier.WindowStart(-1000), -1000);
  EXPECT_EQ(tier.WindowStart(-1001), -2000);
}

TEST(TierTest, RetainsUntilTheWindowsEndIsAsOldAsTheRetention) {
  Tier tier{kMinute, kHour};
  EXPECT_TRUE(tier.Retains(0, kHour + kMinute - 1));
  EXPECT_FALSE(tier.Retains(0, kHour + kMinute));
  EXPECT_TRUE(tier.Retains(-kDay, kBeginningOfTime));
  EXPECT_TRUE((Tier{kMinute, kForever}).Retains(-kDay, 300'000 * kDay));
}

TEST(TierTest, StoreNames) {
  EXPECT_EQ((Tier{kSecond}).StoreName(), "windows-1s");
  EXPECT_EQ((Tier{5 * kMinute}).StoreName(), "windows-5m");
  EXPECT_EQ((Tier{kHour}).StoreName(), "windows-1h");
  EXPECT_EQ((Tier{kDay}).StoreName(), "windows-1d");
  EXPECT_EQ((Tier{1500}).StoreName(), "windows-1500ms");
}

TEST(TierSetTest, Default) {
  TierSet tiers = TierSet::Default();
  EXPECT_TRUE(tiers.Validate().ok());
  EXPECT_TRUE(tiers.total);
  ASSERT_EQ(tiers.windows.size(), 3u);
  EXPECT_EQ(tiers.windows[0], (Tier{kSecond, kHour}));
  EXPECT_EQ(tiers.windows[1], (Tier{kMinute, 7 * kDay}));
  EXPECT_EQ(tiers.windows[2], (Tier{kHour, kForever}));
}

TEST(TierSetTest, ValidateNamesTheBrokenRule) {
  auto message = [](const TierSet& tiers) { return tiers.Validate().ok() ? "" : tiers.Validate().message(); };
  EXPECT_EQ(message({{}, true}), "");
  EXPECT_EQ(message({{}, false}), "no tier: at least one window size or the total is needed");
  EXPECT_EQ(message({{{0, kForever}}, true}), "a tier's size must be positive and at most 3650000d");
  EXPECT_EQ(message({{{kMinute, kSecond}}, true}),
            "tier 1m: its retention must be at least its size, and at most 3650000d, or forever");
  EXPECT_EQ(message({{{kMinute, kForever - 1}}, true}),
            "tier 1m: its retention must be at least its size, and at most 3650000d, or forever");
  EXPECT_EQ(message({{{kMinute, kHour}, {kSecond, kHour}}, true}),
            "tier 1s: its size must be a multiple of the one before it, 1m");
  EXPECT_EQ(message({{{7 * kSecond, kHour}, {kMinute, kHour}}, true}),
            "tier 1m: its size must be a multiple of the one before it, 7s");
  EXPECT_EQ(message({{{kMinute, kHour}, {kMinute, kHour}}, true}),
            "tier 1m: its size must be a multiple of the one before it, 1m");
}

TEST(TierSetTest, RetainsAnEventWhileAnyTierDoes) {
  TierSet tiers{{{kSecond, kMinute}, {kMinute, kHour}}, false};
  EXPECT_TRUE(tiers.RetainsEvent(0, kBeginningOfTime));
  EXPECT_TRUE(tiers.RetainsEvent(0, 2 * kMinute));
  EXPECT_TRUE(tiers.RetainsEvent(0, kHour + kMinute - 1));
  EXPECT_FALSE(tiers.RetainsEvent(0, kHour + kMinute));
  tiers.total = true;
  EXPECT_TRUE(tiers.RetainsEvent(0, kHour + kMinute));
}

TEST(DurationTest, Parses) {
  struct Case {
    const char* text;
    int64_t ms;
  };
  for (const Case& c : {Case{"250ms", 250}, {"10s", 10'000}, {"5m", 5 * kMinute}, {"1h", kHour}, {"7d", 7 * kDay},
                        {"0s", 0}, {"0ms", 0}, {"3650000d", 3'650'000 * kDay}, {"forever", kForever}}) {
    Result<int64_t> parsed = ParseDuration(c.text);
    ASSERT_TRUE(parsed.ok()) << c.text;
    EXPECT_EQ(*parsed, c.ms) << c.text;
  }
}

TEST(DurationTest, RefusesTheRest) {
  for (const char* text : {"", "10", "s", "-1s", "-0s", "+1s", "1.5s", " 1s", "1 s", "1s ", "1w", "1S", "1sm", "Forever",
                           "3650001d", "99999999999999999999s", "9223372036854775807d"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
  EXPECT_EQ(ParseDuration("5x").status().message(),
            "'5x' is not a duration: write a number and ms, s, m, h or d, or forever");
}

TEST(DurationTest, FormatsTheShortestText) {
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(250), "250ms");
  EXPECT_EQ(FormatDuration(60'000), "1m");
  EXPECT_EQ(FormatDuration(90'000), "90s");
  EXPECT_EQ(FormatDuration(kDay), "1d");
  EXPECT_EQ(FormatDuration(36 * kHour), "36h");
  EXPECT_EQ(FormatDuration(kForever), "forever");
}

}  // namespace
}  // namespace odometer
