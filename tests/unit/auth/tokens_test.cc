#include "common/auth/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kAbcHash[] = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string ErrorOf(const std::string& json) {
  const Result<std::vector<ConfiguredToken>> tokens = ParseTokens(json);
  return tokens.ok() ? "no error" : tokens.status().message();
}

TEST(Tokens, AreAMapToOrgsOrToOrgAndScope) {
  const auto tokens = ParseTokens(R"({"123456":"org_01", ")" + std::string(kAbcHash) + R"(":{"org":"ö","scope":"read"},
                                    "w":{"scope":"write","org":"org_01"}, "a":{"org":"o","scope":"all"}, "b":{"org":"o"}})");
  ASSERT_TRUE(tokens.ok()) << tokens.status().ToString();
  ASSERT_EQ(tokens->size(), 5u);
  EXPECT_EQ(tokens->at(0).text, "123456");
  EXPECT_EQ(tokens->at(0).grant, (Grant{"org_01", Scope::kAll}));
  EXPECT_EQ(tokens->at(1).text, kAbcHash);
  EXPECT_EQ(tokens->at(1).grant, (Grant{"ö", Scope::kRead}));
  EXPECT_EQ(tokens->at(2).grant, (Grant{"org_01", Scope::kWrite}));
  EXPECT_EQ(tokens->at(3).grant, (Grant{"o", Scope::kAll}));
  EXPECT_EQ(tokens->at(4).grant, (Grant{"o", Scope::kAll}));
  EXPECT_TRUE(ParseTokens("{}")->empty());
}

TEST(Tokens, AllMeansBoth) {
  EXPECT_TRUE(Includes(Scope::kAll, Scope::kRead));
  EXPECT_TRUE(Includes(Scope::kAll, Scope::kWrite));
  EXPECT_TRUE(Includes(Scope::kRead, Scope::kRead));
  EXPECT_FALSE(Includes(Scope::kRead, Scope::kWrite));
  EXPECT_FALSE(Includes(Scope::kWrite, Scope::kRead));
}

TEST(Tokens, ErrorsNameTheEntryAndNeverShowAToken) {
  const std::string secret = "s3cret-token";
  auto entry = [&](const std::string& value) { return R"({"ok":"o",")" + secret + R"(":)" + value + "}"; };
  const std::pair<std::string, std::string> cases[] = {
      {entry(R"("")"), "entry 2: an org is"},
      {entry(R"("__overflow__")"), "entry 2: an org is"},
      {entry('"' + std::string(513, 'o') + '"'), "entry 2: an org is"},
      {entry("7"), "entry 2: an org is"},
      {entry("null"), "entry 2: an org is"},
      {entry(R"(["o"])"), "entry 2: an org is"},
      {entry("{}"), "entry 2: it has no org"},
      {entry(R"({"scope":"read"})"), "entry 2: it has no org"},
      {entry(R"({"org":"o","scope":"admin"})"), "entry 2: a scope is"},
      {entry(R"({"org":"o","scope":1})"), "entry 2: a scope is"},
      {entry(R"({"org":"o","role":"read"})"), "entry 2: it may have"},
      {R"({"":"o"})", "entry 1: a token is"},
      {R"({"with space":"o"})", "entry 1: a token is"},
      {R"({"tökén":"o"})", "entry 1: a token is"},
      {R"({"a\nb":"o"})", "entry 1: a token is"},
      {"{\"" + std::string(513, 't') + "\":\"o\"}", "entry 1: a token is"},
      {R"({"sha256:abc":"o"})", "entry 1: sha256:"},
      {R"({"sha256:":"o"})", "entry 1: sha256:"},
      {R"({")" + std::string(kAbcHash) + R"(0":"o"})", "entry 1: sha256:"},
      {R"({")" + secret + R"(":"o",")" + secret + R"(":"p"})", "no name may stand twice"},
      {entry(R"({"org":"o","org":"p"})"), "no name may stand twice"},
      {entry(R"("o")") + "x", "must be a map"},
      {secret, "must be a map"},
      {'"' + secret + '"', "must be a map"},
      {"[\"" + secret + "\"]", "must be a map"},
      {"", "must be a map"},
      {entry(R"("o")") + std::string(1, '\0'), "must be a map"},
  };
  for (const auto& [json, expected] : cases) {
    EXPECT_THAT(ErrorOf(json), HasSubstr(expected)) << json;
    EXPECT_THAT(ErrorOf(json), Not(HasSubstr("s3cret"))) << json;
  }
}

}  // namespace
}  // namespace odometer::auth
