// Against a real server on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "common/base/mutex.h"
#include "common/http/server.h"
#include "webhook/poster.h"

namespace odometer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kPatienceMs = 20'000;

class CurlPosterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    http::Router router;
    Add(&router, "/ok", 204);
    Add(&router, "/error", 500);
    Add(&router, "/moved", 307, {{"Location", "/ok"}});
    router.AddSimple(http::Method::kPost, "/large", http::Access::kOpen, [](const http::Request&) {
      return http::Response::Text(200, std::string(1 << 20, 'x'));
    });
    router.AddSimple(http::Method::kPost, "/large-error", http::Access::kOpen, [](const http::Request&) {
      return http::Response::Text(503, std::string(1 << 20, 'x'));
    });
    router.Add(http::Method::kPost, "/never", http::Access::kOpen, [this](http::Request&, http::Responder responder) {
      MutexLock lock(mutex_);
      unanswered_.push_back(std::move(responder));
    });
    server_ = http::NewServer("test", {}, std::move(router), nullptr);
    ASSERT_TRUE(server_->Start().ok());
  }
  void TearDown() override {
    {
      MutexLock lock(mutex_);
      unanswered_.clear();
    }
    server_->Stop(1'000);
  }

  void Add(http::Router* router, const std::string& path, int status,
           std::vector<std::pair<std::string, std::string>> headers = {}) {
    router->AddSimple(http::Method::kPost, path, http::Access::kOpen, [this, path, status, headers](const http::Request& r) {
      MutexLock lock(mutex_);
      requests_.push_back(path + " " + std::string(r.body));
      http::Response response = http::Response::Text(status, "");
      response.headers = headers;
      return response;
    });
  }

  std::string Url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(server_->port()) + path;
  }
  std::unique_ptr<Poster> Make(const CurlPosterOptions& options = {.timeout_ms = 10'000, .private_addresses = true}) {
    Result<std::unique_ptr<Poster>> poster = NewCurlPoster(options);
    EXPECT_TRUE(poster.ok());
    return std::move(*poster);
  }
  PostResult Post(Poster* poster, const std::string& url) {
    poster->Begin(7, {url, {{"Content-Type", "application/json"}}, "{}"});
    std::vector<PostResult> results = poster->Take(kPatienceMs);
    EXPECT_EQ(results.size(), 1u);
    if (results.empty()) return {};
    EXPECT_EQ(results.front().ticket, 7u);
    return results.front();
  }
  std::vector<std::string> Requests() {
    MutexLock lock(mutex_);
    return requests_;
  }

  std::unique_ptr<http::Server> server_;
  Mutex mutex_;
  std::vector<std::string> requests_ ODOMETER_GUARDED_BY(mutex_);
  std::vector<http::Responder> unanswered_ ODOMETER_GUARDED_BY(mutex_);
};

TEST_F(CurlPosterTest, A2xxIsDelivered) {
  auto poster = Make();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Post(poster.get(), Url("/ok")).outcome, PostOutcome::kDelivered);
  EXPECT_THAT(Requests(), testing::ElementsAre("/ok {}", "/ok {}", "/ok {}"));
  EXPECT_EQ(Post(poster.get(), Url("/large")).outcome, PostOutcome::kDelivered) << "though nobody reads all of it";
}

TEST_F(CurlPosterTest, AnotherStatusIsNotAndARedirectIsNotFollowed) {
  auto poster = Make();
  for (const char* path : {"/error", "/moved", "/large-error"}) {
    const PostResult result = Post(poster.get(), Url(path));
    EXPECT_EQ(result.outcome, PostOutcome::kStatus) << path;
    EXPECT_THAT(result.error, HasSubstr("status ")) << path;
  }
  EXPECT_THAT(Requests(), testing::ElementsAre("/error {}", "/moved {}"));
}

TEST_F(CurlPosterTest, ATimeOutAndNobodyThere) {
  auto poster = Make({.timeout_ms = 200, .private_addresses = true});
  EXPECT_EQ(Post(poster.get(), Url("/never?s3cret")).outcome, PostOutcome::kTimeout);
  const PostResult nobody = Post(poster.get(), "http://127.0.0.1:1/s3cret");
  EXPECT_EQ(nobody.outcome, PostOutcome::kConnection);
  EXPECT_THAT(nobody.error, Not(HasSubstr("s3cret")));
  const PostResult no_scheme = Post(poster.get(), "file:///etc/hostname");
  EXPECT_EQ(no_scheme.outcome, PostOutcome::kConnection);
}

TEST_F(CurlPosterTest, AddressesThatAreNotPublicAreRefusedAfterTheLookUp) {
  auto poster = Make({.timeout_ms = 10'000});
  for (const char* host : {"127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0"}) {
    const PostResult result = Post(poster.get(), Url("/ok", host));
    EXPECT_EQ(result.outcome, PostOutcome::kAddress) << host << ": " << result.error;
  }
  EXPECT_TRUE(Requests().empty());
}

TEST_F(CurlPosterTest, TheProxyOfTheEnvironmentIsIgnored) {
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  ASSERT_EQ(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
  auto poster = Make();
  EXPECT_EQ(Post(poster.get(), Url("/ok")).outcome, PostOutcome::kDelivered);
  unsetenv("http_proxy");
  unsetenv("all_proxy");
}

TEST_F(CurlPosterTest, ManyAreUnderWayAtOnceAndEndWithThePoster) {
  auto poster = Make();
  for (uint64_t ticket = 0; ticket < 20; ++ticket) poster->Begin(ticket, {Url("/never"), {}, "{}"});
  EXPECT_EQ(Post(poster.get(), Url("/ok")).outcome, PostOutcome::kDelivered) << "none holds it up";
}

}  // namespace
}  // namespace odometer
