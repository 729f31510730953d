#include <gmock/gmock.h>

#include "tests/unit/ingest/ingest_fixture.h"

namespace odometer {
namespace {

using ::testing::HasSubstr;
using TrackTest = IngestFixture;

TEST_F(TrackTest, CountsOneAndAnswersOnceKafkaHasAcknowledged) {
  auto sink = Track({{"key", "visits"}});
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(producer_.produced[0].topic, "metrics.events");
  EXPECT_EQ(producer_.produced[0].key, "visits");
  EXPECT_EQ(producer_.produced[0].value, R"({"name":"visits","type":"counter","value":1})");
  EXPECT_FALSE(sink->answer);

  producer_.Acknowledge(0, 2, 17);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 204);
  EXPECT_EQ(sink->answer->body, "");
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "metrics.events/2@17");
  EXPECT_EQ(Accepted("track"), 1);
}

TEST_F(TrackTest, TheOrgIsTheRequests) {
  http::Request request;
  request.org = "acme";
  request.query = {{"key", "visits"}, {"org", "other"}};
  Call(http::Method::kGet, "/track", std::move(request));
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(producer_.produced[0].value, R"({"name":"visits","type":"counter","value":1,"org":"acme"})");
}

TEST_F(TrackTest, TakesValuesUpToTheLargest) {
  Track({{"key", "k"}, {"value", "18446744073709551615"}});
  Track({{"key", "k"}, {"value", "007"}});
  ASSERT_EQ(producer_.produced.size(), 2u);
  EXPECT_THAT(producer_.produced[0].value, HasSubstr("\"value\":18446744073709551615}"));
  EXPECT_THAT(producer_.produced[1].value, HasSubstr("\"value\":7}"));
}

TEST_F(TrackTest, ZeroIsAcceptedAndLeavesNothing) {
  auto sink = Track({{"key", "k"}, {"value", "0"}});
  EXPECT_TRUE(producer_.produced.empty());
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 204);
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "");
}

TEST_F(TrackTest, TheFirstOfDuplicateParametersWins) {
  Track({{"key", "first"}, {"value", "3"}, {"key", "second"}, {"value", "4"}});
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(producer_.produced[0].value, R"({"name":"first","type":"counter","value":3})");
}

TEST_F(TrackTest, KeysAreAnyUtf8) {
  Track({{"key", "größe \"x\"\n"}});
  Track({{"key", std::string("a\0b", 3)}});
  ASSERT_EQ(producer_.produced.size(), 2u);
  EXPECT_THAT(producer_.produced[0].value, HasSubstr(R"("name":"größe \"x\"\n")"));
  EXPECT_THAT(producer_.produced[1].value, HasSubstr(R"("name":"a\u0000b")"));
  EXPECT_EQ(producer_.produced[1].key, std::string("a\0b", 3));
}

TEST_F(TrackTest, TheOverflowSeriesCannotBeTracked) {
  auto sink = Track({{"key", "__overflow__"}});
  EXPECT_TRUE(producer_.produced.empty());
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 400);
  EXPECT_THAT(sink->answer->body, HasSubstr("\"bad_name\""));
}

TEST_F(TrackTest, RefusesBadValues) {
  for (const char* bad : {"abc", "", "-1", "+1", "1.5", "0x10", " 1", "1 ", "1e3", "18446744073709551616"}) {
    auto sink = Track({{"key", "k"}, {"value", bad}});
    ASSERT_TRUE(sink->answer) << bad;
    EXPECT_EQ(sink->answer->status, 400) << bad;
    EXPECT_THAT(sink->answer->body, HasSubstr(R"("field":"value")"));
  }
  EXPECT_TRUE(producer_.produced.empty());
  EXPECT_EQ(Rejected("track", "bad_value"), 10);
}

TEST_F(TrackTest, RefusesBadKeys) {
  const std::string bad_utf8 = "\xff";
  for (const auto& query : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {}, {{"value", "1"}}, {{"key", ""}}, {{"key", ""}, {"key", "k"}}, {{"key", std::string(513, 'k')}},
           {{"key", bad_utf8}}}) {
    auto sink = Track(query);
    ASSERT_TRUE(sink->answer);
    EXPECT_EQ(sink->answer->status, 400);
    EXPECT_THAT(sink->answer->body, HasSubstr(R"("field":"key")"));
  }
  EXPECT_TRUE(producer_.produced.empty());
  Track({{"key", std::string(512, 'k')}});
  EXPECT_EQ(producer_.produced.size(), 1u);
}

TEST_F(TrackTest, HeadCountsNothing) {
  http::Request request;
  request.query = {{"key", "k"}};
  auto sink = Call(http::Method::kHead, "/track", request);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 204);
  EXPECT_TRUE(producer_.produced.empty());
  request.query.clear();
  EXPECT_EQ(Call(http::Method::kHead, "/track", request)->answer->status, 400);
}

TEST_F(TrackTest, AFullQueueIsNeverALost204) {
  producer_.capacity = 0;
  auto sink = Track({{"key", "k"}});
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 429);
  EXPECT_EQ(HeaderOf(*sink->answer, "Retry-After"), "1");
  EXPECT_EQ(Rejected("track", "busy"), 1);
  EXPECT_EQ(Accepted("track"), 0);
}

TEST_F(TrackTest, AFailedDeliveryIsToldAsWhatToDo) {
  auto retry = Track({{"key", "k"}});
  auto refused = Track({{"key", "k"}});
  producer_.Fail(1, Status::Stop("topic authorization failed"));
  producer_.Fail(0, Status::Retry("timed out"));
  EXPECT_EQ(retry->answer->status, 503);
  EXPECT_EQ(HeaderOf(*retry->answer, "Retry-After"), "1");
  EXPECT_EQ(refused->answer->status, 500);
  EXPECT_THAT(refused->answer->body, HasSubstr("topic authorization failed"));
  EXPECT_EQ(HeaderOf(*refused->answer, "Retry-After"), "");
  EXPECT_EQ(Rejected("track", "refused"), 1);
}

TEST_F(TrackTest, EachRequestGetsItsOwnAnswerWhateverTheOrder) {
  auto first = Track({{"key", "a"}});
  auto second = Track({{"key", "b"}});
  producer_.Acknowledge(1, 0, 5);
  EXPECT_FALSE(first->answer);
  EXPECT_EQ(HeaderOf(*second->answer, "X-Odometer-Offset"), "metrics.events/0@5");
  producer_.Acknowledge(0, 3, 9);
  EXPECT_EQ(HeaderOf(*first->answer, "X-Odometer-Offset"), "metrics.events/3@9");
}

TEST_F(TrackTest, AReportMayComeAfterTheRouterHasGone) {
  auto sink = Track({{"key", "k"}});
  router_ = http::Router();
  producer_.Acknowledge(0, 0, 1);
  EXPECT_EQ(sink->answer->status, 204);
}

using IngestHealthTest = IngestFixture;

TEST_F(IngestHealthTest, FollowsTheBroker) {
  EXPECT_EQ(Call(http::Method::kGet, "/health", {})->answer->body, R"({"status":"ok"})");
  producer_.health = Status::Retry("all brokers down");
  auto sink = Call(http::Method::kGet, "/health", {});
  EXPECT_EQ(sink->answer->status, 422);
  EXPECT_EQ(sink->answer->body, R"({"status":"error"})");
}

TEST_F(IngestHealthTest, PingHasTheOriginalsWords) {
  EXPECT_EQ(Call(http::Method::kGet, "/health/ping", {})->answer->body, "pong (metrics-ingest service)");
}

}  // namespace
}  // namespace odometer
