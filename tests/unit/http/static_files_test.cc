#include "common/http/static_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <optional>
#include <string>

#include "common/http/route_table.h"
#include "common/http/uri.h"

namespace odometer::http {
namespace {

using testing::HasSubstr;

std::string Gzip(std::string_view content) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string compressed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

Request Asks(std::vector<std::pair<std::string, std::string>> headers = {}) {
  Request request;
  request.headers = std::move(headers);
  return request;
}

std::optional<std::string> HeaderOf(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::string BodyOf(Response response) {
  if (!response.stream) return response.body;
  std::string body;
  while (response.stream(&body)) {
  }
  return body;
}

class StaticFilesTest : public testing::Test {
 protected:
  // Of several pieces.
  const std::string content_ = [] {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += std::to_string(i);
    return text;
  }();
  const std::string gzip_ = Gzip(content_);
  const std::string page_ = Gzip("<p>");
  const StaticFile files_[2] = {{"app.0123abcd.js", "text/javascript; charset=utf-8", "feed", true, content_.size(), gzip_},
                                {"index.html", "text/html; charset=utf-8", "beef", false, 3, page_}};
};

TEST_F(StaticFilesTest, AFileComesCompressedToThoseWhoTakeThat) {
  for (const char* takes : {"gzip", "br, GZIP", "deflate;q=1, gzip;q=0.1"}) {
    const Response response = StaticFileResponse(files_[0], Asks({{"accept-encoding", takes}}));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(HeaderOf(response, "Content-Encoding"), "gzip") << takes;
    EXPECT_EQ(response.body, gzip_);
    EXPECT_EQ(response.content_type, "text/javascript; charset=utf-8");
    EXPECT_EQ(HeaderOf(response, "Vary"), "Accept-Encoding");
    EXPECT_EQ(HeaderOf(response, "X-Content-Type-Options"), "nosniff");
  }
}

TEST_F(StaticFilesTest, AndAsItIsToTheOthers) {
  for (const char* takes : {"", "br", "gzip;q=0", "gzip; q=0.000", "gzipped"}) {
    const Response response = StaticFileResponse(files_[0], Asks({{"accept-encoding", takes}}));
    EXPECT_EQ(HeaderOf(response, "Content-Encoding"), std::nullopt) << takes;
    EXPECT_EQ(BodyOf(response), content_);
  }
  EXPECT_EQ(BodyOf(StaticFileResponse(files_[0], Asks())), content_);
}

TEST_F(StaticFilesTest, WhoHasItIsToldSo) {
  const Request plain = Asks();
  const Request compressed = Asks({{"accept-encoding", "gzip"}});
  const std::string tag = *HeaderOf(StaticFileResponse(files_[0], plain), "ETag");
  const std::string other_tag = *HeaderOf(StaticFileResponse(files_[0], compressed), "ETag");
  EXPECT_EQ(tag, "\"feed\"");
  EXPECT_NE(tag, other_tag) << "two representations with the same strong tag";
  const Response again = StaticFileResponse(files_[0], Asks({{"if-none-match", "\"x\", W/" + tag}}));
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(HeaderOf(again, "ETag"), tag);
  EXPECT_EQ(BodyOf(again), "");
  EXPECT_EQ(StaticFileResponse(files_[0], Asks({{"if-none-match", other_tag}})).status, 200);
}

TEST_F(StaticFilesTest, OnlyANameWithItsHashIsKeptForLong) {
  EXPECT_THAT(*HeaderOf(StaticFileResponse(files_[0], Asks()), "Cache-Control"), HasSubstr("immutable"));
  EXPECT_EQ(HeaderOf(StaticFileResponse(files_[1], Asks()), "Cache-Control"), std::nullopt);
}

TEST_F(StaticFilesTest, APageMayLoadFromItsAddressAlone) {
  const Response page = StaticFileResponse(files_[1], Asks());
  EXPECT_THAT(*HeaderOf(page, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(HeaderOf(page, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(HeaderOf(StaticFileResponse(files_[1], Asks(), "none"), "Content-Security-Policy"), "none");
  EXPECT_EQ(HeaderOf(StaticFileResponse(files_[0], Asks()), "Content-Security-Policy"), std::nullopt);
}

TEST_F(StaticFilesTest, ARouteGivesEachByItsName) {
  Router router;
  AddStaticFiles("/ui/{file}", Access::kRead, files_, &router);
  AddStaticPage("/", Access::kRead, files_, "index.html", &router);
  AddStaticPage("/left-out", Access::kRead, {}, "index.html", &router);
  const RouteTable table(router);
  auto status_of = [&](const std::string& target) {
    Request request;
    EXPECT_TRUE(ParseTarget(target, &request).ok());
    const int route = table.Find(&request).route;
    if (route == RouteTable::kNoRoute) return 0;
    int status = 0;
    struct Sink : Responder::Sink {
      explicit Sink(int* to) : status(to) {}
      void Send(Response response) override { *status = response.status; }
      int* status;
    };
    router.routes()[static_cast<size_t>(route)].handler(request, Responder(std::make_shared<Sink>(&status)));
    return status;
  };
  EXPECT_EQ(status_of("/ui/app.0123abcd.js"), 200);
  EXPECT_EQ(status_of("/"), 200);
  EXPECT_EQ(status_of("/ui/other.js"), 404);
  EXPECT_EQ(status_of("/left-out"), 404);
}

}  // namespace
}  // namespace odometer::http
