// Clients that are slow, silent, greedy or many.
#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/http/raw_client.h"

namespace odometer::http {
namespace {

constexpr size_t kMegabyte = 1 << 20;

// GET /stream: `chunks` pieces of `chunk_bytes`; *made counts bytes.
Router StreamRouter(size_t chunks, size_t chunk_bytes, std::atomic<size_t>* made) {
  Router router = EchoRouter();
  router.AddSimple(Method::kGet, "/stream", [=](const Request&) {
    Response response;
    response.stream = [=, left = chunks](std::string* chunk) mutable {
      chunk->append(chunk_bytes, static_cast<char>('a' + left % 26));
      *made += chunk_bytes;
      return --left > 0;
    };
    return response;
  });
  return router;
}

TEST(LimitsTest, ARequestThatDoesNotEndIs408) {
  TestServer server(EchoRouter(), {.request_timeout_ms = 20});
  for (std::string begun : {"G", "GET /hello HTTP/1.1\r\nHos", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nab",
                            "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
    RawClient client(server.port());
    EXPECT_EQ(client.Ask(begun).status, 408) << begun;
    EXPECT_TRUE(client.AtEnd());
  }
}

TEST(LimitsTest, TheClockRunsForEveryRequestOfAConnection) {
  TestServer server(EchoRouter(), {.request_timeout_ms = 100});
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
  EXPECT_EQ(client.Ask("GET /hello HTT").status, 408);
}

TEST(LimitsTest, DrippingBytesDoesNotResetTheClock) {
  TestServer server(EchoRouter(), {.request_timeout_ms = 50});
  RawClient client(server.port());
  client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n");
  // Ends when the server has given up and closed, not when the body is complete.
  size_t sent = 0;
  while (sent < 1'000'000 && client.Send("x")) {
    ++sent;
    char peeked = 0;
    if (recv(client.socket_fd(), &peeked, 1, MSG_PEEK | MSG_DONTWAIT) == 1) break;
    std::this_thread::yield();
    if (sent == 900'000) sent = 899'999;  // never completes it
  }
  EXPECT_EQ(client.Read().status, 408);
}

TEST(LimitsTest, AnIdleConnectionIsClosed) {
  TestServer server(EchoRouter(), {.idle_timeout_ms = 20});
  RawClient silent(server.port());
  EXPECT_TRUE(silent.AtEnd());
  RawClient kept(server.port());
  EXPECT_EQ(kept.Ask(Get("/hello")).body, "hello");
  EXPECT_TRUE(kept.AtEnd());
}

TEST(LimitsTest, AClientThatTakesNothingIsClosed) {
  Router router = EchoRouter();
  router.AddSimple(Method::kGet, "/big", [](const Request&) { return Response::Text(200, std::string(64 * kMegabyte, 'x')); });
  TestServer server(std::move(router), {.write_timeout_ms = 50});
  RawClient client(server.port(), 4096);
  client.Send(Get("/big"));
  // Another connection is served meanwhile, by either thread.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
  // Waits for the server's reset, which needs no reading on our side.
  while (true) {
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(client.socket_fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) break;
    // A byte the server never asked for: the answer to it, once the connection is gone, is a reset.
    if (!client.Send("x")) break;
    std::this_thread::yield();
  }
}

TEST(LimitsTest, ALargeAnswerToASlowReader) {
  Router router = EchoRouter();
  router.AddSimple(Method::kGet, "/big", [](const Request&) { return Response::Text(200, std::string(10 * kMegabyte, 'x')); });
  TestServer server(std::move(router), {.threads = 1});
  RawClient client(server.port(), 4096);
  client.Send(Get("/big") + Get("/hello"));
  EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
  RawAnswer answer = client.Read();
  EXPECT_EQ(answer.body.size(), 10 * kMegabyte);
  EXPECT_EQ(client.Read().body, "hello");
}

TEST(LimitsTest, AStreamIsPausedUntilTheClientReads) {
  std::atomic<size_t> made{0};
  constexpr size_t kAll = 200 * kMegabyte;
  // What the kernel may hold for us on both sides, generously.
  constexpr size_t kSocketBuffers = 24 * kMegabyte;
  ServerOptions options{.threads = 1, .max_unsent_bytes = kMegabyte};
  TestServer server(StreamRouter(kAll / 100'000, 100'000, &made), options);
  RawClient client(server.port(), 4096);
  client.Send(Get("/stream") + Get("/hello"));
  size_t taken = 0;
  size_t most_ahead = 0;
  client.Take(1);
  while (taken < kAll / 2) {
    taken += client.Take(kMegabyte).size();
    // Others are served while it waits, and give the server time to make more than it may.
    ASSERT_EQ(server.Ask(Get("/hello")).body, "hello");
    most_ahead = std::max(most_ahead, made.load() - std::min(made.load(), taken));
  }
  EXPECT_LT(most_ahead, options.max_unsent_bytes + kSocketBuffers);
}

TEST(LimitsTest, AStreamIsChunkedAndComplete) {
  std::atomic<size_t> made{0};
  TestServer server(StreamRouter(300, 50'000, &made));
  RawClient client(server.port());
  client.Send(Get("/stream") + Get("/hello"));
  RawAnswer answer = client.Read();
  EXPECT_EQ(answer.Header("transfer-encoding"), "chunked");
  EXPECT_FALSE(answer.headers.contains("content-length"));
  EXPECT_EQ(answer.body.size(), 300u * 50'000);
  EXPECT_EQ(client.Read().body, "hello");

  client.Send("HEAD /stream HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.Read(/*to_head=*/true).status, 200);
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
}

TEST(LimitsTest, AStreamToHttp10EndsWithTheConnection) {
  std::atomic<size_t> made{0};
  TestServer server(StreamRouter(30, 50'000, &made));
  RawClient client(server.port());
  client.Send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /hello HTTP/1.0\r\n\r\n");
  RawAnswer answer = client.Read();
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_FALSE(answer.headers.contains("transfer-encoding"));
  EXPECT_EQ(answer.body.size(), 30u * 50'000);
}

// A stream whose next piece comes from another thread, and which is asked only when there may be something.
class SlowStream : public std::enable_shared_from_this<SlowStream> {
 public:
  void Become(Response* response) {
    response->stream = [self = shared_from_this()](std::string* chunk) { return self->Next(chunk); };
    response->stream_waker = waker_;
  }
  void Give(const std::string& piece, bool last) {
    {
      MutexLock lock(mutex_);
      ready_ += piece;
      last_ = last;
    }
    waker_->Wake();
  }
  int asked() const { return asked_; }

 private:
  bool Next(std::string* chunk) {
    ++asked_;
    MutexLock lock(mutex_);
    *chunk = std::exchange(ready_, {});
    return !last_;
  }

  const std::shared_ptr<StreamWaker> waker_ = std::make_shared<StreamWaker>();
  std::atomic<int> asked_{0};
  Mutex mutex_;
  std::string ready_ ODOMETER_GUARDED_BY(mutex_);
  bool last_ ODOMETER_GUARDED_BY(mutex_) = false;
};

TEST(LimitsTest, AStreamThatWaitsIsAskedWhenItIsWoken) {
  auto stream = std::make_shared<SlowStream>();
  Router router = EchoRouter();
  router.AddSimple(Method::kGet, "/slow", [stream](const Request&) {
    Response response;
    stream->Become(&response);
    return response;
  });
  TestServer server(std::move(router), {.threads = 1});
  RawClient client(server.port());
  client.Send(Get("/slow"));
  // The only thread answers others meanwhile, and does not ask for what is not there.
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
  EXPECT_LE(stream->asked(), 1);
  stream->Give("one ", false);
  stream->Give("two ", false);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
  stream->Give("three", true);
  EXPECT_EQ(client.Read().body, "one two three");
  EXPECT_LE(stream->asked(), 7);
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
  stream->Give("nobody waits any more", true);
}

TEST(LimitsTest, AStreamThatFailsIsCutOff) {
  Router router;
  router.AddSimple(Method::kGet, "/fail", [](const Request&) {
    Response response;
    response.stream = [left = 3](std::string* chunk) mutable {
      if (--left == 0) throw std::runtime_error("no more");
      chunk->append("some");
      return true;
    };
    return response;
  });
  TestServer server(std::move(router));
  EXPECT_EQ(server.Ask(Get("/fail")).status, 0);
}

TEST(LimitsTest, APipelinerWhoDoesNotReadIsNotReadEither) {
  TestServer server(EchoRouter(), {.threads = 1, .write_timeout_ms = 50, .max_unsent_bytes = 64 << 10});
  RawClient client(server.port(), 4096);
  // Far more answers than the server may keep: at the latest its write time-out ends this.
  std::string request = Post("/echo", std::string(100'000, 'x'));
  size_t sent = 0;
  while (client.Send(request)) sent += request.size();
  EXPECT_GT(sent, 0u);
  EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
}

// More of them than the server may hold: some give way, and nobody else notices.
TEST(LimitsTest, LargeBodiesThatDoNotEndStayWithinTheLimitTogether) {
  constexpr size_t kLimit = 4 * kMegabyte;
  constexpr size_t kBegun = 900'000;
  constexpr int kClients = 50;
  // With one thread a client that is answered knows that others, who sent before, have had their turn.
  TestServer server(EchoRouter(), {.threads = 1, .request_timeout_ms = 60'000, .max_buffered_bytes = kLimit});
  std::vector<std::unique_ptr<RawClient>> held;
  int refused = 0;
  for (int i = 0; i < kClients; ++i) {
    auto client = std::make_unique<RawClient>(server.port());
    client->Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n" + std::string(kBegun, 'x'));
    for (int turn = 0; turn < 20; ++turn) {
      ASSERT_EQ(server.Ask(Post("/echo", std::string(10'000, 'y'))).status, 200);
    }
    char peeked = 0;
    if (recv(client->socket_fd(), &peeked, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
      held.push_back(std::move(client));
      continue;
    }
    RawAnswer answer = client->Read();
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("overloaded"), std::string::npos);
    ++refused;
  }
  EXPECT_GT(refused, 0);
  EXPECT_GE(held.size(), kLimit / kBegun);
  EXPECT_LE(held.size(), kLimit / kBegun + 1);
  for (const auto& client : held) EXPECT_EQ(client->Ask(std::string(1'000'000 - kBegun, 'x')).status, 200);
}

TEST(LimitsTest, AClientThatDoesNotTakeItsLargeAnswerGivesWay) {
  Router router = EchoRouter();
  router.AddSimple(Method::kGet, "/big", [](const Request&) { return Response::Text(200, std::string(64 * kMegabyte, 'x')); });
  TestServer server(std::move(router), {.threads = 1, .write_timeout_ms = 600'000, .max_buffered_bytes = kMegabyte});
  RawClient client(server.port(), 4096);
  client.Send(Get("/big"));
  EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
  // The connection is reset, long before the write time-out.
  while (client.Send("x")) std::this_thread::yield();
  EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
}

TEST(LimitsTest, TooManyConnectionsAreTold) {
  TestServer server(EchoRouter(), {.max_connections = 3});
  std::vector<std::unique_ptr<RawClient>> kept;
  for (int i = 0; i < 3; ++i) {
    kept.push_back(std::make_unique<RawClient>(server.port()));
    EXPECT_EQ(kept.back()->Ask(Get("/hello")).status, 200);
  }
  RawClient refused(server.port());
  RawAnswer answer = refused.Ask(Get("/hello"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.Header("retry-after"), "1");
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(refused.AtEnd());
  EXPECT_EQ(kept.front()->Ask(Get("/hello")).status, 200);
  // A place that becomes free is given away again.
  kept.pop_back();
  RawAnswer again;
  do {
    again = server.Ask(Get("/hello"));
  } while (again.status == 503);
  EXPECT_EQ(again.status, 200);
}

TEST(LimitsTest, IdleConnectionsMakeWayWhenFileDescriptorsRunOut) {
  TestServer server(EchoRouter(), {.threads = 1, .response_timeout_ms = 20});
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(std::make_unique<RawClient>(server.port()));
    EXPECT_EQ(idle.back()->Ask(Get("/hello")).status, 200);
  }
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  int next = fcntl(0, F_DUPFD, 0);
  close(next);
  // One more: our own end of the connection. The server's end is one too many.
  rlimit tight{static_cast<rlim_t>(next) + 1, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &tight);
  {
    RawClient client(server.port());
    EXPECT_EQ(client.Ask(Get("/hello")).status, 200);
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace odometer::http
