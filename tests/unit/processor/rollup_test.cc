#include "processor/rollup.h"

#include <gtest/gtest.h>

#include <string>

namespace odometer {
namespace {

// "series@window=sum ..." in the order of the visits.
std::string RolledUp(const Overlay& overlay, const Tier* tier) {
  std::string text;
  RollUp(overlay.Sorted(), tier, [&](SeriesId series, int64_t window, const Aggregate& delta) {
    if (!text.empty()) text += " ";
    text += std::to_string(series) + "@" + std::to_string(window) + "=" + delta.sum().ToJson();
  });
  return text;
}

class RollUpTest : public testing::Test {
 protected:
  void Count(SeriesId series, int64_t ts_ms, int64_t value) {
    overlay_.At(series, kSecond.WindowStart(ts_ms)).Add(Number::Of(value), ts_ms, {0, next_offset_++}, false);
  }
  void Set(SeriesId series, int64_t ts_ms, int64_t value) {
    Aggregate aggregate;
    aggregate.Add(Number::Of(value), ts_ms, {0, next_offset_++}, false);
    overlay_.AddForeverOnly(series, kSecond.WindowStart(ts_ms), aggregate);
  }

  static constexpr Tier kSecond{1000, 3'600'000};
  static constexpr Tier kMinute{60'000, kForever};
  Overlay overlay_;
  int64_t next_offset_ = 0;
};

TEST_F(RollUpTest, CoarserTiersAreSumsOfTheFinest) {
  Count(1, 500, 1);
  Count(1, 1500, 2);
  Count(1, 61'000, 4);
  Count(2, -1, 8);
  EXPECT_EQ(RolledUp(overlay_, &kSecond), "1@0=1 1@1000=2 1@61000=4 2@-1000=8");
  EXPECT_EQ(RolledUp(overlay_, &kMinute), "1@0=3 1@60000=4 2@-60000=8");
  EXPECT_EQ(RolledUp(overlay_, nullptr), "1@0=7 2@0=8");
}

TEST_F(RollUpTest, WhatWasSetShowsOnlyInTiersKeptForEver) {
  Count(1, 500, 1);
  Set(1, 700, 100);
  Set(2, 700, 200);
  EXPECT_EQ(RolledUp(overlay_, &kSecond), "1@0=1");
  EXPECT_EQ(RolledUp(overlay_, &kMinute), "1@0=101 2@0=200");
  EXPECT_EQ(RolledUp(overlay_, nullptr), "1@0=101 2@0=200");
}

TEST_F(RollUpTest, NothingGivesNothing) { EXPECT_EQ(RolledUp(overlay_, nullptr), ""); }

}  // namespace
}  // namespace odometer
