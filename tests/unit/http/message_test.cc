#include "common/http/message.h"

#include <gtest/gtest.h>

#include <optional>

namespace odometer::http {
namespace {

TEST(RequestTest, TheFirstOfEqualNamesCounts) {
  Request request;
  request.query = {{"a", "1"}, {"a", "2"}, {"b", ""}};
  request.headers = {{"x-token", "t"}};
  EXPECT_EQ(request.Query("a"), "1");
  EXPECT_EQ(request.Query("b"), "");
  EXPECT_EQ(request.Query("c"), std::nullopt);
  EXPECT_EQ(request.Header("x-token"), "t");
  EXPECT_EQ(request.Header("X-Token"), std::nullopt);
}

TEST(ResponseTest, ErrorIsJsonWhateverItQuotes) {
  Response plain = Response::Error(400, "bad_value", "not a number");
  EXPECT_EQ(plain.status, 400);
  EXPECT_EQ(plain.content_type, "application/json");
  EXPECT_EQ(plain.body, R"({"error":{"code":"bad_value","message":"not a number"}})");
  EXPECT_EQ(Response::Error(400, "c", "say \"a\"\n", "from").body,
            R"({"error":{"code":"c","message":"say \"a\"\n","field":"from"}})");
  EXPECT_EQ(Response::Error(400, "c", "\xff").body, "{\"error\":{\"code\":\"c\",\"message\":\"\xef\xbf\xbd\"}}");
}

}  // namespace
}  // namespace odometer::http
