#include "common/model/control.h"

#include <gtest/gtest.h>

#include <string>

namespace odometer {
namespace {

Control Forget() { return {"acme", "shop.cart", std::nullopt}; }

Control Set() {
  Control::Set set;
  set.partition = 3;
  set.series = {"acme", "cart", MetricType::kMeter, {{"level", "shop"}}};
  set.aggregate.count = 12;
  set.aggregate.sum.Add(Number::Of(340.25));
  set.aggregate.min = Number::Of(int64_t{-1});
  set.aggregate.max = Number::Of(99.5);
  set.aggregate.last = Number::Of(int64_t{20});
  set.aggregate.first_ts_ms = 1000;
  set.aggregate.last_ts_ms = 5000;
  set.aggregate.last_origin = {3, 41};
  return {"acme", "shop.cart", set};
}

TEST(ControlTest, DecodesAForget) {
  Result<Control> decoded = DecodeControl(EncodeControl(Forget()));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(decoded->org, "acme");
  EXPECT_EQ(decoded->qualified_name, "shop.cart");
  EXPECT_FALSE(decoded->set);
}

TEST(ControlTest, DecodesASet) {
  Control control = Set();
  Result<Control> decoded = DecodeControl(EncodeControl(control));
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  ASSERT_TRUE(decoded->set);
  EXPECT_EQ(decoded->set->partition, 3);
  EXPECT_EQ(decoded->set->series, control.set->series);
  const Aggregate::Parts& aggregate = decoded->set->aggregate;
  EXPECT_EQ(aggregate.count, 12u);
  EXPECT_EQ(aggregate.sum.ToJson(), "340.25");
  EXPECT_EQ(aggregate.min, Number::Of(int64_t{-1}));
  EXPECT_EQ(aggregate.max, Number::Of(99.5));
  EXPECT_EQ(aggregate.last, Number::Of(int64_t{20}));
  EXPECT_EQ(aggregate.first_ts_ms, 1000);
  EXPECT_EQ(aggregate.last_ts_ms, 5000);
  EXPECT_EQ(aggregate.last_origin.partition, 3);
  EXPECT_EQ(aggregate.last_origin.offset, 41);
}

TEST(ControlTest, RefusesTruncationsExtensionsAndRandomChanges) {
  for (const Control& control : {Forget(), Set()}) {
    std::string bytes = EncodeControl(control);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(DecodeControl(bytes.substr(0, size)).ok()) << size;
    EXPECT_FALSE(DecodeControl(bytes + "x").ok());
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      Result<Control> decoded = DecodeControl(flipped);
      if (decoded.ok()) {
        EXPECT_EQ(EncodeControl(*decoded), flipped);
      }
    }
  }
}

TEST(ControlTest, RefusesASetOfAnotherSeriesThanItForgets) {
  Control other_org = Set();
  other_org.org = "rival";
  EXPECT_FALSE(DecodeControl(EncodeControl(other_org)).ok());
  Control other_name = Set();
  other_name.qualified_name = "cart";
  EXPECT_FALSE(DecodeControl(EncodeControl(other_name)).ok());
}

TEST(ControlTest, RefusesASetOfNothing) {
  Control control = Set();
  control.set->aggregate.count = 0;
  EXPECT_EQ(DecodeControl(EncodeControl(control)).status().message(),
            "malformed control record: an empty aggregate, or one with a sketch");
}

TEST(ControlTest, RefusesAnotherVersion) {
  std::string bytes = EncodeControl(Forget());
  bytes[0] = 9;
  EXPECT_EQ(DecodeControl(bytes).status().message(), "control record of unknown version 9");
}

}  // namespace
}  // namespace odometer
