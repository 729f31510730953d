#include "query/gauges.h"

#include <gtest/gtest.h>

#include "common/model/timestamp.h"
#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

constexpr int64_t kHour = 3'600'000;

int64_t Ms(const std::string& text) { return ParseIso8601(text).value(); }

class GaugesTest : public testing::Test {
 protected:
  GaugesTest() {
    const TimeZone berlin = TimeZone::Find("Europe/Berlin").value();
    auto table = std::make_shared<GaugeList>();
    table->gauges = {{"basket", MetricType::kGauge, Period::Fixed(kHour)},
                     {"odd, name", MetricType::kCounter, Period::Calendar(CalendarUnit::kMonth, {})},
                     {"revenue", MetricType::kCounter, Period::Calendar(CalendarUnit::kDay, berlin)}};
    table_ = table;
  }

  http::Response Read(const std::string& names, QueryPairs query = {}, const std::string& org = "default") {
    http::Request request = GetRequest(std::move(query));
    request.path_params = {names};
    request.org = org;
    return gauges_.Read(request, state_.Now().get());
  }
  std::string Body(const std::string& names, QueryPairs query = {}) {
    http::Response response = Read(names, std::move(query));
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body;
  }

  FakeStateReader state_;
  std::shared_ptr<const GaugeList> table_;
  Gauges gauges_{state_.tiers(), [this] { return table_; }};
};

TEST_F(GaugesTest, AreListedToTheirOrg) {
  EXPECT_EQ(gauges_.List(GetRequest()).body,
            R"([{"name":"basket","tick":"1h","timezone":"UTC"},{"name":"odd, name","tick":"1mo","timezone":"UTC"},)"
            R"({"name":"revenue","tick":"1d","timezone":"Europe/Berlin"}])");
  http::Request other = GetRequest();
  other.org = "other";
  EXPECT_EQ(gauges_.List(other).body, "[]");
}

TEST_F(GaugesTest, TicksHaveTheSumOfWhatIsIncrementedAndTheLastOfWhatIsSet) {
  const int64_t day = Ms("2026-03-29T00:00+01:00"), next = day + 23 * kHour;
  state_.Add(MakeSeries("revenue", MetricType::kCounter, {{"country", "de"}}), 5, day);
  state_.Add(MakeSeries("revenue"), 7, next - 1, 1);
  state_.Add(MakeSeries("revenue"), 1, next);
  state_.Add(MakeSeries("basket", MetricType::kGauge), 3, day);
  state_.Add(MakeSeries("basket", MetricType::kGauge), 2, day + 1);
  const std::string d = std::to_string(day), n = std::to_string(next);
  EXPECT_EQ(Body("revenue"), R"({"revenue":{")" + d + R"(":12,")" + n + R"(":1}})");
  EXPECT_EQ(Body("revenue,basket,revenue"),
            R"({"revenue":{")" + d + R"(":12,")" + n + R"(":1},"basket":{")" + d + R"(":2}})");
  EXPECT_EQ(Body("odd, name"), R"({"odd, name":{}})");
}

TEST_F(GaugesTest, StartAndEndShowTheirTicksWhole) {
  const int64_t day = Ms("2026-10-25T00:00+02:00");
  for (int hour = -24; hour < 49; ++hour) state_.Add(MakeSeries("revenue"), 1, day + hour * kHour);
  const std::string only = R"({"revenue":{")" + std::to_string(day) + R"(":25}})";
  EXPECT_EQ(Body("revenue", {{"start", "2026-10-25T12:00Z"}, {"end", std::to_string(day)}}), R"({"revenue":{}})");
  EXPECT_EQ(Body("revenue", {{"start", std::to_string(day)}, {"end", "2026-10-25T12:00Z"}}), only);
  EXPECT_EQ(Body("revenue", {{"start", "2026-10-25T12:00Z"}, {"end", "2026-10-25T13:00Z"}}), only);
  EXPECT_EQ(Body("revenue", {{"start", "-9223372036854775808"}, {"end", "0"}}), R"({"revenue":{}})");
}

TEST_F(GaugesTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(Read("revenu").status, 404);
  EXPECT_NE(Read("basket,revenu").body.find("the nearest is revenue"), std::string::npos);
  for (const char* names : {"", ",", "basket,", "\xff"}) EXPECT_EQ(Read(names).status, 404) << names;
  http::Response other = Read("revenue", {}, "other");
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(other.body.find("revenue"), std::string::npos) << "another org's gauges are not named";
}

TEST_F(GaugesTest, BadTimesAreRefused) {
  for (const char* field : {"start", "end"}) {
    for (const char* text : {"", "yesterday", "1.5", "2026-13-01"}) {
      http::Response bad = Read("revenue", {{field, text}});
      EXPECT_EQ(bad.status, 400) << field << text;
      EXPECT_NE(bad.body.find(std::string(R"("field":")") + field), std::string::npos) << bad.body;
    }
  }
}

// The minutes of which they are made are kept for seven days.
TEST_F(GaugesTest, SayFromWhereOnTheyAreKept) {
  auto table = std::make_shared<GaugeList>();
  table->gauges = {{"revenue", MetricType::kCounter, Period::Fixed(kHour / 4)}};
  table_ = table;
  for (int hour = 0; hour < 300; ++hour) state_.Add(MakeSeries("revenue"), 1, Ms("2026-06-01") + hour * kHour);
  http::Response response = Read("revenue");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(HeaderOf(response, "X-Odometer-Retained-From-Ms"), std::to_string(Ms("2026-06-06T11:00")));
  http::Response early = Read("revenue", {{"start", "2026-06-02"}});
  EXPECT_EQ(early.status, 400);
  EXPECT_NE(early.body.find("is kept only from"), std::string::npos) << early.body;
}

}  // namespace
}  // namespace odometer
