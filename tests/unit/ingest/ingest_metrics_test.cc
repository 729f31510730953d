#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/ingest/ingest_fixture.h"

namespace odometer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using IngestMetricsTest = IngestFixture;

TEST_F(IngestMetricsTest, WritesARecordAndAnswersInTheOriginalsWords) {
  auto sink = Post(R"({"level": "application", "name": "server.get.timer", "type": "TIMER", "value": 1})");
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(producer_.produced[0].key, "application.server.get.timer");
  EXPECT_EQ(producer_.produced[0].value,
            R"({"name":"server.get.timer","type":"timer","value":1,"level":"application"})");
  EXPECT_FALSE(sink->answer);
  producer_.Acknowledge(0, 1, 42);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 200);
  EXPECT_EQ(sink->answer->content_type, "text/plain");
  EXPECT_EQ(sink->answer->body, "Record server.get.timer UPDATED");
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "metrics.events/1@42");
  EXPECT_EQ(Accepted("ingest_metrics"), 1);
}

TEST_F(IngestMetricsTest, TheEmptyNameKeepsItsText) {
  for (const char* body : {"", " \n", "{}", R"({"type":"COUNTER","value":1})",
                           R"({"name":"","type":"COUNTER","value":1})",
                           R"({"name":null,"type":"COUNTER","value":1})"}) {
    auto sink = Post(body);
    ASSERT_TRUE(sink->answer) << body;
    EXPECT_EQ(sink->answer->status, 400) << body;
    EXPECT_EQ(sink->answer->body, "ERROR: empty input") << body;
  }
  EXPECT_EQ(Rejected("ingest_metrics", "missing_name"), 6);
}

TEST_F(IngestMetricsTest, ABadItemNamesItsField) {
  auto sink = Post(R"({"name":"n","type":"COUNTER","value":"1"})");
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 400);
  EXPECT_EQ(sink->answer->content_type, "application/json");
  const auto error = nlohmann::json::parse(sink->answer->body)["error"];
  EXPECT_EQ(error["code"], "bad_value");
  EXPECT_EQ(error["field"], "value");
  EXPECT_EQ(Rejected("ingest_metrics", "bad_value"), 1);
}

TEST_F(IngestMetricsTest, FailedDeliveries) {
  const std::string body = R"({"name":"n","type":"COUNTER","value":1})";
  producer_.capacity = 3;
  auto retry = Post(body);
  auto maybe = Post(body);
  auto refused = Post(body);
  auto busy = Post(body);
  producer_.Fail(0, Status::Retry("timed out in the queue"));
  producer_.Fail(1, Status::Recover("timed out in flight"));
  producer_.Fail(2, Status::Stop("message too large"));
  auto code_of = [](const FakeSink& sink) { return nlohmann::json::parse(sink.answer->body)["error"]["code"]; };
  EXPECT_EQ(retry->answer->status, 503);
  EXPECT_EQ(code_of(*retry), "unavailable");
  EXPECT_EQ(HeaderOf(*retry->answer, "Retry-After"), "1");
  EXPECT_EQ(maybe->answer->status, 503);
  EXPECT_EQ(code_of(*maybe), "maybe_written");
  EXPECT_EQ(HeaderOf(*maybe->answer, "Retry-After"), "1");
  EXPECT_THAT(maybe->answer->body, HasSubstr("it may have been written"));
  EXPECT_EQ(refused->answer->status, 500);
  EXPECT_THAT(refused->answer->body, HasSubstr("message too large"));
  EXPECT_EQ(HeaderOf(*refused->answer, "Retry-After"), "");
  EXPECT_EQ(busy->answer->status, 429);
  EXPECT_EQ(code_of(*busy), "busy");
  EXPECT_EQ(HeaderOf(*busy->answer, "Retry-After"), "1");
  for (const char* reason : {"unavailable", "maybe_written", "refused", "busy"}) {
    EXPECT_EQ(Rejected("ingest_metrics", reason), 1) << reason;
  }
}

TEST_F(IngestMetricsTest, APartitionWithAnUnknownOffsetIsNotNamed) {
  auto sink = Post(R"([{"name":"a","type":"COUNTER","value":1},{"name":"b","type":"COUNTER","value":1},
                       {"name":"c","type":"COUNTER","value":1}])");
  producer_.Acknowledge(0, 0, 7);
  producer_.Acknowledge(1, 0, -1);
  producer_.Acknowledge(2, 1, 3);
  EXPECT_EQ(sink->answer->status, 200);
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "metrics.events/1@3");
  auto none = Post(R"({"name":"a","type":"COUNTER","value":1})");
  producer_.Acknowledge(3, 0, -1);
  EXPECT_EQ(none->answer->status, 200);
  EXPECT_EQ(HeaderOf(*none->answer, "X-Odometer-Offset"), "");
}

TEST_F(IngestMetricsTest, ABatchIsAnsweredWhenEveryItemIsAcknowledged) {
  auto sink = Post(R"([{"name":"a","type":"COUNTER","value":1},{"name":"b","type":"gauge","value":2.5},
                       {"name":"c","type":"Meter","value":3}])");
  ASSERT_EQ(producer_.produced.size(), 3u);
  producer_.Acknowledge(2, 1, 8);
  producer_.Acknowledge(0, 1, 7);
  EXPECT_FALSE(sink->answer);
  producer_.Acknowledge(1, 0, 3);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 200);
  EXPECT_EQ(sink->answer->body, "3 Records UPDATED");
  // The highest of each partition: what a query has to wait for.
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "metrics.events/0@3,metrics.events/1@8");
  EXPECT_EQ(Accepted("ingest_metrics"), 3);
}

