#include "query/raw_events.h"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "query/entity_tag.h"
#include "query/raw_parameters.h"
#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kDay = 1'451'606'400'000;  // 2016-01-01

class RawEventsTest : public testing::Test {
 protected:
  http::Response Get(const QueryPairs& query = {}, const std::string& none_match = "", const std::string& org = "default") {
    http::Request request = GetRequest(query);
    if (!none_match.empty()) request.headers.emplace_back("if-none-match", none_match);
    request.org = org;
    return raw_.Read(request, state_.Now().get());
  }
  // All of a streamed answer. The pages come from a worker, which wakes the stream.
  static std::string ReadStream(const http::Response& response) {
    if (!response.stream) return "no stream";
    auto woken = std::make_shared<std::atomic<int>>(0);
    response.stream_waker->Bind([woken] { ++*woken; woken->notify_all(); });
    std::string text;
    for (int seen = 0;; seen = *woken) {
      std::string chunk;
      const bool more = response.stream(&chunk);
      text += chunk;
      if (!more) return text;
      if (chunk.empty()) woken->wait(seen);
    }
  }
  // Enough for several pages.
  std::string AddManyRaw(int count) {
    std::string expected = "[";
    for (int i = 0; i < count; ++i) {
      const std::string body =
          R"({"name":"a","value":)" + std::to_string(i) + R"(,"x":")" + std::string(100'000, 'x') + "\"}";
      state_.AddRaw("a", body, kDay + i, i % 2);
      expected += (i == 0 ? "" : ", ") + body;
    }
    return expected + "]";
  }

  FakeStateReader state_;
  ManualClock clock_;
  WorkerPool workers_{2, 100};
  RawEvents raw_{"metrics.events", {&state_, &workers_, &clock_, 1000}};
};

TEST_F(RawEventsTest, AreAListAsTheyWerePosted) {
  EXPECT_EQ(Get().body, "[]");
  state_.AddRaw("b", R"({"name":"b"})", kDay + 1);
  state_.AddRaw("a", R"({ "name":"a" })", kDay, 1);
  state_.AddRaw("", R"({"name":""})", kDay + 2);
  state_.AddRaw("b", R"({"other org"})", kDay, 0, "acme");
  EXPECT_EQ(Get().body, R"([{ "name":"a" }, {"name":"b"}, {"name":""}])");
  EXPECT_EQ(Get().content_type, "application/json");
  EXPECT_EQ(Get({{"name", "b"}}).body, R"([{"name":"b"}])");
  EXPECT_EQ(Get({{"name", ""}}).body, R"([{"name":""}])");
  EXPECT_EQ(Get({{"name", "nobody"}}).body, "[]");
  EXPECT_EQ(Get({}, "", "acme").body, R"([{"other org"}])");
}

TEST_F(RawEventsTest, AreFoundByTimeInclusively) {
  for (int day = 0; day < 4; ++day) state_.AddRaw("a", std::to_string(day), kDay + day * 86'400'000ll);
  EXPECT_EQ(Get({{"sts", "2016-01-02"}}).body, "[1, 2, 3]");
  EXPECT_EQ(Get({{"ets", "2016-01-02"}}).body, "[0, 1]");
  EXPECT_EQ(Get({{"sts", "2016-01-02"}, {"ets", "2016-01-02T00:00:00Z"}}).body, "[1]");
  EXPECT_EQ(Get({{"sts", "2016-01-02T02:00:00+02:00"}, {"ets", "2016-01-02 00:00"}}).body, "[1]");
  EXPECT_EQ(Get({{"sts", "2016-01-02T02:00:00 02:00"}, {"ets", "2016-01-01T22:00:00-02:00"}}).body, "[1]")
      << "a plus sign that was not encoded";
  EXPECT_EQ(Get({{"sts", "2016-01-02T00:00:00.001"}, {"ets", "2016-01-02T23:59:59"}}).body, "[]");
}

TEST_F(RawEventsTest, BadParametersAreNamed) {
  const std::vector<std::pair<QueryPairs, std::string>> kBad = {
      {{{"sts", "yesterday"}}, "sts"}, {{{"sts", ""}}, "sts"},       {{{"ets", "2016-02-30"}}, "ets"},
      {{{"limit", "0"}}, "limit"},     {{{"limit", "x"}}, "limit"},  {{{"limit", "-1"}}, "limit"},
      {{{"after", "1.2.3"}}, "after"}, {{{"after", ""}}, "after"},   {{{"after", "1.2.3.4.5"}}, "after"},
      {{{"name", "\xff"}}, "name"},    {{{"sts", "2016-01-02"}, {"ets", "2016-01-01"}}, "sts"}};
  for (const auto& [query, field] : kBad) {
    const http::Response response = Get(query);
    EXPECT_EQ(response.status, 400) << query[0].second;
    EXPECT_THAT(response.body, HasSubstr("\"field\":\"" + field + "\"")) << query[0].second;
  }
}

