#include "query/kilometric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kStart = 1'603'303'560'000;  // a whole minute

class KilometricTest : public testing::Test {
 protected:
  http::Response Read(QueryPairs query) {
    return kilometric_.Read(GetRequest(std::move(query)), state_.Now().get());
  }
  std::string Body(QueryPairs query) {
    http::Response answer = Read(std::move(query));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.content_type, "application/json");
    return answer.body;
  }
  nlohmann::json Values(QueryPairs query) { return nlohmann::json::parse(Body(std::move(query)))["values"]; }

  FakeStateReader state_;
  ManualClock clock_{kStart + kMinute};
  Kilometric kilometric_{state_.tiers(), &clock_};
};

TEST_F(KilometricTest, CounterTellsFirstLastAndSum) {
  state_.Add(MakeSeries("my-metric"), 70, kStart + 1);
  state_.Add(MakeSeries("my-metric", MetricType::kCounter, {{"level", "web"}}), 8, kStart + 900, 1);
  EXPECT_EQ(Body({{"key", "my-metric"}, {"type", "counter"}}),
            R"({"name":"my-metric","values":[{"from":1603303560001,"to":1603303560900,"value":78}]})");
  EXPECT_EQ(Body({{"key", "my-metric"}, {"type", "counter"}, {"label.level", "web"}}),
            R"({"name":"my-metric","values":[{"from":1603303560900,"to":1603303560900,"value":8}]})");
}

TEST_F(KilometricTest, NothingFoundIsAnEmptyList) {
  for (const char* type : {"counter", "points", "gauge", "meter", "timer", "set"}) {
    EXPECT_EQ(Body({{"key", "no \"such\""}, {"type", type}}), R"({"name":"no \"such\"","values":[]})");
  }
  state_.Add(MakeSeries("k"), 1, kStart);
  EXPECT_EQ(Body({{"key", "k"}, {"type", "counter"}, {"from", "2"}, {"to", "1"}}), R"({"name":"k","values":[]})");
}

TEST_F(KilometricTest, ATimerOfADayEndsWithTheDay) {
  // 23 hours of 2026-03-29 in Berlin.
  const int64_t day = 1'774'738'800'000, end = day + 23 * 60 * kMinute;
  state_.Add(MakeSeries("t", MetricType::kTimer), 5, end - 1);
  state_.Add(MakeSeries("t", MetricType::kTimer), 7, end);
  const nlohmann::json values =
      Values({{"key", "t"}, {"type", "timer"}, {"period", "1d"}, {"timezone", "Europe/Berlin"}});
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0]["from"], day);
  EXPECT_EQ(values[0]["to"], end - 1);
  EXPECT_EQ(values[1]["from"], end);
  http::Response bad = Read({{"key", "t"}, {"type", "timer"}, {"period", "1d"}, {"timezone", "Berlin"}});
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(nlohmann::json::parse(bad.body)["error"]["field"], "timezone");
}

TEST_F(KilometricTest, WhereNothingIsCountedRawEventsAreShown) {
  state_.Add(MakeSeries("k", MetricType::kEvent), 4, kStart);
  EXPECT_EQ(Body({{"key", "k"}, {"type", "points"}}), R"({"name":"k","values":[{"from":1603303560000,"value":4}]})");
  EXPECT_EQ(Values({{"key", "k"}, {"type", "counter"}})[0]["value"], 4);
  EXPECT_TRUE(Values({{"key", "k"}, {"type", "gauge"}}).empty());
  state_.Add(MakeSeries("k"), 1, kStart);
  EXPECT_EQ(Values({{"key", "k"}, {"type", "points"}})[0]["value"], 1) << "a counter goes before";
}

TEST_F(KilometricTest, SumsBeyond64BitsKeepEveryDigit) {
  for (int i = 0; i < 3; ++i) state_.Add(MakeSeries("k"), Number::Of(uint64_t{18446744073709551615u}), kStart);
  EXPECT_EQ(Body({{"key", "k"}, {"type", "points"}}),
            R"({"name":"k","values":[{"from":1603303560000,"value":55340232221128654845}]})");
}

