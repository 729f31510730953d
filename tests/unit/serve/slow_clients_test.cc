// Clients that are slow, silent or many: the others are answered meanwhile, and they themselves in the end.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/serve/served_apis.h"

namespace odometer {
namespace {

using http::RawClient;

// One I/O thread, so that who holds it up holds up everybody; and deadlines beyond the test's.
const http::ServerOptions kOneThread{.threads = 1, .request_timeout_ms = 600'000, .idle_timeout_ms = 600'000};

void ExpectOthersAreAnswered(ServedApis* served) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(served->Ask(kGoodTrack).status, 204);
    EXPECT_EQ(served->Ask(kGoodQuery).status, 200);
  }
}

TEST(SlowClients, ASlowSenderDelaysNobody) {
  ServedApis served(kOneThread);
  const std::string item = R"({"name":"a","type":"COUNTER","value":1})";
  const std::string chunked = "POST /ingest/metrics HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n27\r\n" +
                              item + "\r\n0\r\n\r\n";
  for (const std::string& request : {kGoodQuery, http::Post("/ingest/metrics", item), chunked}) {
    for (size_t begun : {size_t{1}, request.find("\r\n") + 1, request.size() / 2, request.size() - 1}) {
      RawClient slow(served.port());
      slow.Send(request.substr(0, begun));
      ExpectOthersAreAnswered(&served);
      EXPECT_EQ(slow.Ask(request.substr(begun)).status, 200) << request;
    }
  }
}

TEST(SlowClients, ASenderThatNeverEndsIsTimedOut) {
  http::ServerOptions options = kOneThread;
  options.request_timeout_ms = 300;
  ServedApis served(options);
  const std::string item = R"({"name":"a","type":"COUNTER","value":1})";
  for (const std::string& request : {kGoodTrack, http::Post("/ingest/metrics", item), kGoodQuery}) {
    RawClient slow(served.port());
    slow.Send(request.substr(0, request.size() - 1));
    ExpectOthersAreAnswered(&served);
    EXPECT_EQ(slow.Read().status, 408) << request;
    EXPECT_TRUE(slow.AtEnd());
  }
}

TEST(SlowClients, ASlowReaderDelaysNobody) {
  http::ServerOptions options = kOneThread;
  options.max_unsent_bytes = 64 << 10;
  ServedApis served(options);
  RawClient slow(served.port(), 4096);
  constexpr int kRequests = 2'000;
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += kGoodQuery;
  slow.Send(requests);
  ExpectOthersAreAnswered(&served);
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(slow.Read().status, 200);
}

TEST(SlowClients, TwoThousandIdleConnections) {
  constexpr size_t kIdle = 2'000;
  ASSERT_TRUE(AllowFilesOf(kIdle));
  ServedApis served(kOneThread);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (size_t i = 0; i < kIdle; ++i) {
    idle.push_back(std::make_unique<RawClient>(served.port()));
    ASSERT_TRUE(idle.back()->connected());
    // Every other one is between two requests, the rest have said nothing yet.
    if (i % 2 == 0) {
      ASSERT_EQ(idle.back()->Ask(kGoodQuery).status, 200);
    }
  }
  ExpectOthersAreAnswered(&served);
  while (served.Level("odometer_http_connections") != kIdle) std::this_thread::yield();
  EXPECT_EQ(served.Level("odometer_http_buffered_bytes"), 0);
  for (const auto& client : idle) ASSERT_EQ(client->Ask(kGoodQuery).status, 200);
}

}  // namespace
}  // namespace odometer
