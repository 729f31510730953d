// POST /ingest/metrics in every encoding.
#include <gmock/gmock.h>
#include <metric_event.pb.h>

#include <nlohmann/json.hpp>

#include "tests/unit/ingest/ingest_fixture.h"

namespace odometer {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using nlohmann::json;

class PostedEncodings : public IngestFixture {
 protected:
  std::shared_ptr<FakeSink> PostAs(const std::string& content_type, std::string body, Headers headers = {}) {
    headers.emplace_back("content-type", content_type);
    return Post(std::move(body), std::move(headers));
  }
  // What was written since the last call, after it is acknowledged.
  std::vector<std::string> Written() {
    std::vector<std::string> values;
    for (size_t i = 0; i < producer_.produced.size(); ++i) {
      values.push_back(producer_.produced[i].value);
      producer_.Acknowledge(i, 0, static_cast<int64_t>(i));
    }
    producer_.produced.clear();
    return values;
  }
  static std::string Text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }
};

const json kItem = {{"name", "checkout"}, {"type", "TIMER"}, {"value", 41.5}, {"level", "web"}, {"labels", {{"k", "v"}}}};
constexpr char kRecord[] = R"({"name":"checkout","type":"timer","value":41.5,"level":"web","labels":{"k":"v"}})";

TEST_F(PostedEncodings, WriteTheSameRecord) {
  v1::MetricEvent message;
  message.set_name("checkout");
  message.set_type(v1::MetricEvent::TIMER);
  message.set_fraction(41.5);
  message.set_level("web");
  (*message.mutable_labels())["k"] = "v";
  const struct {
    std::string content_type;
    std::string body;
  } kCases[] = {
      {"application/json; charset=utf-8", kItem.dump()},
      {"application/x-www-form-urlencoded", kItem.dump()},
      {"text/plain", kItem.dump()},
      {"application/cbor", Text(json::to_cbor(kItem))},
      {"application/msgpack", Text(json::to_msgpack(kItem))},
      {"application/x-protobuf", message.SerializeAsString()},
      {"application/cloudevents+json", json{{"specversion", "1.0"}, {"data", kItem}}.dump()},
  };
  for (const auto& c : kCases) {
    auto sink = PostAs(c.content_type, c.body);
    EXPECT_THAT(Written(), ElementsAre(kRecord)) << c.content_type;
    ASSERT_TRUE(sink->answer);
    EXPECT_EQ(sink->answer->status, 200);
    EXPECT_EQ(sink->answer->body, "Record checkout UPDATED");
  }
}

TEST_F(PostedEncodings, MayBeBatches) {
  const json batch = {kItem, {{"name", "b"}, {"type", "COUNTER"}, {"value", 1}}};
  const json cloud = {{{"specversion", "1.0"}, {"id", "1"}, {"source", "s"}, {"data", kItem}},
                      {{"specversion", "1.0"}, {"data", batch[1]}}};
  const std::string second = R"({"name":"b","type":"counter","value":1})";
  auto sink = PostAs("application/cbor", Text(json::to_cbor(batch)));
  EXPECT_THAT(Written(), ElementsAre(kRecord, second));
  EXPECT_EQ(sink->answer->body, "2 Records UPDATED");
  sink = PostAs("application/msgpack", Text(json::to_msgpack(batch)));
  EXPECT_THAT(Written(), ElementsAre(kRecord, second));
  sink = PostAs("application/cloudevents-batch+json", " " + cloud.dump() + "\n");
  EXPECT_THAT(Written(), ElementsAre(AllOf(HasSubstr("checkout"), HasSubstr(R"("id":"s 1")")), second));
  EXPECT_EQ(sink->answer->body, "2 Records UPDATED");
  sink = PostAs("text/x-statsd", "b:1|c\n\r\na:1:2|ms|#k:v\nb:3|c|@0.1");
  EXPECT_THAT(Written(), ElementsAre(second, R"({"name":"a","type":"timer","value":1,"labels":{"k":"v"}})",
                                     R"({"name":"a","type":"timer","value":2,"labels":{"k":"v"}})",
                                     R"({"name":"b","type":"counter","value":30})"));
  EXPECT_EQ(sink->answer->body, "4 Records UPDATED");
  sink = PostAs("text/x-statsd", "");
  EXPECT_EQ(sink->answer->body, "0 Records UPDATED");
}

TEST_F(PostedEncodings, BadItemsOfABatchAreListedAndTheOthersWritten) {
  auto sink = PostAs("text/x-statsd", "a:1|c\n_sc|redis|0\nb:+1|g\nc:x|c\nd:1|c|#" + std::string(600, 'k'));
  EXPECT_THAT(Written(), ElementsAre(R"({"name":"a","type":"counter","value":1})"));
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 400);
  std::vector<std::string> items;
  const json answer = json::parse(sink->answer->body);
  for (const json& item : answer["error"]["items"]) {
    items.push_back(item["index"].dump() + item["code"].get<std::string>());
    EXPECT_NE(item["message"], "");
  }
  EXPECT_THAT(items, ElementsAre("1unsupported", "2unsupported", "3bad_value", "4bad_labels"));
  EXPECT_EQ(Rejected("ingest_metrics", "unsupported"), 2);

  sink = PostAs("application/cloudevents-batch+json", R"([{"specversion":"1.0","data":{"name":"a","type":"gauge","value":1}},{}])");
  EXPECT_THAT(Written(), ElementsAre(R"({"name":"a","type":"gauge","value":1})"));
  EXPECT_EQ(json::parse(sink->answer->body)["error"]["items"][0]["code"], "malformed");
}

