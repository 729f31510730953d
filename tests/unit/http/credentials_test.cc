#include "common/http/credentials.h"

#include <gtest/gtest.h>

#include "common/http/uri.h"

namespace odometer::http {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Request MakeRequest(const std::string& target, Headers headers = {}) {
  Request request;
  EXPECT_TRUE(ParseTarget(target, &request).ok());
  request.headers = std::move(headers);
  return request;
}

TEST(Credentials, TheParameterGoesBeforeTheHeadersAndTheseBeforeTheCookie) {
  const Headers all = {{"authorization", "Bearer b"}, {"x-auth-token", " h "}, {"cookie", "x-auth-token=c"}};
  Request request = MakeRequest("/read?x-auth-token=q", all);
  Credentials found = TakeCredentials(&request);
  EXPECT_EQ(found.token, "q");
  EXPECT_TRUE(found.in_query);
  EXPECT_EQ(found.session, "c");

  request = MakeRequest("/read", all);
  found = TakeCredentials(&request);
  EXPECT_EQ(found.token, "h");
  EXPECT_FALSE(found.in_query);

  request = MakeRequest("/read", {all[0], all[2]});
  EXPECT_EQ(TakeCredentials(&request).token, "b");
  request = MakeRequest("/read", {all[2]});
  EXPECT_FALSE(TakeCredentials(&request).token);
}

TEST(Credentials, AnEmptyTokenIsOne) {
  Request request = MakeRequest("/read?x-auth-token=", {{"x-auth-token", "h"}});
  EXPECT_EQ(TakeCredentials(&request).token, "");
  request = MakeRequest("/read?x-auth-token", {{"x-auth-token", "h"}});
  EXPECT_EQ(TakeCredentials(&request).token, "");
  request = MakeRequest("/read", {{"x-auth-token", " "}, {"authorization", "Bearer b"}});
  EXPECT_EQ(TakeCredentials(&request).token, "");
  request = MakeRequest("/read", {{"authorization", "Bearer "}});
  EXPECT_EQ(TakeCredentials(&request).token, "");
}

TEST(Credentials, OfSeveralTheFirstCounts) {
  Request request = MakeRequest("/read?x-auth-token=1&x-auth-token=2");
  EXPECT_EQ(TakeCredentials(&request).token, "1");
  request = MakeRequest("/", {{"x-auth-token", "1"}, {"x-auth-token", "2"}});
  EXPECT_EQ(TakeCredentials(&request).token, "1");
}

TEST(Credentials, OnlyABearersAuthorizationIsAToken) {
  for (const char* other : {"Basic dTpw", "Bearer", "Bearerx", "b", ""}) {
    Request request = MakeRequest("/", {{"authorization", other}});
    EXPECT_FALSE(TakeCredentials(&request).token) << other;
  }
  Request request = MakeRequest("/", {{"authorization", "bEARER   t0k3n=="}});
  EXPECT_EQ(TakeCredentials(&request).token, "t0k3n==");
}

TEST(Credentials, TheCookieIsFoundAmongOthers) {
  const std::pair<std::string, std::string> cases[] = {
      {"a=b; x-auth-token=s; c=d", "s"}, {"x-auth-token=s", "s"},      {" x-auth-token=s;", "s"},
      {"x-auth-token=", ""},             {"x-auth-tokens=s", "none"},  {"my-x-auth-token=s", "none"},
      {"x-auth-token", "none"},          {"a=x-auth-token=s", "none"}, {";;=;", "none"},
  };
  for (const auto& [cookie, session] : cases) {
    Request request = MakeRequest("/", {{"cookie", cookie}});
    EXPECT_EQ(TakeCredentials(&request).session.value_or("none"), session) << cookie;
  }
  Request request = MakeRequest("/", {{"cookie", "a=b"}, {"cookie", "x-auth-token=s"}});
  EXPECT_EQ(TakeCredentials(&request).session, "s");
}

TEST(Credentials, NothingOfThemIsLeftInTheRequest) {
  const std::pair<std::string, std::string> targets[] = {
      {"/read?key=a%20b&x-auth-token=SECRET&type=counter", "/read?key=a%20b&type=counter"},
      {"/read?x-auth-token=SECRET", "/read"},
      {"/read?%78-auth-token=SECRET&&key=k", "/read?key=k"},
      {"/read?x-auth-token=SECRET&x%2Dauth-token=SECRET2&x-auth-token", "/read"},
      {"http://host/read?x-auth-token=SECRET#key=k", "http://host/read"},
  };
  for (const auto& [target, left] : targets) {
    Request request = MakeRequest(target, {{"x-auth-token", "SECRET"},
                                           {"accept", "text/html"},
                                           {"authorization", "Bearer SECRET"},
                                           {"cookie", "x-auth-token=SECRET"},
                                           {"x-auth-token", "SECRET"}});
    TakeCredentials(&request);
    EXPECT_EQ(request.target, left);
    EXPECT_FALSE(request.Query("x-auth-token"));
    EXPECT_EQ(request.headers, (Headers{{"accept", "text/html"}}));
    for (const auto& [name, value] : request.query) EXPECT_EQ(value.find("SECRET"), std::string::npos);
  }
}

}  // namespace
}  // namespace odometer::http
