#include <gmock/gmock.h>

#include "common/model/raw_event.h"
#include "tests/unit/ingest/ingest_fixture.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

class RawMetricsTest : public IngestFixture {
 protected:
  std::shared_ptr<FakeSink> PostRaw(std::string body, Headers headers = {}) {
    http::Request request;
    request.headers = std::move(headers);
    request.body = std::move(body);
    return Call(http::Method::kPost, "/v1/metrics", std::move(request));
  }
  // The answer to what must not be written, as its body.
  std::string Refused(std::string body, int status = 400) {
    auto sink = PostRaw(std::move(body));
    EXPECT_TRUE(producer_.produced.empty());
    producer_.produced.clear();
    if (!sink->answer) return "no answer";
    EXPECT_EQ(sink->answer->status, status);
    return sink->answer->body;
  }
};

TEST_F(RawMetricsTest, WritesTheBodyAsItIsAndAnswersOnceKafkaHasAcknowledged) {
  const std::string body = R"({"z":[1.50, 2],"ts":"2016-01-02","value":"qwerty","name":"asdf","big":123456789012345678901})";
  auto sink = PostRaw(" " + body + "\r\n");
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(producer_.produced[0].topic, "metrics.events");
  EXPECT_EQ(producer_.produced[0].key, "asdf");
  EXPECT_EQ(producer_.produced[0].value, body);
  EXPECT_THAT(producer_.produced[0].headers,
              ElementsAre(Pair("odometer-kind", "raw"), Pair("odometer-org", "default"),
                          Pair("odometer-ts", "1451692800000")));
  EXPECT_FALSE(sink->answer);

  producer_.Acknowledge(0, 2, 17);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 200);
  EXPECT_EQ(sink->answer->body, "{\"resp\": \"success\"}");
  EXPECT_EQ(sink->answer->body.size(), 19u);
  EXPECT_EQ(sink->answer->content_type, "application/json");
  EXPECT_EQ(HeaderOf(*sink->answer, "X-Odometer-Offset"), "metrics.events/2@17");
  EXPECT_EQ(Accepted("raw_metrics"), 1);
}

TEST_F(RawMetricsTest, WithoutATimeTheBrokersCounts) {
  PostRaw(R"({"name":"a","value":1})");
  PostRaw(R"({"name":"a","value":1,"ts":null})");
  ASSERT_EQ(producer_.produced.size(), 2u);
  for (const auto& record : producer_.produced) {
    EXPECT_THAT(record.headers, ElementsAre(Pair("odometer-kind", "raw"), Pair("odometer-org", "default")));
  }
  EXPECT_EQ(producer_.produced[1].value, R"({"name":"a","value":1,"ts":null})");
}

TEST_F(RawMetricsTest, TakesAnyNameAndAnyValue) {
  for (const char* body : {R"({"name":"","value":null})", R"({"name":5,"value":[]})", R"({"name":["x"],"value":{}})",
                           R"({"name":null,"value":false})", R"({"name":"__overflow__","value":1})"}) {
    PostRaw(body);
    ASSERT_FALSE(producer_.produced.empty()) << body;
    EXPECT_EQ(producer_.produced.back().value, body);
  }
  EXPECT_EQ(producer_.produced.size(), 5u);
  EXPECT_EQ(producer_.produced[2].key, R"(["x"])");
  PostRaw(R"({"value":1,"name":")" + std::string(5000, 'n') + "\"}");
  EXPECT_EQ(producer_.produced.back().key, std::string(512, 'n'));
}

TEST_F(RawMetricsTest, SaysWhatIsWrong) {
  EXPECT_THAT(Refused(""), HasSubstr("malformed"));
  EXPECT_THAT(Refused("{name:1}"), HasSubstr("malformed"));
  EXPECT_THAT(Refused(R"({"name":"a","value":NaN})"), HasSubstr("malformed"));
  EXPECT_THAT(Refused("[1]"), HasSubstr("not_an_object"));
  EXPECT_THAT(Refused(R"({"value":1})"), HasSubstr(R"("field":"name")"));
  EXPECT_THAT(Refused(R"({"name":"a"})"), HasSubstr(R"("field":"value")"));
  EXPECT_THAT(Refused(R"({"name":"a","value":1,"ts":"yesterday"})"), HasSubstr(R"("field":"ts")"));
  EXPECT_THAT(Refused(R"({"name":"a\u0000","value":1})"), HasSubstr("NUL"));
  EXPECT_THAT(Refused(R"({"name":"a","value":1,"ts":9999999999})"), HasSubstr("from_the_future"));
  EXPECT_THAT(Refused(std::string(10'000, '[') + std::string(10'000, ']')), HasSubstr("too_deep"));
  EXPECT_THAT(Refused(R"({"name":"a","value":")" + std::string(kMaxRawBodyBytes, 'x') + "\"}", 413), HasSubstr("too_large"));
}

TEST_F(RawMetricsTest, AnIdempotencyKeyIsTheEventsId) {
  PostRaw(R"({"name":"a","value":1,"id":"data"})", {{"idempotency-key", "k1"}});
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_THAT(producer_.produced[0].headers, ::testing::Contains(Pair("odometer-id", "k1")));
  auto sink = PostRaw(R"({"name":"a","value":1})", {{"idempotency-key", ""}});
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 400);
}

TEST_F(RawMetricsTest, SaysWhenItIsNotWritten) {
  auto sink = PostRaw(R"({"name":"a","value":1})");
  producer_.Fail(0, Status::Recover("no acknowledgement"));
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 503);
  EXPECT_THAT(sink->answer->body, HasSubstr("maybe_written"));
}

}  // namespace
}  // namespace odometer
