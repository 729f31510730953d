#include "ingest/gauge_table.h"

#include <gtest/gtest.h>

#include <limits>

namespace odometer {
namespace {

Number Whole(int64_t value) { return Number::Of(value); }

TEST(GaugeTable, KnowsWhatAGaugeWasSetTo) {
  GaugeTable table(1 << 20);
  EXPECT_EQ(table.After("a", Whole(3)), Whole(3));
  EXPECT_EQ(table.Set("a", Whole(10)), 0u);
  EXPECT_EQ(table.After("a", Whole(-4)), Whole(6));
  EXPECT_EQ(table.After("a", Whole(-4)), Whole(6)) << "asking changes nothing";
  EXPECT_EQ(table.After("a", Number::Of(0.5)), Number::Of(10.5));
  EXPECT_EQ(table.After("b", Whole(1)), Whole(1));
  table.Set("a", Whole(std::numeric_limits<int64_t>::max()));
  EXPECT_EQ(table.After("a", Whole(1)), Number::Of(0x1p63));
  table.Set("a", Number::Of(std::numeric_limits<double>::max()));
  EXPECT_EQ(table.After("a", Number::Of(std::numeric_limits<double>::max())), std::nullopt);
}

TEST(GaugeTable, ForgetsWhatWasUsedLongestAgo) {
  GaugeTable table(1000);
  size_t forgotten = 0;
  for (int i = 0; i < 100; ++i) {
    forgotten += table.Set("gauge" + std::to_string(i), Whole(i));
    table.Set("gauge0", Whole(0));
    table.Set("gauge0", Whole(7));
  }
  EXPECT_GT(forgotten, 90u);
  EXPECT_LT(forgotten, 100u);
  EXPECT_EQ(table.After("gauge0", Whole(0)), Whole(7));
  EXPECT_EQ(table.After("gauge1", Whole(0)), Whole(0));
  EXPECT_EQ(table.After("gauge99", Whole(0)), Whole(99));
}

}  // namespace
}  // namespace odometer