TEST_F(PostedEncodings, BadBodiesAreRefused) {
  const struct {
    std::string content_type;
    std::string body;
    std::string code;
    std::string message;
  } kCases[] = {
      {"application/cbor", "{}", "malformed", "not valid CBOR with what JSON can say"},
      {"application/cbor", std::string(100, '\x81'), "too_deep", "nested over 16 deep"},
      {"application/msgpack", "\xc1", "malformed", "not valid MessagePack with what JSON can say"},
      {"application/protobuf", "{", "malformed", "not a MetricEvent of schemas/metric_event.proto"},
      {"application/cloudevents+json", "{}", "malformed", "not a CloudEvent of version 1"},
      {"application/cloudevents+json", R"({"specversion":"1.0","data_base64":""})", "unsupported",
       "the data of a CloudEvent must be JSON"},
      {"application/cloudevents-batch+json", "{}", "malformed", "not a CloudEvent of version 1"},
      {"application/cbor", Text(json::to_cbor("text")), "not_an_object", "a metric is a JSON object"},
      {"application/cbor", Text(json::to_cbor({{"name", "a"}, {"type", "TIMER"}})), "bad_value",
       "value must be a number, if whole within 64 bits; of a SET text of 1 to 512 bytes, or a whole number"},
  };
  for (const auto& c : kCases) {
    auto sink = PostAs(c.content_type, c.body);
    EXPECT_THAT(producer_.produced, IsEmpty());
    ASSERT_TRUE(sink->answer);
    EXPECT_EQ(sink->answer->status, 400);
    const json error = json::parse(sink->answer->body)["error"];
    EXPECT_EQ(error["code"], c.code) << c.content_type << ' ' << c.body;
    EXPECT_EQ(error["message"], c.message);
  }
}

TEST_F(PostedEncodings, FewBytesDoNotBecomeAnyNumberOfThem) {
  std::string values;
  for (int i = 0; i < 1'000; ++i) values += ":1";
  std::string body;
  for (int i = 0; i < 9; ++i) body += std::string(1'000, 'n') + values + "|c\n";
  auto sink = PostAs("text/x-statsd", body);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 413);
  EXPECT_EQ(json::parse(sink->answer->body)["error"]["code"], "too_large");

  for (int i = 0; i < 5; ++i) values += values;
  sink = PostAs("text/x-statsd", "n" + values + "|c");
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(json::parse(sink->answer->body)["error"]["code"], "too_many_items");
  EXPECT_THAT(producer_.produced, IsEmpty());
}

TEST_F(PostedEncodings, UnknownOnesAre415) {
  for (const char* type : {"application/xml", "application/avro", "application/cloudevents+avro", "image/png", "nonsense"}) {
    auto sink = PostAs(type, kItem.dump());
    ASSERT_TRUE(sink->answer);
    EXPECT_EQ(sink->answer->status, 415) << type;
    EXPECT_THAT(sink->answer->body, AllOf(HasSubstr("unknown_encoding"), HasSubstr("application/cbor")));
  }
  EXPECT_THAT(producer_.produced, IsEmpty());
  EXPECT_EQ(Rejected("ingest_metrics", "unknown_encoding"), 5);
}

TEST_F(PostedEncodings, CloudEventsInBinaryModeSayTimeAndId) {
  const Headers attributes = {{"ce-specversion", "1.0"}, {"ce-id", "a%20b"}, {"ce-source", "/shop"},
                              {"ce-time", "2023-11-14T22:13:19Z"}};
  const json item = {{"name", "a"}, {"type", "COUNTER"}, {"value", 1}};
  const std::string record = R"({"name":"a","type":"counter","value":1,"ts":1699999999000,"id":"/shop a b"})";
  PostAs("application/json", item.dump(), attributes);
  EXPECT_THAT(Written(), ElementsAre(record));
  PostAs("application/cbor", Text(json::to_cbor(item)), attributes);
  EXPECT_THAT(Written(), ElementsAre(record));
  PostAs("text/x-statsd", "a:1|c", attributes);
  EXPECT_THAT(Written(), ElementsAre(record));
}

TEST_F(PostedEncodings, TheIdempotencyKeyNamesItemsWithoutAnId) {
  PostAs("text/x-statsd", "a:1|c\nb:1|c", {{"idempotency-key", "k"}});
  EXPECT_THAT(Written(), ElementsAre(HasSubstr(R"("id":"k/0")"), HasSubstr(R"("id":"k/1")")));
}

TEST_F(PostedEncodings, RawEventsAreJsonOnly) {
  http::Request request;
  request.headers = {{"content-type", "application/cbor"}};
  request.body = R"({"name":"a","value":1})";
  auto sink = Call(http::Method::kPost, "/v1/metrics", std::move(request));
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 415);
  EXPECT_THAT(sink->answer->body, HasSubstr("application/json"));
  EXPECT_EQ(Rejected("raw_metrics", "unknown_encoding"), 1);
}

}  // namespace
}  // namespace odometer