TEST_F(RawEventsTest, PagesGoOnAfterTheLastOne) {
  for (int i = 0; i < 5; ++i) state_.AddRaw("a", std::to_string(i), kDay + i / 2, i % 2);
  std::string after, all;
  for (int page = 0; page < 3; ++page) {
    QueryPairs query = {{"limit", "2"}};
    if (page > 0) query.emplace_back("after", after);
    const http::Response response = Get(query);
    all += response.body;
    const auto next = HeaderOf(response, "X-Odometer-Next-After");
    EXPECT_EQ(next.has_value(), page < 2);
    after = next.value_or("");
  }
  EXPECT_EQ(all, "[0, 1][2, 3][4]");
  EXPECT_EQ(Get({{"limit", "18446744073709551615"}}).body, "[0, 1, 2, 3, 4]");
  EXPECT_EQ(PlaceText({-1, 2, 3, 4}), "-1.2.3.4");
  EXPECT_EQ(ParsePlace("-1.2.3.4"), (EventPlace{-1, 2, 3, 4}));
  EXPECT_FALSE(ParsePlace("1.2.4294967296.4"));
}

TEST_F(RawEventsTest, TheTagIsThatOfTheContent) {
  state_.AddRaw("a", "{}", kDay);
  const http::Response response = Get();
  const std::string tag = HeaderOf(response, "ETag").value_or("none");
  EXPECT_EQ(tag.size(), 34u);
  for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    const http::Response same = Get({}, known);
    EXPECT_EQ(same.status, 304) << known;
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(HeaderOf(same, "ETag"), tag);
  }
  EXPECT_EQ(Get({}, "\"other\"").status, 200);
  state_.AddRaw("b", "{}", kDay);
  EXPECT_EQ(Get({{"name", "a"}}, tag).status, 304) << "what else there is does not matter";
  EXPECT_EQ(Get({}, tag).status, 200);
}

TEST_F(RawEventsTest, ALongListIsStreamedAsOfItsBeginning) {
  const std::string expected = AddManyRaw(60);  // 6 MB
  const http::Response response = Get();
  ASSERT_TRUE(response.stream);
  state_.AddRaw("a", "later", kDay);
  state_.AddRaw("a", "later", kDay + 1'000'000);
  EXPECT_EQ(ReadStream(response), expected);
}

TEST_F(RawEventsTest, ALimitIsNeverStreamedAndEndsEarly) {
  AddManyRaw(60);
  const http::Response response = Get({{"limit", "50"}});
  EXPECT_FALSE(response.stream);
  EXPECT_LT(response.body.size(), 2u << 20);
  EXPECT_TRUE(HeaderOf(response, "X-Odometer-Next-After"));
}

TEST_F(RawEventsTest, AStreamsTagIsThatOfWhatDeterminesIt) {
  AddManyRaw(20);
  const std::string tag = HeaderOf(Get(), "ETag").value_or("none");
  EXPECT_EQ(Get({}, tag).status, 304);
  EXPECT_NE(HeaderOf(Get({{"name", "a"}}), "ETag"), tag);
  EXPECT_NE(HeaderOf(Get({{"sts", "2015-01-01"}}), "ETag"), tag);
  state_.AddRaw("a", "{}", kDay);
  EXPECT_EQ(Get({}, tag).status, 200);
}

TEST_F(RawEventsTest, AStreamThatLosesAPartitionIsCutOff) {
  AddManyRaw(60);
  const http::Response response = Get();
  state_.ChangePosition([](StatePosition* position) { position->tasks.pop_back(); });
  EXPECT_THROW(ReadStream(response), std::runtime_error);
}

TEST_F(RawEventsTest, AStreamWhoseEventsExpireIsCutOff) {
  AddManyRaw(60);
  const http::Response response = Get();
  state_.SetCompleteFrom(FakeStateReader::kRawEvents, kDay + 30);
  EXPECT_THROW(ReadStream(response), std::runtime_error);
  EXPECT_EQ(HeaderOf(Get(), "X-Odometer-Retained-From-Ms"), std::to_string(kDay + 30));
}

TEST_F(RawEventsTest, AViewThatIsLostIsTakenAnew) {
  const std::string expected = AddManyRaw(60);
  const http::Response response = Get();
  state_.LoseViews(1);
  EXPECT_EQ(ReadStream(response), expected);
  const http::Response again = Get();
  state_.LoseViews(100);
  EXPECT_THROW(ReadStream(again), std::runtime_error);
}

TEST_F(RawEventsTest, ErrorsOfTheStateAreToldAsOnOtherReads) {
  auto view = state_.Now();
  state_.FailWith(Status::Retry("gone"));
  EXPECT_EQ(raw_.Read(GetRequest(), view.get()).status, 503);
}

}  // namespace
}  // namespace odometer
