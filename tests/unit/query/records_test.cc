#include "query/records.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

constexpr int64_t kStart = 1'603'303'560'000;

using Labels = std::vector<std::pair<std::string, std::string>>;

class RecordsTest : public testing::Test {
 protected:
  static http::Request Named(const std::string& name) {
    http::Request request;
    request.path_params = {name};
    return request;
  }
  http::Response One(const std::string& name) { return ReadRecord(Named(name), state_.Now().get()); }
  std::string Text(const std::string& name) { return One(name).body; }
  nlohmann::json All(size_t page_size = 500, QueryPairs query = {}) {
    http::Response response = ReadRecords(GetRequest(std::move(query)), state_.Now().get(), page_size);
    EXPECT_EQ(response.status, 200);
    return nlohmann::json::parse(response.body);
  }

  FakeStateReader state_;
};

TEST_F(RecordsTest, ACounterShowsItsRunningSum) {
  state_.Add(MakeSeries("hits", MetricType::kCounter, {{"level", "web"}}), 5, kStart);
  state_.Add(MakeSeries("hits", MetricType::kCounter, {{"level", "web"}}), -2, kStart + 10, 1);
  EXPECT_EQ(Text("web.hits"), R"({"level":"web","name":"hits","type":"COUNTER","value":3,)"
                              R"("startTime":1603303560000,"updateTime":1603303560010,"count":2})");
}

TEST_F(RecordsTest, AMeterShowsItsMeanRatePerMs) {
  Series meter = MakeSeries("logins", MetricType::kMeter, {{"level", "app"}});
  state_.Add(meter, 7, kStart);
  EXPECT_EQ(Text("app.logins"), R"({"level":"app","name":"logins","type":"METER","value":7,)"
                                R"("startTime":1603303560000,"updateTime":1603303560000,"count":1,"meanRate":0})");
  state_.Add(meter, 9, kStart + 4);
  EXPECT_EQ(Text("app.logins"), R"({"level":"app","name":"logins","type":"METER","value":9,)"
                                R"("startTime":1603303560000,"updateTime":1603303560004,"count":2,"meanRate":0.5})");
}

TEST_F(RecordsTest, ATimerShowsItsRangeMeanAndSum) {
  Series timer = MakeSeries("get", MetricType::kTimer, {{"level", "app"}});
  state_.Add(timer, 1, kStart);
  state_.Add(timer, Number::Of(2.5), kStart + 1);
  EXPECT_EQ(Text("app.get"), R"({"level":"app","name":"get","type":"TIMER","value":2.5,)"
                             R"("startTime":1603303560000,"updateTime":1603303560001,"count":2,)"
                             R"("min":1,"max":2.5,"mean":1.75,"sum":3.5})");
}

TEST_F(RecordsTest, AGaugeShowsItsLastValueAndNoLevelWhenItHasNone) {
  state_.Add(MakeSeries("stock", MetricType::kGauge), 4, kStart);
  state_.Add(MakeSeries("stock", MetricType::kGauge), 2, kStart + 1);
  EXPECT_EQ(Text("stock"), R"({"name":"stock","type":"GAUGE","value":2,)"
                           R"("startTime":1603303560000,"updateTime":1603303560001,"count":2})");
}

TEST_F(RecordsTest, ASetShowsHowManyDistinctMembersItHas) {
  // On two partitions, and under labels that the record does not tell apart.
  for (int i = 0; i < 8; ++i) {
    const Labels level = {{"level", "web"}}, page = {{"level", "web"}, {"page", "home"}};
    state_.Add(MakeSeries("visitors", MetricType::kSet, level), i % 5, kStart);
    state_.Add(MakeSeries("visitors", MetricType::kSet, page), 4 + i % 3, kStart + 1, 1);
  }
  const std::string record = R"({"level":"web","name":"visitors","type":"SET","value":7,)"
                             R"("startTime":1603303560000,"updateTime":1603303560001,"count":16})";
  EXPECT_EQ(Text("web.visitors"), record);
  EXPECT_EQ(All().dump(), nlohmann::json::array({nlohmann::json::parse(record)}).dump());
}

TEST_F(RecordsTest, AnUnknownNameIs404) {
  state_.Add(MakeSeries("hits", MetricType::kCounter, {{"level", "web"}}), 5, kStart);
  http::Response response = One("hits");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(nlohmann::json::parse(response.body)["error"]["code"], "not_found");
}

TEST_F(RecordsTest, LabelsOtherThanLevelAreMerged) {
  state_.Add(MakeSeries("hits", MetricType::kCounter, {{"dc", "a"}, {"level", "web"}}), 1, kStart);
  state_.Add(MakeSeries("hits", MetricType::kCounter, {{"dc", "b"}, {"level", "web"}}), 2, kStart);
  state_.Add(MakeSeries("hits", MetricType::kCounter, {{"dc", "b"}, {"level", "api"}}), 4, kStart);
  EXPECT_EQ(nlohmann::json::parse(Text("web.hits"))["value"], 3);
  nlohmann::json all = All();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["level"], "api");
  EXPECT_EQ(all[1]["value"], 3);
}