TEST_F(KilometricTest, PointsAreBucketsOfThePeriodAlignedToTheEpoch) {
  state_.Add(MakeSeries("k"), 1, kStart - 1);
  state_.Add(MakeSeries("k"), 2, kStart);
  state_.Add(MakeSeries("k"), 4, kStart + kMinute - 1);
  state_.Add(MakeSeries("k"), 8, kStart + 3 * kMinute);
  EXPECT_EQ(Body({{"key", "k"}, {"type", "points"}}),
            R"({"name":"k","values":[{"from":1603303500000,"value":1},{"from":1603303560000,"value":6},)"
            R"({"from":1603303740000,"value":8}]})");
  EXPECT_EQ(Values({{"key", "k"}, {"type", "points"}, {"period", "3600"}}).size(), 1u);
}

TEST_F(KilometricTest, GaugeShowsTheLastValueOfEachBucket) {
  Series stock = MakeSeries("stock", MetricType::kGauge);
  state_.Add(stock, 5, kStart + 10);
  state_.Add(stock, Number::Of(2.5), kStart + 30, 1);
  state_.Add(stock, 7, kStart + 20);  // arrives later, happened earlier
  state_.Add(stock, -3, kStart + kMinute);
  EXPECT_EQ(Body({{"key", "stock"}, {"type", "gauge"}}),
            R"({"name":"stock","values":[{"from":1603303560000,"value":2.5},{"from":1603303620000,"value":-3}]})");
}

TEST_F(KilometricTest, TimerShowsTheRangeOrEachBucket) {
  Series latency = MakeSeries("latency", MetricType::kTimer);
  for (int i = 1; i <= 100; ++i) state_.Add(latency, i, kStart + i);
  state_.Add(latency, 1000, kStart + kMinute, 1);

  nlohmann::json all = Values({{"key", "latency"}, {"type", "timer"}});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["from"], kStart + 1);
  EXPECT_EQ(all[0]["to"], kStart + kMinute);
  EXPECT_EQ(all[0]["count"], 101);
  EXPECT_EQ(all[0]["sum"], 6050);
  EXPECT_EQ(all[0]["min"], 1);
  EXPECT_EQ(all[0]["max"], 1000);
  EXPECT_NEAR(all[0]["mean"].get<double>(), 6050.0 / 101, 1e-9);
  EXPECT_NEAR(all[0]["p50"].get<double>(), 51, 0.51);
  EXPECT_NEAR(all[0]["p75"].get<double>(), 76, 0.76);
  EXPECT_NEAR(all[0]["p95"].get<double>(), 96, 0.96);
  EXPECT_NEAR(all[0]["p99"].get<double>(), 100, 1);
  EXPECT_NEAR(all[0]["p999"].get<double>(), 100, 1);

  nlohmann::json buckets = Values({{"key", "latency"}, {"type", "timer"}, {"period", "60"}});
  ASSERT_EQ(buckets.size(), 2u);
  EXPECT_EQ(buckets[0]["from"], kStart);
  EXPECT_EQ(buckets[0]["to"], kStart + kMinute - 1);
  EXPECT_EQ(buckets[0]["count"], 100);
  EXPECT_EQ(buckets[1]["min"], 1000);
}

TEST_F(KilometricTest, SetShowsTheDistinctMembersOfTheRangeOrOfEachBucket) {
  const Series home = MakeSeries("visitors", MetricType::kSet, {{"page", "home"}});
  const Series help = MakeSeries("visitors", MetricType::kSet, {{"page", "help"}});
  for (int i = 0; i < 30; ++i) state_.Add(home, i % 20, kStart + i);
  for (int i = 10; i < 40; ++i) state_.Add(help, i, kStart + kMinute + i, 1);

  EXPECT_EQ(Body({{"key", "visitors"}, {"type", "set"}}),
            R"({"name":"visitors","values":[{"from":1603303560000,"to":1603303620039,"count":60,"value":40}]})");
  EXPECT_EQ(Body({{"key", "visitors"}, {"type", "set"}, {"label.page", "home"}}),
            R"({"name":"visitors","values":[{"from":1603303560000,"to":1603303560029,"count":30,"value":20}]})");
  EXPECT_EQ(Body({{"key", "visitors"}, {"type", "set"}, {"period", "60"}}),
            R"({"name":"visitors","values":[{"from":1603303560000,"to":1603303619999,"count":30,"value":20},)"
            R"({"from":1603303620000,"to":1603303679999,"count":30,"value":30}]})")
      << "who comes in two buckets counts in both, once in the range";
  EXPECT_TRUE(Values({{"key", "visitors"}, {"type", "counter"}}).empty());
}

