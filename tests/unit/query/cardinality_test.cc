#include "query/cardinality.h"

#include <gtest/gtest.h>

#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

constexpr int64_t kT = 1'603'303'560'000;

TEST(Cardinality, NamesWhoHasTheMostAndWhoOverflows) {
  FakeStateReader state;
  state.Add(MakeSeries("a", MetricType::kCounter, {{"user", "1"}}), 1, kT);
  state.Add(MakeSeries("a", MetricType::kCounter, {{"user", "2"}}), 1, kT, 1);
  state.Add(MakeSeries("b"), 1, kT);
  for (int i = 0; i < 3; ++i) state.Add(MakeSeries("__overflow__"), 1, kT);
  state.ChangePosition([](StatePosition* position) { position->tasks[0].accounting.overflowed = 3; });
  const http::Response response = ReadCardinality(GetRequest(), state.Now().get());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body,
            R"({"tasks":[{"partition":0,"series":2,"overflowed":3},{"partition":1,"series":1,"overflowed":0}],)"
            R"("orgs":[{"org":"default","series":3}],)"
            R"("names":[{"org":"default","name":"a","series":2},{"org":"default","name":"b","series":1}],)"
            R"("overflowing":[{"org":"default","events":3}]})");
}

TEST(Cardinality, CountsTheTasksOfSourcesToo) {
  FakeStateReader state(TierSet::Default(), 1);
  state.AddOfSource("shop.orders", MakeSeries("a"), 1, kT);
  const std::string body = ReadCardinality(GetRequest(), state.Now().get()).body;
  EXPECT_NE(body.find(R"("tasks":[{"partition":0,"series":0,"overflowed":0},)"
                      R"({"topic":"shop.orders","partition":0,"series":1,"overflowed":0}])"),
            std::string::npos)
      << body;
}

TEST(Cardinality, TellsAsManyAsAreWanted) {
  FakeStateReader state;
  state.Add(MakeSeries("a"), 1, kT);
  state.Add(MakeSeries("b"), 1, kT);
  EXPECT_NE(ReadCardinality(GetRequest({{"limit", "1"}}), state.Now().get()).body.find(
                R"("names":[{"org":"default","name":"a","series":1}])"),
            std::string::npos);
  for (const char* bad : {"0", "1001", "-1", "x", ""}) {
    EXPECT_EQ(ReadCardinality(GetRequest({{"limit", bad}}), state.Now().get()).status, 400) << bad;
  }
}

TEST(Cardinality, ATokenSeesItsOwnOrgOnly) {
  FakeStateReader state;
  state.Add(MakeSeries("a"), 1, kT);
  Series other = MakeSeries("b");
  other.org = "acme";
  state.Add(other, 1, kT, 1);
  http::Request request = GetRequest();
  request.org = "acme";
  request.authenticated = true;
  EXPECT_EQ(ReadCardinality(request, state.Now().get()).body,
            R"({"tasks":[{"partition":0,"series":0,"overflowed":0},{"partition":1,"series":1,"overflowed":0}],)"
            R"("orgs":[{"org":"acme","series":1}],"names":[{"org":"acme","name":"b","series":1}],"overflowing":[]})");
}

TEST(Cardinality, AStateThatCannotBeReadIsA503) {
  FakeStateReader state;
  auto view = state.Now();
  state.FailWith(Status::Retry("the processor is away"));
  EXPECT_EQ(ReadCardinality(GetRequest(), view.get()).status, 503);
}

}  // namespace
}  // namespace odometer
