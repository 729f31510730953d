#include "cli/access/access_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

AuthConfig Tokens(const std::string& json, const std::string& secret = "") {
  return {.tokens = auth::ParseTokens(json).value(), .session_secret = secret};
}

ConfigSource From(AuthConfig auth) {
  return [auth = std::move(auth)] {
    Config config;
    config.auth = auth;
    return Result<Config>(std::move(config));
  };
}

class AccessControlTest : public testing::Test {
 protected:
  std::unique_ptr<AccessControl> Make(const AuthConfig& config) {
    return std::move(AccessControl::Make("query", config, &clock_)).value();
  }
  static std::string OrgOf(const AccessControl& access, const std::string& token) {
    const auto table = access.gate().tokens();
    const auth::Grant* grant = table->FindToken(token);
    return grant == nullptr ? "nobody" : grant->org;
  }

  ManualClock clock_;
};

TEST_F(AccessControlTest, ReloadTakesTheNewTokensAndNoOthers) {
  auto access = Make(Tokens(R"({"old":"a","kept":"b"})"));
  EXPECT_TRUE(access->Reload(From(Tokens(R"({"kept":"c","new":"a"})"))).ok());
  EXPECT_EQ(OrgOf(*access, "old"), "nobody");
  EXPECT_EQ(OrgOf(*access, "kept"), "c");
  EXPECT_EQ(OrgOf(*access, "new"), "a");
}

TEST_F(AccessControlTest, ABadConfigurationChangesNothing) {
  auto access = Make(Tokens(R"({"old":"a"})"));
  const ConfigSource broken = [] { return Result<Config>(Status::Invalid("odometer.yaml:3: no option x")); };
  EXPECT_EQ(access->Reload(broken).message(), "odometer.yaml:3: no option x");
  EXPECT_EQ(OrgOf(*access, "old"), "a");
  const std::string abc = R"("abc":"b","sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad":"c")";
  EXPECT_THAT(access->Reload(From(Tokens("{" + abc + "}"))).message(), HasSubstr("are the same token"));
  EXPECT_EQ(OrgOf(*access, "old"), "a");
}

TEST_F(AccessControlTest, AReloadNeverOpensEverything) {
  auto access = Make(Tokens(R"({"old":"a"})"));
  EXPECT_THAT(access->Reload(From({})).message(), HasSubstr("start again"));
  EXPECT_THAT(access->Reload(From({.open = true})).message(), HasSubstr("start again"));
  EXPECT_EQ(OrgOf(*access, "old"), "a");
  auto open = Make({});
  EXPECT_TRUE(open->Reload(From(Tokens(R"({"new":"a"})"))).ok()) << "but it may close";
  EXPECT_EQ(OrgOf(*open, "new"), "a");
}

TEST_F(AccessControlTest, SessionsOfKeptTokensOutliveAReload) {
  const std::string hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // of abc
  auto access = Make(Tokens(R"({")" + hash + R"(":"a","plain":"b"})"));
  const std::string hashed = access->gate().tokens()->NewSession("abc", 0).value();
  const std::string plain = access->gate().tokens()->NewSession("plain", 0).value();
  EXPECT_TRUE(access->Reload(From(Tokens(R"({"plain":"b",")" + hash + R"(":"a","more":"c"})"))).ok());
  EXPECT_NE(access->gate().tokens()->FindSession(hashed, 0), nullptr);
  EXPECT_NE(access->gate().tokens()->FindSession(plain, 0), nullptr);
  EXPECT_TRUE(access->Reload(From(Tokens(R"({"plain":"b"})", "0123456789abcdef"))).ok());
  EXPECT_EQ(access->gate().tokens()->FindSession(hashed, 0), nullptr);
  EXPECT_EQ(access->gate().tokens()->FindSession(plain, 0), nullptr) << "another secret";
}

TEST(CheckReach, OthersMayComeOnlyWhereSomebodyHasSaidSo) {
  http::Router guarded;
  const auto handler = [](const http::Request&) { return http::Response(); };
  guarded.AddSimple(http::Method::kGet, "/livez", http::Access::kOpen, handler);
  http::Router probes = guarded;
  guarded.AddSimple(http::Method::kGet, "/read", http::Access::kRead, handler);
  for (const char* local : {"127.0.0.1:1", "[::1]:1", "localhost:1"}) {
    EXPECT_TRUE(CheckReach("query", local, {}, guarded).ok()) << local;
  }
  for (const char* reachable : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "host.example:1"}) {
    const Status status = CheckReach("query", reachable, {}, guarded);
    EXPECT_TRUE(status.Is(ErrorKind::kInvalid)) << reachable;
    EXPECT_THAT(status.message(), AllOf(HasSubstr(std::string("query would listen on ") + reachable),
                                        HasSubstr("set auth.tokens"), HasSubstr("127.0.0.1"), HasSubstr("auth.open")));
    EXPECT_TRUE(CheckReach("query", reachable, Tokens(R"({"t":"o"})"), guarded).ok());
    EXPECT_TRUE(CheckReach("query", reachable, {.open = true}, guarded).ok());
    EXPECT_TRUE(CheckReach("processor", reachable, {}, probes).ok());
  }
}

}  // namespace
}  // namespace odometer::cli
