#include "common/http/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "common/http/uri.h"

namespace odometer::http {
namespace {

using testing::ElementsAre;

Request Parsed(Method method, const std::string& target) {
  Request request;
  request.method = method;
  EXPECT_TRUE(ParseTarget(target, &request).ok());
  return request;
}

// The pattern that answers, or "404", or "405 <Allow>".
std::string Find(const RouteTable& table, Method method, const std::string& target) {
  Request request = Parsed(method, target);
  RouteTable::Match match = table.Find(&request);
  if (match.route != RouteTable::kNoRoute) return table.routes()[static_cast<size_t>(match.route)].pattern;
  return match.allow.empty() ? "404" : "405 " + match.allow;
}

Router RouterOf(std::initializer_list<std::pair<Method, const char*>> routes) {
  Router router;
  for (const auto& [method, pattern] : routes) router.AddSimple(method, pattern, [](const Request&) { return Response(); });
  return router;
}

TEST(RouteTableTest, LiteralSegmentsWinInWhateverOrderTheyWereAdded) {
  RouteTable table(RouterOf({{Method::kGet, "/{a}/{b}"},
                             {Method::kGet, "/{a}/x"},
                             {Method::kGet, "/m/{b}"},
                             {Method::kGet, "/m/x"}}));
  EXPECT_EQ(Find(table, Method::kGet, "/m/x"), "/m/x");
  EXPECT_EQ(Find(table, Method::kGet, "/m/y"), "/m/{b}");
  EXPECT_EQ(Find(table, Method::kGet, "/n/x"), "/{a}/x");
  EXPECT_EQ(Find(table, Method::kGet, "/n/y"), "/{a}/{b}");
  EXPECT_EQ(Find(table, Method::kGet, "/n"), "404");
  EXPECT_EQ(Find(table, Method::kGet, "/n/y/z"), "404");
}

TEST(RouteTableTest, ATrailingSlashIsPartOfThePattern) {
  RouteTable table(RouterOf({{Method::kGet, "/metric"}, {Method::kPost, "/metric/"}, {Method::kGet, "/"}}));
  EXPECT_EQ(Find(table, Method::kGet, "/metric?key=a"), "/metric");
  EXPECT_EQ(Find(table, Method::kPost, "/metric/"), "/metric/");
  EXPECT_EQ(Find(table, Method::kGet, "/metric/"), "405 POST, OPTIONS");
  EXPECT_EQ(Find(table, Method::kGet, "/"), "/");
  EXPECT_EQ(Find(table, Method::kGet, "/?x"), "/");
  EXPECT_EQ(Find(table, Method::kGet, "//"), "404");
}

TEST(RouteTableTest, ParametersAreDecodedSegments) {
  RouteTable table(RouterOf({{Method::kGet, "/data/{a}/of/{b}"}}));
  Request request = Parsed(Method::kGet, "/data/x%2Fy/of/%C3%A4+");
  EXPECT_EQ(table.Find(&request).route, 0);
  EXPECT_THAT(request.path_params, ElementsAre("x/y", "\xc3\xa4+"));
  EXPECT_EQ(Find(table, Method::kGet, "/data//of/b"), "404") << "an empty segment is no parameter";
}

TEST(RouteTableTest, MethodsOfAPathComeFromAllItsPatterns) {
  RouteTable table(RouterOf({{Method::kGet, "/m/{code}"}, {Method::kPost, "/m/special"}, {Method::kDelete, "/m/{code}"}}));
  EXPECT_EQ(Find(table, Method::kGet, "/m/special"), "/m/{code}");
  EXPECT_EQ(Find(table, Method::kPost, "/m/special"), "/m/special");
  EXPECT_EQ(Find(table, Method::kPut, "/m/special"), "405 GET, HEAD, POST, DELETE, OPTIONS");
  EXPECT_EQ(Find(table, Method::kPut, "/m/other"), "405 GET, HEAD, DELETE, OPTIONS");
}

TEST(RouteTableTest, HeadIsAnsweredByGetUnlessItHasARouteOfItsOwn) {
  RouteTable table(RouterOf({{Method::kGet, "/a"}, {Method::kGet, "/b"}, {Method::kHead, "/b"}, {Method::kPost, "/c"}}));
  Request request = Parsed(Method::kHead, "/b");
  EXPECT_EQ(table.Find(&request).route, 2);
  EXPECT_EQ(Find(table, Method::kHead, "/a"), "/a");
  EXPECT_EQ(Find(table, Method::kHead, "/c"), "405 POST, OPTIONS");
}

TEST(RouterTest, RefusesWhatCannotBeMeant) {
  Router router = RouterOf({{Method::kGet, "/a/{x}"}});
  auto add = [&](Method method, const char* pattern) {
    router.AddSimple(method, pattern, [](const Request&) { return Response(); });
  };
  EXPECT_THROW(add(Method::kGet, "/a/{x}"), std::logic_error);
  EXPECT_THROW(add(Method::kGet, "/a/{y}"), std::logic_error);
  for (const char* malformed : {"", "a", "//", "/a//b", "/{a", "/a}", "/a{b}"}) {
    EXPECT_THROW(add(Method::kGet, malformed), std::logic_error) << malformed;
  }
  add(Method::kPost, "/a/{y}");
  add(Method::kGet, "/a/{x}/");
  EXPECT_EQ(router.routes().size(), 3u);
}

}  // namespace
}  // namespace odometer::http
