#include "query/parameters.h"

#include <gtest/gtest.h>

#include "common/model/timestamp.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

// The query, with a key and a type put before what is given.
std::optional<BadParameter> Parse(QueryPairs more, MetricQuery* query) {
  QueryPairs all = {{"key", "k"}, {"type", "points"}};
  all.insert(all.end(), more.begin(), more.end());
  return ParseMetricQuery(GetRequest(all), query);
}

std::string BadField(QueryPairs parameters) {
  MetricQuery query;
  auto bad = ParseMetricQuery(GetRequest(std::move(parameters)), &query);
  return bad ? bad->field : "";
}

TEST(MetricQuery, ReadsEveryParameter) {
  MetricQuery query;
  ASSERT_FALSE(Parse({{"period", "5"}, {"from", "-7"}, {"to", "9"}, {"label.b", "2"}, {"label.a", "1"}}, &query));
  EXPECT_EQ(query.key, "k");
  EXPECT_EQ(query.view, MetricView::kPoints);
  EXPECT_EQ(query.period, Period::Fixed(5000));
  EXPECT_EQ(query.from_ms, -7);
  EXPECT_EQ(query.to_ms, 9);
  EXPECT_EQ(query.labels, (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "2"}}));
}

TEST(MetricQuery, ReadsPeriodsOfACalendar) {
  MetricQuery query;
  ASSERT_FALSE(Parse({{"period", "1w"}}, &query));
  EXPECT_EQ(query.period, Period::Calendar(CalendarUnit::kWeek, TimeZone()));
  const TimeZone berlin = TimeZone::Find("Europe/Berlin").value();
  for (const auto& [text, unit] : {std::pair("1d", CalendarUnit::kDay), {"1mo", CalendarUnit::kMonth}}) {
    ASSERT_FALSE(Parse({{"timezone", "Europe/Berlin"}, {"period", text}}, &query));
    EXPECT_EQ(query.period, Period::Calendar(unit, berlin));
    http::Request request;
    AddPeriod(*query.period, &request);
    EXPECT_EQ(request.query, (QueryPairs{{"period", text}, {"timezone", "Europe/Berlin"}}));
  }
}

TEST(MetricQuery, RefusesZonesThatAreNoneOrForNothing) {
  MetricQuery query;
  auto unknown = Parse({{"period", "1d"}, {"timezone", "Europe/Berln"}}, &query);
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->field, "timezone");
  EXPECT_EQ(unknown->message, "unknown time zone; the nearest is Europe/Berlin");
  for (const QueryPairs& without : {QueryPairs{{"timezone", "UTC"}}, {{"period", "86400"}, {"timezone", "UTC"}}}) {
    auto bad = Parse(without, &query);
    ASSERT_TRUE(bad);
    EXPECT_EQ(bad->field, "timezone");
  }
  for (const char* period : {"1D", "2d", "1m", "1y", "d"}) EXPECT_EQ(Parse({{"period", period}}, &query)->field, "period");
}

TEST(MetricQuery, TheFirstOfDuplicatesCounts) {
  MetricQuery query;
  ASSERT_FALSE(Parse({{"key", "other"}, {"from", "1"}, {"from", "x"}, {"label.a", "1"}, {"label.a", "2"}}, &query));
  EXPECT_EQ(query.key, "k");
  EXPECT_EQ(query.from_ms, 1);
  EXPECT_EQ(query.labels, (std::vector<std::pair<std::string, std::string>>{{"a", "1"}}));
}

TEST(MetricQuery, WantsAKeyAndAType) {
  EXPECT_EQ(BadField({{"type", "counter"}}), "key");
  EXPECT_EQ(BadField({{"key", ""}, {"type", "counter"}}), "key");
  EXPECT_EQ(BadField({{"key", "\xff"}, {"type", "counter"}}), "key");
  EXPECT_EQ(BadField({{"key", "k"}}), "type");
  EXPECT_EQ(BadField({{"key", "k"}, {"type", "Counter"}}), "type");
  EXPECT_EQ(BadField({{"key", "k"}, {"type", ""}}), "type");
  EXPECT_EQ(BadField({{"key", "ключ \xf0\x9f\x98\x80"}, {"type", "counter"}}), "");
}

TEST(MetricQuery, RefusesNumbersThatAreNone) {
  for (const char* text : {"", "abc", "1.5", "0x10", "1 ", " 1", "+1", "--1", "9223372036854775808"}) {
    MetricQuery query;
    for (const char* field : {"period", "from", "to"}) {
      auto bad = Parse({{field, text}}, &query);
      ASSERT_TRUE(bad) << field << '=' << text;
      EXPECT_EQ(bad->field, field);
    }
  }
  MetricQuery query;
  EXPECT_TRUE(Parse({{"period", "0"}}, &query));
  EXPECT_TRUE(Parse({{"period", "-60"}}, &query));
  EXPECT_TRUE(Parse({{"period", "9223372036854775"}}, &query));
}

TEST(MetricQuery, BringsTimesToTheYearsOfEvents) {
  MetricQuery query;
  ASSERT_FALSE(Parse({{"from", "-9223372036854775808"}, {"to", "9223372036854775807"}}, &query));
  EXPECT_EQ(query.from_ms, kMinTimestampMs);
  EXPECT_EQ(query.to_ms, kMaxTimestampMs);
  // What lies after or before all events must not meet one by that.
  ASSERT_FALSE(Parse({{"from", "9223372036854775806"}, {"to", "9223372036854775807"}}, &query));
  EXPECT_GT(*query.from_ms, *query.to_ms);
  query = {};
  ASSERT_FALSE(Parse({{"to", "-9223372036854775808"}}, &query));
  EXPECT_LT(*query.to_ms, kMinTimestampMs);
}

TEST(MetricQuery, RefusesLabelsThatAreNone) {
  MetricQuery query;
  EXPECT_EQ(Parse({{"label.", "1"}}, &query)->field, "label");
  EXPECT_EQ(Parse({{"label.a", "\xc0\xaf"}}, &query)->field, "label");
  EXPECT_FALSE(Parse({{"label.a", ""}}, &query));
}

TEST(ReadConditions, ComeFromParametersOrTheHeader) {
  ReadConditions conditions;
  ASSERT_FALSE(ParseReadConditions(GetRequest(), "t", &conditions));
  EXPECT_TRUE(conditions.min_offset.empty());
  EXPECT_FALSE(conditions.require_complete);

  http::Request request = GetRequest({{"require", "complete"}});
  request.headers = {{"min-offset", "t/0@3"}};
  ASSERT_FALSE(ParseReadConditions(request, "t", &conditions));
  EXPECT_FALSE(conditions.min_offset.empty());
  EXPECT_TRUE(conditions.require_complete);
}

TEST(ReadConditions, NameTheFieldThatIsWrong) {
  ReadConditions conditions;
  EXPECT_EQ(ParseReadConditions(GetRequest({{"require", "all"}}), "t", &conditions)->field, "require");
  EXPECT_EQ(ParseReadConditions(GetRequest({{"min-offset", "u/0"}}), "t", &conditions)->field, "min-offset");
}

}  // namespace
}  // namespace odometer
