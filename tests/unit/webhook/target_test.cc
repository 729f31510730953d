#include "webhook/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "webhook/alert.h"
#include "webhook/backoff.h"
#include "webhook/signature.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string HostOf(const std::string& url) {
  const auto targets = ParseWebhookTargets(R"({"acme":")" + url + R"("})");
  return targets.ok() ? targets->at(0).host : targets.status().message();
}

TEST(WebhookTargets, AreUrlsByOrg) {
  const auto targets = ParseWebhookTargets(R"({"acme":"https://Hooks.Example.com/a?b=c", "ö":"http://[::1]:8080/"})");
  ASSERT_TRUE(targets.ok()) << targets.status().ToString();
  ASSERT_EQ(targets->size(), 2u);
  EXPECT_EQ(targets->at(0).org, "acme");
  EXPECT_EQ(targets->at(0).url, "https://Hooks.Example.com/a?b=c");
  EXPECT_EQ(targets->at(0).host, "hooks.example.com");
  EXPECT_EQ(targets->at(1).org, "ö");
  EXPECT_EQ(targets->at(1).host, "::1");
  EXPECT_TRUE(ParseWebhookTargets("{}")->empty());
}

TEST(WebhookTargets, HostsHaveOneForm) {
  EXPECT_EQ(HostOf("http://hooks.example.com./"), "hooks.example.com");
  EXPECT_EQ(HostOf("http://h%6foks.example.com/"), "hooks.example.com");
  EXPECT_EQ(HostOf("http://0x7f.1/"), "127.0.0.1");
  EXPECT_EQ(HostOf("http://2130706433/"), "127.0.0.1");
}

TEST(WebhookTargets, ErrorsNameTheEntryAndShowNoUrl) {
  for (const char* url : {"", "s3cret", "/s3cret", "//example.com/s3cret", "ftp://example.com/s3cret", "file:///s3cret",
                          "gopher://example.com/s3cret", "http://", "http://user@example.com/s3cret",
                          "http://user:s3cret@example.com/", "http://:s3cret@example.com/", "http://exa mple.com/s3cret",
                          "http://example.com/s3cret\\n", "http://example.com:99999/s3cret", "http://exämple.com/s3cret",
                          "http://example.com\\u0000.evil/s3cret"}) {
    const auto targets = ParseWebhookTargets(R"({"ok":"http://example.com/","acme":")" + std::string(url) + R"("})");
    ASSERT_FALSE(targets.ok()) << url;
    EXPECT_THAT(targets.status().message(), HasSubstr("entry 2: "));
    EXPECT_THAT(targets.status().message(), Not(HasSubstr("s3cret")));
  }
  for (const char* json : {"", "s3cret", "[]", R"({"a":"http://h/","a":"http://h/"})", R"({"":"http://h/"})", R"({"a":1})",
                           R"({"a":{"url":"http://h/"}})"}) {
    EXPECT_TRUE(ParseWebhookTargets(json).status().Is(ErrorKind::kInvalid)) << json;
  }
}

TEST(WebhookHosts, AreAList) {
  EXPECT_THAT(*ParseWebhookHosts(""), IsEmpty());
  EXPECT_THAT(*ParseWebhookHosts("Hooks.example.com, other.example.,[::1],::1,127.1"),
              ElementsAre("hooks.example.com", "other.example", "::1", "::1", "127.0.0.1"));
  for (const char* bad : {",", "a,,b", "http://a", "a:80", "a/b", "u@a", "a b", "[::1]:80", "*.example.com?"}) {
    EXPECT_FALSE(ParseWebhookHosts(bad).ok()) << bad;
  }
}

TEST(AlertHead, IsIdAndOrg) {
  const auto head = ReadAlertHead(R"({"id":"3-17","org":"acme","reading":101})");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->id, "3-17");
  EXPECT_EQ(head->org, "acme");
  for (const char* bad : {"", "[]", "{", R"({"id":"1"})", R"({"org":"a"})", R"({"id":1,"org":"a"})", R"({"id":"","org":"a"})",
                          R"({"id":"a b","org":"a"})", R"({"id":"a\r\nX: y","org":"a"})", R"({"id":"ä","org":"a"})",
                          "{\"id\":\"1\",\"org\":\"\xff\"}"}) {
    EXPECT_FALSE(ReadAlertHead(bad).has_value()) << bad;
  }
  EXPECT_TRUE(ReadAlertHead(R"({"id":")" + std::string(200, 'x') + R"(","org":"a"})").has_value());
  EXPECT_FALSE(ReadAlertHead(R"({"id":")" + std::string(201, 'x') + R"(","org":"a"})").has_value());
}

// printf '1700000000.{"id":"1"}' | openssl dgst -sha256 -hmac secret
TEST(WebhookSignature, IsAnHmacOfTimestampAndBody) {
  EXPECT_EQ(WebhookSignature("secret", 1'700'000'000, R"({"id":"1"})"),
            "v1=086f6aff7bd084c98679825129c5a64dbad88c760016d6d2c0fb123f27951d54");
}

TEST(Backoff, DoublesUpToItsLongest) {
  EXPECT_EQ(BackoffMs(1, 0), 500);
  EXPECT_EQ(BackoffMs(1, 0.5), 750);
  EXPECT_EQ(BackoffMs(2, 0), 1'000);
  EXPECT_EQ(BackoffMs(3, 0), 2'000);
  EXPECT_EQ(BackoffMs(9, 0), 128'000);
  EXPECT_EQ(BackoffMs(10, 0), 150'000);
  EXPECT_LT(BackoffMs(1'000'000, 0.999), 300'000);
}

}  // namespace
}  // namespace odometer
