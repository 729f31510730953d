#include "cli/client/http_client.h"

#include <gtest/gtest.h>

namespace odometer::cli {
namespace {

TEST(MakeUrl, EncodesEveryValue) {
  EXPECT_EQ(MakeUrl("http://127.0.0.1:8000/", "/track", {{"key", "a b&c=é/+"}, {"value", "3"}}),
            "http://127.0.0.1:8000/track?key=a%20b%26c%3D%C3%A9%2F%2B&value=3");
  EXPECT_EQ(MakeUrl("http://host", "/read", {}), "http://host/read");
  EXPECT_EQ(MakeUrl("http://host", "/track", {{"key", std::string("nul\0", 4)}}), "http://host/track?key=nul%00");
}

TEST(HttpGet, SaysWhyThereIsNoAnswer) {
  const Result<HttpAnswer> answer = HttpGet("ftp://127.0.0.1/", "", 1'000);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.status().kind(), ErrorKind::kRetry);
  EXPECT_NE(answer.status().message().find("ftp://127.0.0.1/"), std::string::npos);
}

}  // namespace
}  // namespace odometer::cli
