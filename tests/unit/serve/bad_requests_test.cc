// What clients can get wrong, against the real APIs. Whatever it is: the required answer, nothing written, nobody harmed.
#include "tests/unit/http/bad_requests.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/serve/served_apis.h"

namespace odometer {
namespace {

using http::BadRequest;
using http::Get;
using http::Post;
using http::RawAnswer;
using http::RawClient;
using namespace std::string_literals;

constexpr int kDeep = 10'000;

std::string Nested(const std::string& open, const std::string& close) {
  std::string json;
  for (int i = 0; i < kDeep; ++i) json += open;
  json += "1";
  for (int i = 0; i < kDeep; ++i) json += close;
  return json;
}

std::string InChunks(const std::string& target, const std::string& body) {
  std::string request = "POST " + target + " HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t at = 0; at < body.size(); at += 15) {
    std::string chunk = body.substr(at, 15);
    request += (chunk.size() == 15 ? "f" : std::string(1, "0123456789abcde"[chunk.size()])) + "\r\n" + chunk + "\r\n";
  }
  return request + "0\r\n\r\n";
}

// Well-formed HTTP whose content is wrong: the connection goes on.
std::vector<BadRequest> BadContents() {
  const std::string item = R"({"name":"a","type":"COUNTER","value":1)";
  std::vector<BadRequest> all = {
      {"TrackWithoutKey", Get("/track"), 400},
      {"TrackNotUtf8", Get("/track?key=%c3%28"), 400},
      {"TrackLongKey", Get("/track?key=" + std::string(513, 'k')), 400},
      {"TrackNegative", Get("/track?key=k&value=-1"), 400},
      {"TrackOverflow", Get("/track?key=k&value=18446744073709551616"), 400},
      {"TrackNulInValue", Get("/track?key=k&value=1%00"), 400},
      {"TrackPosted", Post("/track?key=k", ""), 405},
      {"TooManyItems", Post("/ingest/metrics", "[" + [] {
         std::string items = "1";
         for (int i = 0; i < 10'000; ++i) items += ",1";
         return items;
       }() + "]"),
       413},
      {"IdempotencyKeyNotUtf8", Get("/track?key=k", "Idempotency-Key: \xc3\x28\r\n"), 400},
      {"LongIdempotencyKey", Get("/track?key=k", "Idempotency-Key: " + std::string(501, 'k') + "\r\n"), 400},
      {"MetricWithoutKey", Get("/metric?type=counter"), 400},
      {"MetricNotUtf8", Get("/metric?key=%ff&type=counter"), 400},
      {"MetricUnknownType", Get("/metric?key=k&type=median"), 400},
      {"MetricNulInType", Get("/metric?key=k&type=counter%00"), 400},
      {"MetricNegativePeriod", Get("/metric?key=k&type=points&period=-60"), 400},
      {"MetricHugePeriod", Get("/metric?key=k&type=points&period=9223372036854775807"), 400},
      {"MetricFromOverflows", Get("/metric?key=k&type=counter&from=9223372036854775808"), 400},
      {"MetricToIsText", Get("/metric?key=k&type=counter&to=now"), 400},
      {"MetricBadMinOffset", Get("/metric?key=k&type=counter&min-offset=metrics.events/0@-1"), 400},
      {"MetricBadMinOffsetHeader", Get("/metric?key=k&type=counter", "min-offset: \x80\r\n"), 400},
      {"MetricBadRequire", Get("/metric?key=k&type=counter&require=most"), 400},
      {"LabelNotUtf8", Get("/metric?key=k&type=counter&label.a=%80"), 400},
      {"DeleteNotUtf8", "DELETE /data/metrics/%ff HTTP/1.1\r\nHost: t\r\n\r\n", 400},
      {"UnknownPath", Get("/data/metrics/a/b"), 404},
      {"NulInPath", Get("/metric%00"), 404},
  };
  for (const auto& [api, target] : {std::pair("Ingest"s, "/ingest/metrics"s), std::pair("Record"s, "/data/metrics/"s)}) {
    const std::vector<std::pair<std::string, std::string>> bodies = {
        {"NoBody", ""},
        {"NulInBody", item + "\0}"s},
        {"NulAfterBody", item + "}\0"s},
        {"NulInText", R"({"name":"a)" + "\0"s + R"(","type":"COUNTER","value":1})"},
        {"BadUtf8", "{\"name\":\"\xc3\x28\",\"type\":\"COUNTER\",\"value\":1}"},
        {"CutUtf8", "{\"name\":\"a\xe2\x82\",\"type\":\"COUNTER\",\"value\":1}"},
        {"Surrogate", R"({"name":"\ud800","type":"COUNTER","value":1})"},
        {"HugeNumber", R"({"name":"a","type":"COUNTER","value":1e999})"},
        {"CutOff", item},
        {"TwoDocuments", item + "}" + item + "}"},
        {"DeepArrays", Nested("[", "]")},
        {"DeepArraysCutOff", std::string(kDeep, '[')},
        {"DeepObjects", Nested(R"({"a":)", "}")},
        {"DeepInAnItem", item + R"(,"x":)" + Nested("[", "]") + "}"},
        {"LongName", R"({"name":")" + std::string(513, 'n') + R"(","type":"COUNTER","value":1})"},
    };
    for (const auto& [name, body] : bodies) {
      all.push_back({api + name, Post(target, body), 400});
      all.push_back({api + name + "Chunked", InChunks(target, body), 400});
    }
  }
  return all;
}

// One for all: none may harm the next.
ServedApis& Served() {
  static ServedApis served;
  return served;
}

void ExpectUnharmed(int64_t written_before) {
  EXPECT_EQ(Served().Ask(kGoodQuery).status, 200);
  EXPECT_EQ(Served().Written(), written_before);
}

// As raw bytes, whole and byte by byte.
void ExpectRefused(const BadRequest& bad) {
  for (bool split : {false, true}) {
    if (split && bad.bytes.size() > 20'000) continue;
    RawClient client(Served().port());
    const size_t piece = split ? 1 : bad.bytes.size();
    for (size_t at = 0; at < bad.bytes.size() && client.Send(bad.bytes.substr(at, piece)); at += piece) {
    }
    EXPECT_EQ(client.Read().status, bad.status);
    EXPECT_TRUE(client.AtEnd() || split);  // what came after the answer may make it a reset
  }
}

TEST(BadRequests, BadHttpIsAnsweredAndTheConnectionEnds) {
  for (const auto& [get, post] : {std::pair("/track?key=visits", "/ingest/metrics"),
                                  std::pair("/metric?key=visits&type=counter", "/data/metrics/")}) {
    for (const BadRequest& bad : http::BadRequestsTo(get, post)) {
      SCOPED_TRACE(bad.name + " to " + get + " or " + post);
      const int64_t before = Served().Written();
      ExpectRefused(bad);
      ExpectUnharmed(before);
    }
  }
}

// Really sent, not only announced: its sender can read the answer once all of it is out.
TEST(BadRequests, AHugeBodyIsRefusedAndLeavesNothingBehind) {
  const std::string huge(5 << 20, 'x');
  std::string chunks;
  for (int i = 0; i < 80; ++i) chunks += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (const std::string target : {"/ingest/metrics", "/data/metrics/"}) {
    SCOPED_TRACE(target);
    const int64_t before = Served().Written();
    RawClient whole(Served().port());
    EXPECT_TRUE(whole.Send(Post(target, huge)));
    EXPECT_EQ(whole.Read().status, 413);
    RawClient chunked(Served().port());
    const std::string head = "POST " + target + " HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_TRUE(chunked.Send(head + chunks + "0\r\n\r\n"));
    EXPECT_EQ(chunked.Read().status, 413);
    ExpectUnharmed(before);
  }
}

TEST(BadRequests, BadContentIsAnsweredAndTheConnectionGoesOn) {
  for (const BadRequest& bad : BadContents()) {
    SCOPED_TRACE(bad.name);
    const int64_t before = Served().Written();
    RawClient client(Served().port());
    // Pipelined, and each followed by a good one.
    client.Send(bad.bytes + kGoodQuery + bad.bytes + kGoodQuery);
    for (int i = 0; i < 2; ++i) {
      RawAnswer answer = client.Read();
      EXPECT_EQ(answer.status, bad.status) << answer.body;
      if (answer.Header("content-type") == "application/json") {
        nlohmann::json body = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
        EXPECT_TRUE(body["error"]["code"].is_string() && body["error"]["message"].is_string()) << answer.body;
      } else {
        EXPECT_EQ(answer.body, "ERROR: empty input");
      }
      EXPECT_EQ(client.Read().status, 200);
    }
    ExpectUnharmed(before);
  }
}

}  // namespace
}  // namespace odometer