TEST_F(RecordsTest, OfSeveralTypesTheOneUpdatedLastIsShown) {
  state_.Add(MakeSeries("x"), 1, kStart + 5);
  state_.Add(MakeSeries("x", MetricType::kTimer), 2, kStart + 9);
  state_.Add(MakeSeries("x", MetricType::kGauge), 3, kStart + 7);
  EXPECT_EQ(nlohmann::json::parse(Text("x"))["type"], "TIMER");
  nlohmann::json all = All();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["type"], "TIMER");
}

TEST_F(RecordsTest, OfSeveralSplitsIntoLevelAndNameTheOneUpdatedLastIsShown) {
  state_.Add(MakeSeries("b.c", MetricType::kCounter, {{"level", "a"}}), 1, kStart);
  state_.Add(MakeSeries("c", MetricType::kCounter, {{"level", "a.b"}}), 2, kStart + 1);
  state_.Add(MakeSeries("a.b.c"), 3, kStart);
  EXPECT_EQ(nlohmann::json::parse(Text("a.b.c"))["value"], 2);
  EXPECT_EQ(All().size(), 3u);
}

TEST_F(RecordsTest, TheListIsTheSameWhateverThePageSize) {
  EXPECT_EQ(All(), nlohmann::json::array());
  for (int i = 0; i < 40; ++i) {
    for (const char* level : {"a", "b"}) {
      const std::string name = "n" + std::to_string(i % 20);
      const MetricType type = i % 2 == 0 ? MetricType::kCounter : MetricType::kTimer;
      state_.Add(MakeSeries(name, type, Labels{{"level", level}}), i, kStart + i, i % 2);
      state_.Add(MakeSeries(name, MetricType::kCounter, Labels{{"dc", std::to_string(i)}, {"level", level}}), 1,
                 kStart + i);
    }
  }
  nlohmann::json whole = All();
  EXPECT_EQ(whole.size(), 40u);
  for (size_t page_size : {1u, 2u, 3u, 7u, 119u, 120u, 121u}) EXPECT_EQ(All(page_size), whole) << page_size;
}

TEST_F(RecordsTest, TheListIsOfOneMoment) {
  for (const char* name : {"x", "y", "z"}) state_.Add(MakeSeries(name), 1, kStart);
  state_.BeforeReads([&] {
    state_.Add(MakeSeries("z"), 1, kStart);
    state_.ChangePosition([](StatePosition* position) { position->partitions_total = 7; });
  });
  EXPECT_EQ(All(1)[2]["value"], 1);
}

TEST_F(RecordsTest, TheListIsNarrowedByNameAndLevel) {
  for (const char* level : {"a", "b"}) {
    for (const char* name : {"x", "y"}) {
      state_.Add(MakeSeries(name, MetricType::kCounter, {{"level", level}}), 1, kStart);
    }
  }
  EXPECT_EQ(All(500, {{"name", "x"}}).size(), 2u);
  EXPECT_EQ(All(500, {{"level", "b"}}).size(), 2u);
  EXPECT_EQ(All(500, {{"name", "x"}, {"level", "b"}})[0]["level"], "b");
}

TEST_F(RecordsTest, AListThatIsTooLongIsRefusedAndSaysHowToNarrowIt) {
  for (const char* name : {"x", "y", "z"}) state_.Add(MakeSeries(name), 1, kStart);
  http::Response response = ReadRecords({}, state_.Now().get(), 1, 200);
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("level=<level>"), std::string::npos) << response.body;
  EXPECT_EQ(ReadRecords(GetRequest({{"name", "x"}}), state_.Now().get(), 1, 200).status, 200);
}

TEST_F(RecordsTest, RawEventsAreNoRecords) {
  state_.Add(MakeSeries("click", MetricType::kEvent), 1, kStart);
  state_.Add(MakeSeries("hits", MetricType::kEvent), 1, kStart + 9);
  state_.Add(MakeSeries("hits"), 4, kStart);
  EXPECT_EQ(All().size(), 1u);
  EXPECT_EQ(nlohmann::json::parse(Text("hits"))["value"], 4);
  EXPECT_EQ(One("click").status, 404);
}

TEST_F(RecordsTest, AnUnreadableStateIs503) {
  std::unique_ptr<StateView> view = state_.Now();
  state_.FailWith(Status::Retry("gone"));
  EXPECT_EQ(ReadRecord(Named("x"), view.get()).status, 503);
  EXPECT_EQ(ReadRecords({}, view.get()).status, 503);
}

}  // namespace
}  // namespace odometer
