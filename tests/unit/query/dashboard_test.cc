// The dashboard's routes: who gets the page, what it names is there, under which policy, and how large it is.
#include "query/web/dashboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "common/http/static_files.h"
#include "query/web/pages.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

using http::Method;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

http::Request Accepting(const char* accept) {
  http::Request request = GetRequest();
  request.headers = {{"accept", accept}};
  return request;
}

std::string BodyOf(const http::Response& response) {
  if (!response.stream) return response.body;
  std::string body;
  while (response.stream(&body)) {
  }
  return body;
}

class DashboardTest : public testing::Test {
 protected:
  http::Response Page(const char* accept) { return Call(router_, Method::kGet, "/", Accepting(accept)); }

  http::Router router_;
};

TEST_F(DashboardTest, OthersThanBrowsersGetALineOfText) {
  AddDashboardRoutes(&router_);
  for (const http::Request& request : {GetRequest(), Accepting("*/*"), Accepting("application/json")}) {
    const http::Response response = Call(router_, Method::kGet, "/", request);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "text/plain");
    EXPECT_THAT(response.body, StartsWith("Odometer"));
    EXPECT_EQ(HeaderOf(response, "Vary"), "Accept");
  }
}

TEST_F(DashboardTest, ABrowserGetsThePageWhoseFilesAreHere) {
  if (DashboardPages().empty()) GTEST_SKIP() << "built with ODOMETER_WEB=OFF";
  AddDashboardRoutes(&router_);
  const http::Response page = Page("text/html,application/xhtml+xml,*/*;q=0.8");
  ASSERT_EQ(page.status, 200);
  EXPECT_THAT(page.content_type, StartsWith("text/html"));
  const std::string html = BodyOf(page);
  EXPECT_EQ(html.find("//"), std::string::npos) << "an address of another host";
  const std::regex reference(R"re((?:src|href)="([^"]*)")re");
  int references = 0;
  for (std::sregex_iterator it(html.begin(), html.end(), reference), end; it != end; ++it, ++references) {
    const std::string target = (*it)[1];
    ASSERT_THAT(target, StartsWith("dashboard/"));
    EXPECT_NE(http::FindStaticFile(DashboardPages(), target.substr(10)), nullptr) << target;
  }
  EXPECT_GE(references, 3);
}

TEST_F(DashboardTest, ThePolicyAllowsNothingInlineAndNoOtherHost) {
  if (DashboardPages().empty()) GTEST_SKIP() << "built with ODOMETER_WEB=OFF";
  AddDashboardRoutes(&router_);
  const std::string policy = HeaderOf(Page("text/html"), "Content-Security-Policy").value_or("");
  EXPECT_THAT(policy, StartsWith("default-src 'none'; script-src 'self'; style-src 'self';"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("data:")));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
}

TEST_F(DashboardTest, IsSmallOnTheWire) {
  constexpr size_t kMaxBytes = 150 << 10;
  size_t bytes = 0;
  for (const http::StaticFile& file : DashboardPages()) bytes += file.gzip.size();
  EXPECT_LE(bytes, kMaxBytes);
}

TEST_F(DashboardTest, SaysWhetherDefinitionsAreHere) {
  AddDashboardRoutes(&router_);
  EXPECT_EQ(Call(router_, Method::kGet, "/dashboard/sections.json", GetRequest()).body, R"({"definitions":false})");
  http::Router with;
  with.AddSimple(Method::kGet, "/metric/", http::Access::kRead, [](const http::Request&) { return http::Response(); });
  AddDashboardRoutes(&with);
  EXPECT_EQ(Call(with, Method::kGet, "/dashboard/sections.json", GetRequest()).body, R"({"definitions":true})");
}

}  // namespace
}  // namespace odometer