TEST_F(IngestMetricsTest, TheGoodItemsOfABatchAreWritten) {
  auto sink = Post(R"([{"name":"a","type":"COUNTER","value":1},{"name":"b","type":"GADGET","value":1}, 7,
                       {"name":"c","type":"COUNTER","value":NaN},{"name":"d","type":"TIMER","value":4},{"name":""}])");
  ASSERT_EQ(producer_.produced.size(), 2u);
  EXPECT_FALSE(sink->answer);
  producer_.Acknowledge(0, 0, 1);
  producer_.Acknowledge(1, 0, 2);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 400);
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "metrics.events/0@2");
  const auto error = nlohmann::json::parse(sink->answer->body)["error"];
  EXPECT_EQ(error["code"], "bad_items");
  ASSERT_EQ(error["items"].size(), 4u);
  EXPECT_EQ(error["items"][0]["index"], 1);
  EXPECT_EQ(error["items"][0]["code"], "bad_type");
  EXPECT_EQ(error["items"][0]["field"], "type");
  EXPECT_EQ(error["items"][1]["index"], 2);
  EXPECT_EQ(error["items"][1]["code"], "not_an_object");
  EXPECT_EQ(error["items"][2]["index"], 3);
  EXPECT_EQ(error["items"][2]["code"], "malformed");
  EXPECT_EQ(error["items"][3]["index"], 5);
  EXPECT_EQ(error["items"][3]["code"], "missing_name");
}

TEST_F(IngestMetricsTest, AnItemWithBadUtf8SpoilsOnlyItself) {
  auto sink = Post("[{\"name\":\"a\xff\",\"type\":\"COUNTER\",\"value\":1},{\"name\":\"b\",\"type\":\"COUNTER\",\"value\":1}]");
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(producer_.produced[0].key, "b");
  producer_.Acknowledge(0, 0, 1);
  EXPECT_EQ(sink->answer->status, 400);
  EXPECT_THAT(sink->answer->body, HasSubstr("malformed"));
}

TEST_F(IngestMetricsTest, ABrokenArrayWritesNothing) {
  auto sink = Post(R"([{"name":"a","type":"COUNTER","value":1},)");
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 400);
  EXPECT_TRUE(producer_.produced.empty());
}

TEST_F(IngestMetricsTest, AnEmptyBatchHasNothingToWaitFor) {
  auto sink = Post(" [ ] ");
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 200);
}

TEST_F(IngestMetricsTest, ItemsThatKafkaDidNotTakeAreListed) {
  producer_.capacity = 2;
  auto sink = Post(R"([{"name":"a","type":"COUNTER","value":1},{"name":"b","type":"COUNTER","value":1},
                       {"name":"c","type":"COUNTER","value":1},{"name":"","type":"COUNTER","value":1}])");
  ASSERT_EQ(producer_.produced.size(), 2u);
  producer_.Fail(1, Status::Retry("timed out"));
  producer_.Acknowledge(0, 0, 1);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 503);
  EXPECT_EQ(HeaderOf(*sink->answer, "Retry-After"), "1");
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "metrics.events/0@1");
  const auto answer = nlohmann::json::parse(sink->answer->body);
  std::vector<size_t> indexes;
  for (const auto& item : answer["error"]["items"]) indexes.push_back(item["index"]);
  EXPECT_THAT(indexes, ::testing::ElementsAre(1u, 2u, 3u));
}

TEST_F(IngestMetricsTest, TheWorstOutcomeIsTheBatchs) {
  const std::string body =
      R"([{"name":"a","type":"COUNTER","value":1},{"name":"b","type":"COUNTER","value":1},{"name":""}])";
  producer_.capacity = 5;
  auto refused = Post(body);
  producer_.Fail(0, Status::Stop("not authorised"));
  producer_.Fail(1, Status::Recover("timed out"));
  EXPECT_EQ(refused->answer->status, 500);
  auto maybe = Post(body);
  producer_.Fail(2, Status::Recover("timed out"));
  producer_.Fail(3, Status::Retry("timed out"));
  EXPECT_EQ(maybe->answer->status, 503);
  EXPECT_EQ(nlohmann::json::parse(maybe->answer->body)["error"]["code"], "maybe_written");
  auto busy = Post(body);
  producer_.Acknowledge(4, 0, 1);
  EXPECT_EQ(busy->answer->status, 429);
  EXPECT_EQ(HeaderOf(*busy->answer, "Retry-After"), "1");
}

TEST_F(IngestMetricsTest, EveryItemThatFailedIsListed) {
  std::string body = "[0";
  for (int i = 1; i < 10'000; ++i) body += ",0";
  auto sink = Post(body + "]");
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 400);
  const auto error = nlohmann::json::parse(sink->answer->body)["error"];
  ASSERT_EQ(error["items"].size(), 10'000u);
  EXPECT_EQ(error["items"].back()["index"], 9'999);
  EXPECT_THAT(std::string(error["message"]), HasSubstr("10000 of 10000"));
}

TEST_F(IngestMetricsTest, AHugeBatchIsRefusedWhole) {
  std::string body = R"([{"name":"a","type":"COUNTER","value":1})";
  for (int i = 1; i < 10'001; ++i) body += ",0";
  auto sink = Post(body + "]");
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 413);
  EXPECT_EQ(nlohmann::json::parse(sink->answer->body)["error"]["code"], "too_many_items");
  EXPECT_TRUE(producer_.produced.empty());
}

TEST_F(IngestMetricsTest, AReportMayComeAfterTheRouterHasGone) {
  auto sink = Post(R"({"name":"a","type":"COUNTER","value":1})");
  router_ = http::Router();
  producer_.Acknowledge(0, 0, 1);
  EXPECT_EQ(sink->answer->status, 200);
}

}  // namespace
}  // namespace odometer
