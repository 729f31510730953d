// Starting, stopping, and what happens to requests meanwhile.
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/base/mutex.h"
#include "tests/unit/http/raw_client.h"

namespace odometer::http {
namespace {

TEST(LifecycleTest, PortZeroIsAnyFreePort) {
  TestServer one(EchoRouter());
  TestServer other(EchoRouter());
  EXPECT_GT(one.port(), 0);
  EXPECT_NE(one.port(), other.port());
}

TEST(LifecycleTest, Ipv6) {
  TestServer server(EchoRouter(), {.listen = "[::1]:0"});
  RawClient client(server.port(), 0, /*ipv6=*/true);
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
}

TEST(LifecycleTest, ATakenAddressSaysWhatToDo) {
  TestServer first(EchoRouter());
  std::string address = "127.0.0.1:" + std::to_string(first.port());
  std::unique_ptr<Server> second = NewServer("query", {.listen = address}, EchoRouter(), nullptr);
  Status status = second->Start();
  ASSERT_TRUE(status.Is(ErrorKind::kStop));
  EXPECT_EQ(status.message(), "address " + address + " is taken: choose another with --listen or the setting query.listen");
  // The same server can take it once it is free.
  first.server().Stop(0);
  EXPECT_TRUE(second->Start().ok());
  EXPECT_EQ(RawClient(second->port()).Ask(Get("/hello")).body, "hello");
}

TEST(LifecycleTest, AnAddressThatIsNoneIsRefused) {
  for (std::string listen : {"", "8000", ":", "localhost", "127.0.0.1:", ":8000", "127.0.0.1:http", "127.0.0.1:70000",
                             "127.0.0.1:-1", "::1:8000", "[::1]", "127.0.0.1:80 ", "no.such.host.invalid:0"}) {
    Status status = NewServer("test", {.listen = listen}, EchoRouter(), nullptr)->Start();
    EXPECT_TRUE(status.Is(ErrorKind::kStop)) << listen;
    EXPECT_NE(status.ToString().find(listen), std::string::npos);
  }
}

TEST(LifecycleTest, StartAndStopMayBeRepeated) {
  TestServer server(EchoRouter());
  int port = server.port();
  EXPECT_TRUE(server.server().Start().ok());
  EXPECT_EQ(server.port(), port);
  EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
  server.server().Stop(0);
  server.server().Stop(0);
  EXPECT_FALSE(RawClient(port).connected());
  EXPECT_TRUE(server.server().Start().Is(ErrorKind::kStop));
}

TEST(LifecycleTest, StopOfAServerThatNeverStarted) {
  std::unique_ptr<Server> server = NewServer("test", {}, EchoRouter(), nullptr);
  server->Stop(1000);
}

// A server with one request whose answer is still owed.
struct DrainTest : testing::Test {
  DrainTest() {
    Router router = EchoRouter();
    router.Add(Method::kGet, "/later", [this](Request&, Responder responder) {
      MutexLock lock(mutex);
      owed = std::move(responder);
      changed.NotifyAll();
    });
    server.emplace(std::move(router));
    client.emplace(server->port());
    client->Send(Get("/later"));
    MutexLock lock(mutex);
    while (!owed) changed.Wait(mutex);
  }

  Mutex mutex;
  CondVar changed;
  std::optional<Responder> owed;
  std::optional<TestServer> server;
  std::optional<RawClient> client;
};

TEST_F(DrainTest, AnswersUnderWayArriveAndIdleConnectionsEnd) {
  RawClient idle(server->port());
  EXPECT_EQ(idle.Ask(Get("/hello")).body, "hello");
  std::thread stopping([this] { server->server().Stop(60'000); });
  EXPECT_TRUE(idle.AtEnd());  // by now the server is draining
  owed->Send(Response::Text(200, std::string(10'000'000, 'x')));
  RawAnswer answer = client->Read();
  EXPECT_EQ(answer.body.size(), 10'000'000u);
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(client->AtEnd());
  stopping.join();
}

TEST_F(DrainTest, NewRequestsAreRefused) {
  RawClient idle(server->port());
  EXPECT_EQ(idle.Ask(Get("/hello")).body, "hello");
  std::thread stopping([this] { server->server().Stop(60'000); });
  EXPECT_TRUE(idle.AtEnd());
  EXPECT_EQ(server->Ask(Get("/hello")).status, 503);
  owed->Send(Response::Text(200, "done"));
  EXPECT_EQ(client->Read().body, "done");
  stopping.join();
}

TEST_F(DrainTest, WhatIsNotAnsweredInTimeIsCutOff) {
  server->server().Stop(10);
  EXPECT_EQ(client->Read().status, 0);
  owed->Send(Response::Text(200, "too late"));
}

}  // namespace
}  // namespace odometer::http
