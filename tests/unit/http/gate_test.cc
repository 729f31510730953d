// The gate behind a real server.
#include "common/http/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/live_stream.h"
#include "tests/unit/http/raw_client.h"

namespace odometer::http {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kNobody[] = R"({"detail":"Could not validate credentials"})";

auth::TokenTable Tokens(const std::string& json) {
  return auth::TokenTable::Make(auth::ParseTokens(json).value(), "", auth::Sha256("key")).value();
}

// Answers with what the handler knows of who asks.
Response Who(const Request& request) {
  std::string text = request.org + (request.authenticated ? " known" : " unknown");
  text += " " + request.target;
  for (const auto& [name, value] : request.headers) {
    if (name != "host" && name != "content-length") text += " " + name;
  }
  return Response::Text(200, text);
}

class GateTest : public testing::Test {
 protected:
  Router Routes() {
    Router router;
    router.AddSimple(Method::kGet, "/open", Access::kOpen, Who);
    router.AddSimple(Method::kGet, "/read", Access::kRead, Who);
    router.AddSimple(Method::kPost, "/write", Access::kWrite, Who);
    router.AddSimple(Method::kGet, "/unstated", Who);
    router.AddSimple(Method::kGet, "/cached", Access::kRead, [](const Request&) {
      return Response::Text(200, "").With("Cache-Control", "max-age=1");
    });
    router.AddSimple(Method::kGet, "/events", Access::kRead, [this](const Request&) {
      stream_ = std::make_shared<LiveStream>(LiveProtocol::kServerSentEvents);
      return EventStreamResponse(stream_);
    });
    AddLogoutRoute(&router);
    return router;
  }
  // All that a client of /events gets, to the end: it must come.
  static std::string Events(RawClient* client) { return client->Take(1 << 20); }
  static std::string Token(const std::string& token) { return "x-auth-token: " + token + "\r\n"; }
  // "x-auth-token=…", as a browser sends it back.
  static std::string CookieOf(const RawAnswer& answer) {
    const std::string cookie = answer.Header("set-cookie");
    return "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  }

  std::shared_ptr<LiveStream> stream_;  // the latest one
  ManualClock clock_;
  Gate gate_{Tokens(R"({"A":"acme","A2":"acme","R":{"org":"other","scope":"read"},"W":{"org":"other","scope":"write"}})"),
             &clock_};
  TestServer server_{Routes(), {.gate = &gate_, .live_keep_alive_ms = 20}};
};

TEST_F(GateTest, WithoutTokensEverythingIsTheDefaultOrgs) {
  gate_.Replace({});
  for (const std::string& headers : {std::string(), Token("A"), std::string("Cookie: x-auth-token=acme\r\n")}) {
    EXPECT_EQ(server_.Ask(Get("/read", headers)).body, "default unknown /read");
    EXPECT_EQ(server_.Ask(Post("/write", "", headers)).status, 200);
    EXPECT_EQ(server_.Ask(Get("/unstated", headers)).status, 200);
  }
  EXPECT_EQ(server_.Ask(Get("/read?x-auth-token=A&x=1")).body, "default unknown /read?x=1");
}

TEST_F(GateTest, ATokenIsTakenInEachOfItsPlaces) {
  for (const std::string& token : {std::string("A"), std::string("A2")}) {
    EXPECT_EQ(server_.Ask(Get("/read", Token(token))).body, "acme known /read");
    EXPECT_EQ(server_.Ask(Get("/read", "Authorization: Bearer " + token + "\r\n")).body, "acme known /read");
    EXPECT_EQ(server_.Ask(Get("/read?x-auth-token=" + token)).body, "acme known /read");
    EXPECT_EQ(server_.Ask(Get("/read?x-auth-token=%41" + token.substr(1))).body, "acme known /read");
  }
}

TEST_F(GateTest, WhoShowsNoneOrAWrongOneIsRefused) {
  const std::string wrong[] = {"",
                               Token(""),
                               Token("a"),
                               Token("AA"),
                               Token("acme"),
                               "Authorization: Basic A\r\n",
                               "Authorization: Bearer x\r\n",
                               "Cookie: x-auth-token=A\r\n",
                               "Cookie: x-auth-token=acme\r\n",
                               "Cookie: x-auth-token=\r\n"};
  for (const std::string& headers : wrong) {
    for (const std::string& request : {Get("/read", headers), Post("/write", "", headers), Get("/unstated", headers)}) {
      const RawAnswer answer = server_.Ask(request);
      EXPECT_EQ(answer.status, 403) << request;
      EXPECT_EQ(answer.body, kNobody);
      EXPECT_EQ(answer.Header("content-type"), "application/json");
      EXPECT_EQ(answer.Header("set-cookie"), "");
    }
  }
  // What is shown first decides.
  EXPECT_EQ(server_.Ask(Get("/read?x-auth-token=", Token("A"))).body, kNobody);
  EXPECT_EQ(server_.Ask(Get("/read?x-auth-token=x&x-auth-token=A")).body, kNobody);
}

TEST_F(GateTest, ARouteWantsItsScope) {
  EXPECT_EQ(server_.Ask(Get("/read", Token("R"))).body, "other known /read");
  EXPECT_EQ(server_.Ask(Post("/write", "", Token("W"))).body, "other known /write");
  const RawAnswer may_not_write = server_.Ask(Post("/write", "", Token("R")));
  EXPECT_EQ(may_not_write.status, 403);
  EXPECT_EQ(may_not_write.body, R"({"detail":"This token may not write"})");
  const RawAnswer may_not_read = server_.Ask(Get("/read", Token("W")));
  EXPECT_EQ(may_not_read.status, 403);
  EXPECT_EQ(may_not_read.body, R"({"detail":"This token may not read"})");
  EXPECT_EQ(server_.Ask(Get("/unstated", Token("R"))).status, 403);
  EXPECT_EQ(server_.Ask(Get("/unstated", Token("W"))).status, 200);
}

TEST_F(GateTest, AnOpenRouteAsksNobody) {
  EXPECT_EQ(server_.Ask(Get("/open")).body, "default unknown /open");
  EXPECT_EQ(server_.Ask(Get("/open", Token("wrong"))).body, "default unknown /open");
  EXPECT_EQ(server_.Ask(Get("/open", Token("A"))).body, "acme known /open");
}

TEST_F(GateTest, NoCacheMayGiveAnAnswerToOthers) {
  EXPECT_EQ(server_.Ask(Get("/read", Token("A"))).Header("cache-control"), "private");
  const RawAnswer in_query = server_.Ask(Get("/read?x-auth-token=A"));
  EXPECT_EQ(in_query.Header("cache-control"), "no-store");
  EXPECT_EQ(in_query.Header("referrer-policy"), "no-referrer");
  EXPECT_EQ(server_.Ask(Get("/cached", Token("A"))).Header("cache-control"), "max-age=1");
}

TEST_F(GateTest, ABrowserLogsInWithATokenInTheAddress) {
  const std::string html = "Accept: text/html,*/*;q=0.8\r\n";
  const RawAnswer login = server_.Ask(Get("/open?x-auth-token=R", html));
  EXPECT_EQ(login.status, 200);
  EXPECT_THAT(login.Header("set-cookie"), StartsWith("x-auth-token="));
  EXPECT_THAT(login.Header("set-cookie"), HasSubstr("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"));
  EXPECT_THAT(login.Header("set-cookie"), Not(HasSubstr("Secure")));
  EXPECT_THAT(login.Header("set-cookie"), Not(HasSubstr("other"))) << "the org is nobody's business";

  EXPECT_EQ(server_.Ask(Get("/read", CookieOf(login))).body, "other known /read");
  EXPECT_EQ(server_.Ask(Post("/write", "", CookieOf(login))).status, 403) << "the session has the token's scope";
  EXPECT_EQ(server_.Ask(Get("/read", CookieOf(login) + Token("A"))).body, "acme known /read");

  clock_.Advance(auth::kSessionSeconds * 1000);
  EXPECT_EQ(server_.Ask(Get("/read", CookieOf(login))).body, kNobody);
}

TEST_F(GateTest, ACookieIsForBrowsersWithATokenInTheAddress) {
  const std::string html = "Accept: text/html\r\n";
  for (const std::string& request : {Get("/read?x-auth-token=A"), Get("/read", html + Token("A")), Get("/open", html),
                                     Get("/read?x-auth-token=wrong", html), Get("/open?x-auth-token=wrong", html)}) {
    EXPECT_EQ(server_.Ask(request).Header("set-cookie"), "") << request;
  }
  EXPECT_THAT(server_.Ask(Get("/open?x-auth-token=A", html + "X-Forwarded-Proto: https\r\n")).Header("set-cookie"),
              HasSubstr("; Secure"));
}

TEST_F(GateTest, LogoutClearsTheCookie) {
  for (const std::string& target : {std::string("/logout"), std::string("/logout?x-auth-token=A")}) {
    const RawAnswer answer = server_.Ask(Get(target, "Accept: text/html\r\n"));
    EXPECT_EQ(answer.status, 307);
    EXPECT_EQ(answer.Header("location"), "/");
    EXPECT_EQ(answer.Header("set-cookie"), "x-auth-token=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    EXPECT_EQ(answer.body, "");
  }
}

TEST_F(GateTest, ReplacedTokensHoldAtOnceForOpenConnectionsToo) {
  RawClient client(server_.port());
  const RawAnswer login = client.Ask(Get("/open?x-auth-token=A", "Accept: text/html\r\n"));
  EXPECT_EQ(client.Ask(Get("/read", Token("A"))).status, 200);
  gate_.Replace(Tokens(R"({"A2":"moved","new":"acme"})"));
  EXPECT_EQ(client.Ask(Get("/read", Token("A"))).status, 403);
  EXPECT_EQ(client.Ask(Get("/read", CookieOf(login))).status, 403);
  EXPECT_EQ(client.Ask(Get("/read", Token("A2"))).body, "moved known /read");
  EXPECT_EQ(client.Ask(Get("/read", Token("new"))).body, "acme known /read");
}

TEST_F(GateTest, AStreamEndsWithItsToken) {
  RawClient leaves(server_.port()), stays(server_.port());
  leaves.Send(Get("/events", Token("A")));
  ASSERT_EQ(leaves.Read(/*to_head=*/true).status, 200);
  stays.Send(Get("/events", Token("R")));
  ASSERT_EQ(stays.Read(/*to_head=*/true).status, 200);
  gate_.Replace(Tokens(R"({"B":"acme","R":{"org":"other","scope":"read"}})"));
  EXPECT_THAT(Events(&leaves), HasSubstr(": ended, because the token or session is not valid any more\n"));
  stream_->Push({std::make_shared<const std::string>("x"), "", ""});
  stream_->End();
  EXPECT_THAT(Events(&stays), HasSubstr("data: x\n"));
}

TEST_F(GateTest, AStreamEndsWhenItsTokenIsAnotherOrgsOrWasNone) {
  struct Change {
    const char* before;
    const char* after;
  };
  for (const Change& change : {Change{"{}", R"({"A":"acme"})"}, Change{R"({"A":"acme"})", R"({"A":"other"})"},
                               Change{R"({"A":"acme"})", R"({"A":{"org":"acme","scope":"write"}})"}}) {
    gate_.Replace(Tokens(change.before));
    RawClient client(server_.port());
    client.Send(Get("/events", Token("A")));
    ASSERT_EQ(client.Read(/*to_head=*/true).status, 200) << change.before;
    gate_.Replace(Tokens(change.after));
    EXPECT_THAT(Events(&client), HasSubstr(": ended")) << change.after;
  }
}

TEST_F(GateTest, AStreamEndsWithItsSession) {
  const std::string cookie = CookieOf(server_.Ask(Get("/read?x-auth-token=A", "Accept: text/html\r\n")));
  RawClient client(server_.port());
  client.Send(Get("/events", cookie));
  ASSERT_EQ(client.Read(/*to_head=*/true).status, 200);
  clock_.Advance(auth::kSessionSeconds * 1000);
  EXPECT_THAT(Events(&client), HasSubstr(": ended"));
}

TEST_F(GateTest, WhatHasNoRouteIsToldWithoutAToken) {
  EXPECT_EQ(server_.Ask(Get("/nowhere")).status, 404);
  EXPECT_EQ(server_.Ask(Post("/read", "")).status, 405);
}

}  // namespace
}  // namespace odometer::http