TEST_F(KilometricTest, MeterShowsCountAndRatesAtTo) {
  Series logins = MakeSeries("logins", MetricType::kMeter);
  for (int i = 0; i < 60; ++i) state_.Add(logins, 1, kStart + i * 1000);
  nlohmann::json now = Values({{"key", "logins"}, {"type", "meter"}});
  ASSERT_EQ(now.size(), 1u);
  EXPECT_EQ(now[0]["count"], 60);
  EXPECT_NEAR(now[0]["mean_rate"].get<double>(), 1, 1e-9);
  EXPECT_NEAR(now[0]["m1_rate"].get<double>(), 1 - std::exp(-1), 1e-9);
  EXPECT_NEAR(now[0]["m5_rate"].get<double>(), 1 - std::exp(-0.2), 1e-9);
  EXPECT_NEAR(now[0]["m15_rate"].get<double>(), 1 - std::exp(-1 / 15.0), 1e-9);

  nlohmann::json later = Values(
      {{"key", "logins"}, {"type", "meter"}, {"to", std::to_string(kStart + 2 * kMinute)}});
  EXPECT_NEAR(later[0]["mean_rate"].get<double>(), 0.5, 1e-9);
  EXPECT_NEAR(later[0]["m1_rate"].get<double>(), std::exp(-1) - std::exp(-2), 1e-9);
}

TEST_F(KilometricTest, EachTypeReadsItsOwnSeries) {
  state_.Add(MakeSeries("k", MetricType::kGauge), 1, kStart);
  EXPECT_TRUE(Values({{"key", "k"}, {"type", "counter"}}).empty());
  EXPECT_EQ(Values({{"key", "k"}, {"type", "gauge"}}).size(), 1u);
}

TEST_F(KilometricTest, NamesTheTierInAHeader) {
  state_.Add(MakeSeries("k"), 1, kStart);
  EXPECT_EQ(HeaderOf(Read({{"key", "k"}, {"type", "counter"}}), "X-Odometer-Resolution-Ms"), "0");
  EXPECT_EQ(HeaderOf(Read({{"key", "k"}, {"type", "points"}}), "X-Odometer-Resolution-Ms"), "60000");
  EXPECT_EQ(HeaderOf(Read({{"key", "k"}, {"type", "points"}}), "X-Odometer-Retained-From-Ms"), std::nullopt);
}

TEST_F(KilometricTest, SaysFromWhereOnPointsAreKept) {
  state_.Add(MakeSeries("k"), 1, kStart - 5 * 3'600'000);
  state_.Add(MakeSeries("k"), 1, kStart);
  http::Response answer = Read({{"key", "k"}, {"type", "points"}, {"period", "1"}});
  EXPECT_EQ(HeaderOf(answer, "X-Odometer-Retained-From-Ms"), std::to_string(kStart - 3'600'000));
}

TEST_F(KilometricTest, BadParametersAre400InJson) {
  for (const QueryPairs& query :
       {QueryPairs{{"type", "counter"}}, QueryPairs{{"key", "k"}}, QueryPairs{{"key", "k"}, {"type", "x"}},
        QueryPairs{{"key", "k"}, {"type", "points"}, {"period", "0"}},
        QueryPairs{{"key", "k"}, {"type", "counter"}, {"from", "x"}}}) {
    http::Response answer = Read(query);
    EXPECT_EQ(answer.status, 400);
    nlohmann::json body = nlohmann::json::parse(answer.body);
    EXPECT_FALSE(body["error"]["message"].get<std::string>().empty());
    EXPECT_TRUE(body["error"].contains("field"));
  }
}

TEST_F(KilometricTest, AnUnreadableStateIs503) {
  std::unique_ptr<StateView> view = state_.Now();
  state_.FailWith(Status::Retry("restoring"));
  for (const char* type : {"counter", "meter"}) {
    http::Response answer = kilometric_.Read(GetRequest({{"key", "k"}, {"type", type}}), view.get());
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(HeaderOf(answer, "Retry-After"), "1");
  }
}

}  // namespace
}  // namespace odometer
