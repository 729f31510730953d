#include "common/model/series.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace odometer {
namespace {

std::string Identity(const Series& series) {
  std::string bytes;
  EncodeSeriesIdentity(series, &bytes);
  return bytes;
}

std::vector<Series> DistinctSeries() {
  return {{"default", "requests", MetricType::kCounter, {}},
          {"default", "requests", MetricType::kTimer, {}},
          {"acme", "requests", MetricType::kCounter, {}},
          {"default", "requests", MetricType::kCounter, {{"level", "web"}}},
          {"default", "requests", MetricType::kCounter, {{"level", ""}}},
          {"default", "requests", MetricType::kCounter, {{"", "web"}}},
          {"default", "requests", MetricType::kCounter, {{"a", "b"}, {"level", "web"}}},
          {"default", "request", MetricType::kCounter, {{"s", ""}}},
          {"defaultr", "equests", MetricType::kCounter, {}},
          {std::string("nul\0", 4), std::string(300, 'n'), MetricType::kEvent, {{"ключ", std::string(512, 'v')}}}};
}

TEST(SeriesTest, IdentityOfAnEventIsThatOfItsSeries) {
  Event event;
  event.org = "acme";
  event.name = "latency";
  event.type = MetricType::kTimer;
  event.labels = {{"level", "web"}, {"route", "/"}};
  std::string bytes;
  EncodeSeriesIdentity(event, &bytes);
  EXPECT_EQ(bytes, Identity({"acme", "latency", MetricType::kTimer, {{"level", "web"}, {"route", "/"}}}));
}

TEST(SeriesTest, EqualExactlyForEqualSeries) {
  std::set<std::string> identities;
  for (const Series& series : DistinctSeries()) {
    EXPECT_TRUE(identities.insert(Identity(series)).second) << series.name;
    EXPECT_EQ(Identity(series), Identity(Series(series)));
  }
}

TEST(SeriesTest, DecodesWhatItEncodes) {
  for (const Series& series : DistinctSeries()) {
    std::string bytes = Identity(series);
    Result<Series> decoded = DecodeSeriesIdentity(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(*decoded, series);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(DecodeSeriesIdentity(bytes.substr(0, size)).ok());
    EXPECT_FALSE(DecodeSeriesIdentity(bytes + "x").ok());
  }
}

TEST(SeriesTest, RefusesWhatIsNotCanonical) {
  EXPECT_FALSE(DecodeSeriesIdentity(Identity({"o", "n", MetricType::kGauge, {{"b", ""}, {"a", ""}}})).ok());
  EXPECT_FALSE(DecodeSeriesIdentity(Identity({"o", "n", MetricType::kGauge, {{"a", ""}, {"a", ""}}})).ok());
  EXPECT_FALSE(DecodeSeriesIdentity(Identity({"o", "n", static_cast<MetricType>(static_cast<int>(kLastMetricType) + 1), {}})).ok());
  EXPECT_FALSE(DecodeSeriesIdentity(Identity({"o", "n", static_cast<MetricType>(0), {}})).ok());
  std::string other_version = Identity({"o", "n", MetricType::kGauge, {}});
  other_version[0] = 2;
  EXPECT_EQ(DecodeSeriesIdentity(other_version).status().message(), "series of unknown version 2");
}

TEST(SeriesTest, QualifiedNameHasTheLevelInFront) {
  EXPECT_EQ((Series{"o", "cart", MetricType::kGauge, {{"level", "shop"}, {"zone", "1"}}}).QualifiedName(), "shop.cart");
  EXPECT_EQ((Series{"o", "cart", MetricType::kGauge, {{"a", "1"}}}).QualifiedName(), "cart");
  EXPECT_EQ((Series{"o", "cart", MetricType::kGauge, {{"level", ""}}}).QualifiedName(), "cart");
}

TEST(SeriesTest, LabelValues) {
  Series series{"o", "n", MetricType::kGauge, {{"a", "1"}, {"c", "3"}}};
  EXPECT_EQ(series.LabelValue("a"), "1");
  EXPECT_EQ(series.LabelValue("b"), "");
  EXPECT_EQ(series.LabelValue("c"), "3");
  EXPECT_EQ(series.LabelValue("d"), "");
}

TEST(MetricTypeTest, NamesInAnyCase) {
  for (MetricType type : {MetricType::kCounter, MetricType::kGauge, MetricType::kMeter, MetricType::kTimer,
                          MetricType::kEvent}) {
    MetricType parsed = type == MetricType::kEvent ? MetricType::kCounter : MetricType::kEvent;
    ASSERT_TRUE(ParseMetricType(MetricTypeName(type), &parsed));
    EXPECT_EQ(parsed, type);
  }
  MetricType type = MetricType::kCounter;
  EXPECT_TRUE(ParseMetricType("TiMeR", &type));
  EXPECT_EQ(type, MetricType::kTimer);
  EXPECT_FALSE(ParseMetricType("", &type));
  EXPECT_FALSE(ParseMetricType("timers", &type));
  EXPECT_FALSE(ParseMetricType("time", &type));
}

}  // namespace
}  // namespace odometer
