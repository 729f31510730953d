// The pages as they are embedded: what they name is there, and at no other address.
#include "query/web/api_docs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "query/web/pages.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

using testing::HasSubstr;

std::string ContentOf(const http::StaticFile& file) {
  const http::Response response = http::StaticFileResponse(file, GetRequest());
  std::string content;
  while (response.stream(&content)) {
  }
  EXPECT_EQ(content.size(), file.size) << file.name;
  return content;
}

TEST(ApiDocsTest, TheDocumentIsOfThisAddressAndFollowsItself) {
  const http::StaticFile* file = http::FindStaticFile(OpenApiDocument(), "openapi.json");
  ASSERT_NE(file, nullptr);
  const nlohmann::json document = nlohmann::json::parse(ContentOf(*file));
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["servers"].at(0)["url"], "/");
  std::set<std::string> ids;
  for (const auto& [path, item] : document["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      EXPECT_TRUE(ids.insert(operation.at("operationId")).second) << method << ' ' << path;
    }
  }
  EXPECT_EQ(document["paths"]["/read"]["get"]["summary"], document["paths"]["/metric"]["get"]["summary"]);
}

class DocsPagesTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (DocsPages().empty()) GTEST_SKIP() << "built with ODOMETER_WEB=OFF";
    AddApiDocsRoutes(&router_);
  }
  http::Router router_;
};
INSTANTIATE_TEST_SUITE_P(Both, DocsPagesTest, testing::Values("/docs", "/redocs"));

TEST_P(DocsPagesTest, APageNamesOnlyFilesThatAreHere) {
  http::Response page = Call(router_, http::Method::kGet, GetParam(), GetRequest());
  ASSERT_EQ(page.status, 200);
  EXPECT_THAT(HeaderOf(page, "Content-Security-Policy").value_or(""), HasSubstr("default-src 'none'"));
  std::string html;
  while (page.stream(&html)) {
  }
  EXPECT_EQ(html.find("//"), std::string::npos) << "an address of another host";
  const std::regex reference(R"re((?:src|href)="([^"]*)")re");
  int references = 0;
  for (std::sregex_iterator it(html.begin(), html.end(), reference), end; it != end; ++it, ++references) {
    const std::string target = (*it)[1];
    ASSERT_TRUE(target.starts_with("docs/")) << target;
    const http::StaticFile* file = http::FindStaticFile(DocsPages(), target.substr(5));
    ASSERT_NE(file, nullptr) << target;
    EXPECT_TRUE(file->hashed_name) << target;
    EXPECT_GT(file->gzip.size(), 100u);
  }
  EXPECT_GE(references, 3);
  EXPECT_EQ(std::regex_search(html, std::regex("<script(?! src=)|<style| on[a-z]+=")), false) << "the policy forbids these";
}

TEST(DocsFilesTest, NoneLoadsALogoFontOrStyleFromElsewhere) {
  for (const http::StaticFile& file : DocsPages()) {
    const std::string content = ContentOf(file);
    EXPECT_EQ(content.find("cdn.redoc.ly"), std::string::npos) << file.name;
    if (!file.name.ends_with(".css")) continue;
    const bool loads = std::regex_search(content, std::regex("url\\(['\"]?(?!['\"]?data:)|@import|sourceMappingURL"));
    EXPECT_FALSE(loads) << file.name;
  }
}

}  // namespace
}  // namespace odometer
