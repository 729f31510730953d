#include "common/auth/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer::auth {
namespace {

constexpr int64_t kNow = 1'700'000'000;

std::string HashOf(const std::string& token) { return std::string(kHashPrefix) + ToHex(BytesOf(Sha256(token))); }

const Digest& ProcessKey() {
  static const Digest key = RandomDigest();
  return key;
}

TokenTable Make(const std::vector<ConfiguredToken>& tokens, const std::string& secret = "",
                const Digest& process_key = ProcessKey()) {
  Result<TokenTable> table = TokenTable::Make(tokens, secret, process_key);
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  return std::move(table).value();
}

std::string OrgOf(const Grant* grant) { return grant == nullptr ? "nobody" : grant->org; }

TEST(TokenTable, FindsPlainAndHashedTokens) {
  const TokenTable table = Make({{"plain", {"a"}}, {HashOf("hidden"), {"b", Scope::kRead}}, {"other", {"a"}}});
  EXPECT_EQ(OrgOf(table.FindToken("plain")), "a");
  EXPECT_EQ(OrgOf(table.FindToken("hidden")), "b");
  EXPECT_EQ(table.FindToken("hidden")->scope, Scope::kRead);
  EXPECT_EQ(OrgOf(table.FindToken("other")), "a");
  // The hash is no token, nor is anything near one.
  for (const std::string& wrong : {HashOf("hidden"), std::string(), std::string("plai"), std::string("plainx"),
                                   std::string("Plain"), std::string("plain\0", 6), std::string("a")}) {
    EXPECT_EQ(OrgOf(table.FindToken(wrong)), "nobody") << wrong;
  }
  EXPECT_TRUE(TokenTable().empty());
  EXPECT_EQ(TokenTable().FindToken(""), nullptr);
}

TEST(TokenTable, OneTokenCannotStandTwice) {
  const auto table = TokenTable::Make({{"x", {"a"}}, {"y", {"a"}}, {HashOf("x"), {"b"}}}, "", ProcessKey());
  EXPECT_EQ(table.status().message(), "auth.tokens: entries 1 and 3 are the same token");
}

TEST(TokenTable, ASessionIsGoodUntilItsEnd) {
  const TokenTable table = Make({{"x", {"a"}}, {"y", {"b", Scope::kRead}}});
  const std::string session = table.NewSession("y", kNow).value();
  EXPECT_EQ(OrgOf(table.FindSession(session, kNow)), "b");
  EXPECT_EQ(table.FindSession(session, kNow)->scope, Scope::kRead);
  EXPECT_EQ(OrgOf(table.FindSession(session, kNow + kSessionSeconds - 1)), "b");
  EXPECT_EQ(OrgOf(table.FindSession(session, kNow + kSessionSeconds)), "nobody");
  EXPECT_FALSE(table.NewSession("z", kNow));
  EXPECT_EQ(session.find(HashOf("y").substr(kHashPrefix.size(), 16)), std::string::npos);
}

TEST(TokenTable, AChangedSessionIsNone) {
  const TokenTable table = Make({{"x", {"a"}}});
  const std::string session = table.NewSession("x", kNow).value();
  for (size_t i = 0; i < session.size(); ++i) {
    std::string changed = session;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(OrgOf(table.FindSession(changed, kNow)), "nobody") << i;
  }
  for (const std::string& bad : {session.substr(1), session + "0", std::string(), std::string("a"),
                                 std::string(session.size(), 'z')}) {
    EXPECT_EQ(OrgOf(table.FindSession(bad, kNow)), "nobody") << bad;
  }
}

TEST(TokenTable, ASessionEndsWithItsTokenAndFollowsItsOrg) {
  const std::string session = Make({{"x", {"a"}}, {"y", {"b"}}}).NewSession("x", kNow).value();
  EXPECT_EQ(OrgOf(Make({{"y", {"b"}}, {"x", {"c"}}}).FindSession(session, kNow)), "c");
  EXPECT_EQ(OrgOf(Make({{"y", {"b"}}}).FindSession(session, kNow)), "nobody");
}

TEST(TokenTable, OtherProcessesTakeTheSessionsOfPlainTokens) {
  const std::string session = Make({{"x", {"a"}}}).NewSession("x", kNow).value();
  EXPECT_EQ(OrgOf(Make({{"x", {"a"}}}, "", RandomDigest()).FindSession(session, kNow)), "a");
}

TEST(TokenTable, WhoKnowsAHashCannotMakeItsSession) {
  const std::vector<ConfiguredToken> hashed = {{HashOf("x"), {"a"}}};
  const std::string session = Make(hashed).NewSession("x", kNow).value();
  EXPECT_EQ(OrgOf(Make(hashed).FindSession(session, kNow)), "a");
  // Another process with the same configuration, or somebody who has read it.
  EXPECT_EQ(OrgOf(Make(hashed, "", RandomDigest()).FindSession(session, kNow)), "nobody");
}

TEST(TokenTable, ASecretMakesSessionsOfAllTokensCommon) {
  const std::vector<ConfiguredToken> tokens = {{HashOf("x"), {"a"}}, {"y", {"b"}}};
  for (const std::string token : {"x", "y"}) {
    const std::string session = Make(tokens, "secret 0123456789").NewSession(token, kNow).value();
    EXPECT_NE(OrgOf(Make(tokens, "secret 0123456789", RandomDigest()).FindSession(session, kNow)), "nobody");
    EXPECT_EQ(OrgOf(Make(tokens, "another secret 01").FindSession(session, kNow)), "nobody");
    EXPECT_EQ(OrgOf(Make(tokens).FindSession(session, kNow)), "nobody");
  }
}

}  // namespace
}  // namespace odometer::auth
