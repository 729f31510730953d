// Each is answered, however it comes, and harms nobody else.
#include "tests/unit/http/bad_requests.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace odometer::http {
namespace {

// One server for all: none of them may harm the next.
TestServer& SharedServer() {
  static TestServer server{EchoRouter()};
  return server;
}

class BadRequestTest : public testing::TestWithParam<BadRequest> {};

TEST_P(BadRequestTest, IsAnsweredAndTheConnectionEnds) {
  RawClient client(SharedServer().port());
  client.Send(GetParam().bytes);
  RawAnswer answer = client.Read();
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_EQ(answer.Header("content-type"), "application/json");
  nlohmann::json body = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  EXPECT_TRUE(body["error"]["code"].is_string() && body["error"]["message"].is_string()) << answer.body;
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(SharedServer().Ask(Get("/hello")).body, "hello");
}

TEST_P(BadRequestTest, IsAnsweredByteByByte) {
  if (GetParam().bytes.size() > 20'000) GTEST_SKIP() << "too long to be sent in single bytes";
  RawClient client(SharedServer().port());
  for (char byte : GetParam().bytes) {
    if (!client.Send({&byte, 1})) break;  // the server need not wait for the rest
  }
  EXPECT_EQ(client.Read().status, GetParam().status);
}

// What comes after it in the stream can no longer be trusted.
TEST_P(BadRequestTest, BetweenGoodRequestsOnlyTheFirstIsAnswered) {
  RawClient client(SharedServer().port());
  client.Send(Get("/hello") + GetParam().bytes + Get("/hello"));
  EXPECT_EQ(client.Read().body, "hello");
  EXPECT_EQ(client.Read().status, GetParam().status);
  EXPECT_TRUE(client.AtEnd());
}

std::string Name(const testing::TestParamInfo<BadRequest>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(RequestLine, BadRequestTest, testing::ValuesIn(BadRequestLines()), Name);
INSTANTIATE_TEST_SUITE_P(Headers, BadRequestTest, testing::ValuesIn(BadHeaders()), Name);
INSTANTIATE_TEST_SUITE_P(Body, BadRequestTest, testing::ValuesIn(BadBodies()), Name);

}  // namespace
}  // namespace odometer::http
