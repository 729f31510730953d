#include "ingest/posted_events.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/ingest/ingest_fixture.h"

namespace odometer {
namespace {

using testing::HasSubstr;

class FakeSource : public EventSource {
 public:
  const std::string& org() const override { return org_; }
  const std::string& topic() const override { return topic_; }
  EventRefusal Check(std::string_view event, int64_t) const override {
    if (event.find("bad") == std::string_view::npos) return {};
    return {RejectReason::kBadValue, "/amount"};
  }

 private:
  const std::string org_ = "default", topic_ = "shop.orders";
};

class PostedEventsTest : public IngestFixture {
 protected:
  PostedEventsTest() {
    router_ = http::Router();
    AddPostedEventsRoutes([this] { return source_; }, &producer_, &clock_, &metrics_, &router_);
  }
  std::shared_ptr<FakeSink> PostEvents(std::string body, Headers headers = {}, const std::string& org = "default") {
    http::Request request;
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.org = org;
    return Call(http::Method::kPost, "/events", std::move(request));
  }
  std::shared_ptr<FakeSink> PostLines(std::string body) {
    return PostEvents(std::move(body), {{"content-type", "application/x-ndjson; charset=utf-8"}});
  }
  // The answer to what is not written.
  std::string Refused(std::string body, int status = 400) {
    auto sink = PostEvents(std::move(body));
    EXPECT_TRUE(producer_.produced.empty());
    if (!sink->answer) return "no answer";
    EXPECT_EQ(sink->answer->status, status);
    return sink->answer->body;
  }

  std::shared_ptr<const EventSource> source_ = std::make_shared<FakeSource>();
};

TEST_F(PostedEventsTest, WritesTheBodyAsItIsToTheSourceAndAnswersWithItsIdOnceAcknowledged) {
  const std::string body = R"({"z":[1.50, 2],"_type":"order_placed","_time":1700000000})";
  auto sink = PostEvents(" " + body + "\n");
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(producer_.produced[0].topic, "shop.orders");
  EXPECT_EQ(producer_.produced[0].key, "");
  EXPECT_EQ(producer_.produced[0].value, body);
  EXPECT_FALSE(sink->answer);
  producer_.Acknowledge(0, 2, 17);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 200);
  const std::string id = nlohmann::json::parse(sink->answer->body).at("id");
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_THAT(producer_.produced[0].headers, testing::ElementsAre(testing::Pair("odometer-id", id)));
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "shop.orders/2@17");
  EXPECT_EQ(Accepted("events"), 1);
}

TEST_F(PostedEventsTest, LinesAreEventsEach) {
  auto sink = PostLines("{\"_type\":\"a\"}\r\n\n {\"_type\":\"b\"}\n");
  ASSERT_EQ(producer_.produced.size(), 2u);
  EXPECT_EQ(producer_.produced[1].value, R"({"_type":"b"})");
  producer_.Acknowledge(0, 0, 3);
  producer_.Acknowledge(1, 1, 4);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 200);
  EXPECT_EQ(nlohmann::json::parse(sink->answer->body).at("ids").size(), 2u);
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "shop.orders/0@3,shop.orders/1@4");
  auto empty = PostLines("\n");
  ASSERT_TRUE(empty->answer);
  EXPECT_EQ(empty->answer->body, R"({"ids":[]})");
}

TEST_F(PostedEventsTest, OfLinesTheGoodAreWrittenAndTheBadListed) {
  auto sink = PostLines("{\"_type\":\"a\"}\n{\"_type\":\"bad\"}\n{\"_type\":\"c\"}\n{\n");
  ASSERT_EQ(producer_.produced.size(), 2u);
  producer_.Acknowledge(0, 0, 3);
  producer_.Fail(1, Status::Recover("gone"));
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 503);
  const nlohmann::json items = nlohmann::json::parse(sink->answer->body)["error"]["items"];
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0]["index"], 1);
  EXPECT_EQ(items[0]["code"], "bad_value");
  EXPECT_EQ(items[0]["field"], "/amount");
  EXPECT_EQ(items[1]["index"], 2);
  EXPECT_EQ(items[1]["code"], "maybe_written");
  EXPECT_EQ(items[2]["code"], "malformed");
}

TEST_F(PostedEventsTest, RefusesWhatTheRulesCouldNotCount) {
  EXPECT_THAT(Refused(""), HasSubstr("malformed"));
  EXPECT_THAT(Refused("{"), HasSubstr("malformed"));
  EXPECT_THAT(Refused("[]"), HasSubstr("not_an_object"));
  for (const char* body : {"{}", R"({"_type":""})", R"({"_type":7})"}) EXPECT_THAT(Refused(body), HasSubstr("_type"));
  EXPECT_THAT(Refused(R"({"_type":"bad"})"), HasSubstr("/amount"));
  EXPECT_EQ(Rejected("events", "bad_value"), 1);
}

TEST_F(PostedEventsTest, EventsOfASourceAreNotDeduplicated) {
  auto sink = PostEvents(R"({"_type":"a"})", {{"idempotency-key", "k"}});
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 400);
  EXPECT_TRUE(producer_.produced.empty());
}

TEST_F(PostedEventsTest, WithoutASourceOfTheOrgThereIsNothing) {
  auto other = PostEvents(R"({"_type":"a"})", {}, "other");
  ASSERT_TRUE(other->answer);
  EXPECT_EQ(other->answer->status, 404);
  source_ = nullptr;
  EXPECT_THAT(Refused(R"({"_type":"a"})", 404), HasSubstr("no source"));
}

TEST_F(PostedEventsTest, TellsThatItIsNotWritten) {
  producer_.capacity = 0;
  auto sink = PostEvents(R"({"_type":"a"})");
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 429);
}

}  // namespace
}  // namespace odometer
