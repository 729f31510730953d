#include "query/record_body.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace odometer {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

Control::Set Parsed(std::string_view body) {
  Control::Set set;
  auto problem = ParseRecordBody(body, kNow, &set);
  EXPECT_FALSE(problem) << problem->body;
  return set;
}

// The field that the answer names, or its text when it is not JSON.
std::string Problem(std::string_view body) {
  Control::Set set;
  auto problem = ParseRecordBody(body, kNow, &set);
  if (!problem) return "none";
  EXPECT_EQ(problem->status, 400);
  if (problem->content_type == "text/plain") return problem->body;
  nlohmann::json error = nlohmann::json::parse(problem->body)["error"];
  EXPECT_FALSE(error["message"].get<std::string>().empty());
  return error.value("field", "");
}

TEST(RecordBody, ACounterIsSetToItsSum) {
  Control::Set set = Parsed(R"({"level":"web","name":"hits","type":"counter","value":18446744073709551615,
                                "startTime":5,"updateTime":9,"count":3})");
  EXPECT_EQ(set.series.QualifiedName(), "web.hits");
  EXPECT_EQ(set.series.type, MetricType::kCounter);
  EXPECT_EQ(set.aggregate.sum.ToJson(), "18446744073709551615");
  EXPECT_EQ(set.aggregate.count, 3u);
  EXPECT_EQ(set.aggregate.first_ts_ms, 5);
  EXPECT_EQ(set.aggregate.last_ts_ms, 9);
}

TEST(RecordBody, ATimerKeepsRangeAndSum) {
  Control::Set set =
      Parsed(R"({"name":"get","type":"TIMER","value":2.5,"min":1,"max":9,"mean":99,"sum":12.5,"count":4})");
  EXPECT_TRUE(set.series.labels.empty());
  EXPECT_EQ(set.aggregate.last, Number::Of(2.5));
  EXPECT_EQ(set.aggregate.min, Number::Of(int64_t{1}));
  EXPECT_EQ(set.aggregate.max, Number::Of(int64_t{9}));
  EXPECT_EQ(set.aggregate.sum.ToJson(), "12.5");
}

TEST(RecordBody, ATimersSumFollowsFromItsMean) {
  EXPECT_EQ(Parsed(R"({"name":"t","type":"TIMER","value":2,"mean":2.5,"count":4})").aggregate.sum.ToJson(), "10");
  EXPECT_EQ(Parsed(R"({"name":"t","type":"TIMER","value":2})").aggregate.sum.ToJson(), "2");
  EXPECT_EQ(Problem(R"({"name":"t","type":"TIMER","value":2,"count":4})"), "mean");
}

TEST(RecordBody, WhatIsAbsentHasADefault) {
  Control::Set set = Parsed(R"({"level":null,"name":"g","type":"Gauge","value":-1,"count":0,"min":null})");
  EXPECT_EQ(set.series.QualifiedName(), "g");
  EXPECT_EQ(set.aggregate.count, 1u);
  EXPECT_EQ(set.aggregate.min, Number::Of(int64_t{-1}));
  EXPECT_EQ(set.aggregate.first_ts_ms, kNow);
  EXPECT_EQ(set.aggregate.last_ts_ms, kNow);
  EXPECT_EQ(Parsed(R"({"name":"g","type":"GAUGE","value":1,"updateTime":7})").aggregate.first_ts_ms, 7);
}

TEST(RecordBody, WithoutANameItAnswersTheTextThatClientsKnow) {
  for (const char* body : {"", "{}", R"({"name":""})", R"({"name":null,"type":"COUNTER","value":1})"}) {
    EXPECT_EQ(Problem(body), "ERROR: empty input") << body;
  }
}

TEST(RecordBody, TheOverflowSeriesCannotBeSet) {
  EXPECT_EQ(Problem(R"({"name":"__overflow__","type":"COUNTER","value":1})"), "name");
}

TEST(RecordBody, WhatIsNotAnObjectIsRefused) {
  for (const char* body : {"{", "[]", "1", "null", R"({"name":"a"} x)", "{\"name\":\"\xff\"}",
                           R"({"name":"a","v":1e999})"}) {
    EXPECT_EQ(Problem(body), "") << body;
  }
}

TEST(RecordBody, ANulDoesNotEndTheBody) {
  using namespace std::string_literals;
  const std::string good = R"({"name":"a","type":"GAUGE","value":1})";
  EXPECT_EQ(Problem(good), "none");
  EXPECT_EQ(Problem(good + "\0"s), "");
  EXPECT_EQ(Problem(good + "\0,{}"s), "");
}

TEST(RecordBody, NestingIsLimited) {
  auto nested = [](int depth) {
    return R"({"name":"a","type":"GAUGE","value":1,"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(Problem(nested(15)), "none");
  EXPECT_EQ(Problem(nested(16)), "");
  EXPECT_EQ(Problem(nested(400'000)), "");
}

TEST(RecordBody, NamesTheFieldThatIsWrong) {
  auto with = [](const std::string& fields) { return R"({"name":"a",)" + fields + "}"; };
  EXPECT_EQ(Problem(with(R"("value":1)")), "type");
  EXPECT_EQ(Problem(with(R"("value":1,"type":"SET")")), "type") << "how many there are says not which";
  EXPECT_EQ(Problem(with(R"("value":1,"type":"EVENT")")), "type");
  EXPECT_EQ(Problem(with(R"("value":1,"type":4)")), "type");
  for (const char* value : {"\"1\"", "null", "true", "[1]"}) {
    EXPECT_EQ(Problem(with(std::string(R"("type":"METER","value":)") + value)), "value") << value;
  }
  auto meter = [&](const std::string& more) { return with(R"("type":"METER","value":1,)" + more); };
  for (const char* count : {"-1", "1.5", "\"3\"", "[]"}) {
    EXPECT_EQ(Problem(meter(std::string(R"("count":)") + count)), "count") << count;
  }
  EXPECT_EQ(Problem(meter(R"("startTime":1.5)")), "startTime");
  EXPECT_EQ(Problem(meter(R"("updateTime":"2020")")), "updateTime");
  EXPECT_EQ(Problem(meter(R"("updateTime":253402300800000)")), "updateTime");
  for (const char* ahead : {"9223372036854775807", "9223372036854775808", "18446744073709551615"}) {
    EXPECT_EQ(Problem(meter(std::string(R"("startTime":)") + ahead)), "startTime") << ahead;
  }
  EXPECT_EQ(Problem(meter(R"("startTime":-62135596800000)")), "none");
  EXPECT_EQ(Problem(meter(R"("startTime":-62135596800001)")), "startTime");
  EXPECT_EQ(Problem(meter(R"("startTime":9,"updateTime":8)")), "startTime");
  EXPECT_EQ(Problem(meter(R"("min":2,"max":1)")), "min");
  EXPECT_EQ(Problem(meter(R"("sum":"1")")), "sum");
  EXPECT_EQ(Problem(meter(R"("level":1)")), "level");
  EXPECT_EQ(Problem(R"({"name":5})"), "name");
  EXPECT_EQ(Problem(R"({"name":")" + std::string(513, 'a') + R"("})"), "name");
}

TEST(RecordBody, ATimeAheadIsRefusedAsItIsForEvents) {
  auto at = [](int64_t ms) {
    return R"({"name":"a","type":"GAUGE","value":1,"updateTime":)" + std::to_string(ms) + "}";
  };
  EXPECT_EQ(Problem(at(kNow + 300'000)), "none");
  EXPECT_EQ(Problem(at(kNow + 300'001)), "updateTime");
}

}  // namespace
}  // namespace odometer
