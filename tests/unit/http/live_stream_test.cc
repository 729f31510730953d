// Server-sent events, and what holds for live clients of both kinds: slow ones, silent ones, many.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/metrics.h"
#include "tests/unit/http/live_client.h"

namespace odometer::http {
namespace {

struct LiveStreamTest : testing::Test {
  // Counted just after the client notices.
  double Dropped(const std::string& reason) {
    return metrics
        .Counter("odometer_http_live_dropped_total",
                 "Clients of live streams given up: too_slow, write_timeout, overloaded, silent, talkative, revoked.",
                 {{"listener", "test"}, {"reason", reason}})
        .Value();
  }
  // Pushes more than the sockets can hold.
  static void Flood(LiveStream* stream) {
    while (stream->Push(Message(std::string(10'000, 'x')))) {
    }
  }

  LiveRoutes routes;
  Metrics metrics;
};

TEST_F(LiveStreamTest, EventsAsTheStandardWritesThem) {
  TestServer server(routes.NewRouter());
  RawClient client(server.port());
  client.Send(Get("/events"));
  RawAnswer head = client.Read(/*to_head=*/true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("content-type"), "text/event-stream");
  EXPECT_EQ(head.Header("cache-control"), "no-store");
  EXPECT_EQ(head.Header("connection"), "close");
  EXPECT_FALSE(head.headers.contains("transfer-encoding"));
  auto stream = routes.Stream(0);
  stream->Push(Message("one"));
  stream->Push(Message("two\nlines\r\nor\rfour", "7", "named"));
  stream->Push({.text = nullptr, .id = "8", .event = ""});
  stream->Push(Message(""));
  const std::string expected =
      "data: one\n\nevent: named\nid: 7\ndata: two\ndata: lines\ndata: or\ndata: four\n\nid: 8\n\ndata: \n\n";
  EXPECT_EQ(client.Take(expected.size()), expected);
  stream->End();
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(LiveStreamTest, EventsToHttp10AndNoneToHead) {
  TestServer server(routes.NewRouter());
  RawClient old(server.port());
  old.Send("GET /events HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Read(/*to_head=*/true).status, 200);
  routes.Stream(0)->Push(Message("x"));
  EXPECT_EQ(old.Take(9), "data: x\n\n");
  RawClient client(server.port());
  client.Send("HEAD /events HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.Read(/*to_head=*/true).status, 200);
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
  EXPECT_EQ(routes.Stream(1)->state(), LiveStream::State::kGone);
}

TEST_F(LiveStreamTest, AClientThatLeavesIsNoticed) {
  TestServer server(routes.NewRouter());
  {
    RawClient events(server.port());
    events.Send(Get("/events"));
    events.Read(/*to_head=*/true);
    SocketClient socket(server.port());
  }
  for (size_t i : {0, 1}) {
    WaitUntil([&] { return routes.Stream(i)->state() == LiveStream::State::kGone; });
    EXPECT_FALSE(routes.Stream(i)->Push(Message("nobody")));
  }
}

TEST_F(LiveStreamTest, KeepsQuietConnectionsAlive) {
  TestServer server(routes.NewRouter(), {.idle_timeout_ms = 20, .live_keep_alive_ms = 300});
  RawClient events(server.port());
  events.Send(Get("/events"));
  events.Read(/*to_head=*/true);
  SocketClient socket(server.port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(events.Take(3), ":\n\n");
    EXPECT_EQ(socket.Next().first_byte, kPing);
    socket.Send(ClientFrame(kPong, ""));
  }
}

TEST_F(LiveStreamTest, ASilentWebSocketIsDropped) {
  TestServer server(routes.NewRouter(), {.live_keep_alive_ms = 20}, &metrics);
  SocketClient socket(server.port());
  while (socket.Next().first_byte == kPing) {
  }
  WaitUntil([&] { return Dropped("silent") == 1; });
}

TEST_F(LiveStreamTest, ASlowClientIsDroppedAndHoldsNobodyUp) {
  TestServer server(routes.NewRouter(), {.threads = 1}, &metrics);
  SocketClient slow(server.port(), 4096);
  RawClient slow_events(server.port(), 4096);
  slow_events.Send(Get("/events"));
  slow_events.Read(/*to_head=*/true);
  SocketClient good(server.port());
  for (size_t i : {0, 1}) {
    Flood(routes.Stream(i).get());
    EXPECT_EQ(routes.Stream(i)->state(), LiveStream::State::kTooSlow);
    EXPECT_EQ(routes.Stream(i)->queued_bytes(), 0u);
  }
  routes.Stream(2)->Push(Message("on time"));
  EXPECT_EQ(good.Next().payload, "on time");
  EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
  WaitUntil([&] { return Dropped("too_slow") == 2; });
  // When it reads after all it is told why.
  Frame frame = slow.Next();
  while (frame.first_byte == kText) frame = slow.Next();
  EXPECT_EQ(frame.first_byte, kClose);
  EXPECT_EQ(frame.code(), 1008);
  std::string rest;
  for (std::string some; !(some = slow_events.Take(10'000)).empty();) rest = std::move(some);
  EXPECT_TRUE(rest.ends_with(": dropped, because too much was waiting\n\n")) << rest.substr(rest.size() - 100);
}

TEST_F(LiveStreamTest, OneThatTakesNothingIsClosedAfterTheWriteTimeout) {
  TestServer server(routes.NewRouter(), {.write_timeout_ms = 500}, &metrics);
  SocketClient slow(server.port(), 4096);
  // Enough to fill the sockets, too little to be dropped for what waits.
  auto stream = routes.Stream(0);
  WaitUntil([&] {
    if (stream->HasRoom()) stream->Push(Message(std::string(10'000, 'x')));
    return stream->state() == LiveStream::State::kGone;
  });
  WaitUntil([&] { return Dropped("write_timeout") == 1; });
}

TEST_F(LiveStreamTest, WhatWaitsCountsAsBuffered) {
  TestServer server(routes.NewRouter(), {.threads = 1, .max_buffered_bytes = 256 << 10}, &metrics);
  SocketClient slow(server.port(), 4096);
  auto stream = routes.Stream(0);
  WaitUntil([&] {
    if (stream->HasRoom()) stream->Push(Message(std::string(10'000, 'x')));
    return stream->state() == LiveStream::State::kGone;
  });
  WaitUntil([&] { return Dropped("overloaded") == 1; });
}

// It makes us answer, and does not take the answers.
TEST_F(LiveStreamTest, APingerThatDoesNotReadIsNotReadEither) {
  TestServer server(routes.NewRouter(), {.threads = 1, .write_timeout_ms = 50, .max_unsent_bytes = 64 << 10}, &metrics);
  SocketClient client(server.port(), 4096);
  std::string pings;
  for (int i = 0; i < 1'000; ++i) pings += ClientFrame(kPing, std::string(100, 'p'));
  while (client.Send(pings)) {
  }
  EXPECT_EQ(server.Ask(Get("/hello")).body, "hello");
  WaitUntil([&] { return Dropped("write_timeout") == 1; });
}

TEST_F(LiveStreamTest, EventClientsHaveNothingToSay) {
  TestServer server(routes.NewRouter(), {.max_drain_bytes = 100'000}, &metrics);
  RawClient client(server.port());
  client.Send(Get("/events"));
  client.Read(/*to_head=*/true);
  client.Send(Get("/hello"));  // is not answered
  routes.Stream(0)->Push(Message("x"));
  EXPECT_EQ(client.Take(9), "data: x\n\n");
  while (client.Send(std::string(10'000, 'x'))) {
  }
  WaitUntil([&] { return Dropped("talkative") == 1; });
}

TEST_F(LiveStreamTest, StoppingEndsThemInGoodOrder) {
  TestServer server(routes.NewRouter(), {.threads = 1});
  SocketClient socket(server.port());
  RawClient events(server.port());
  events.Send(Get("/events"));
  events.Read(/*to_head=*/true);
  routes.PushToAll(Message("before"));
  std::thread stopping([&] { server.server().Stop(30'000); });
  EXPECT_EQ(socket.Next().payload, "before");
  Frame frame = socket.Next();
  EXPECT_EQ(frame.first_byte, kClose);
  EXPECT_EQ(frame.code(), 1001);
  EXPECT_EQ(events.Take(14), "data: before\n\n");
  EXPECT_EQ(events.Take(1), "");
  stopping.join();
}

TEST_F(LiveStreamTest, OnlySoManyLiveClients) {
  TestServer server(routes.NewRouter(), {.threads = 1, .max_live_clients = 2});
  auto first = std::make_unique<SocketClient>(server.port());
  SocketClient second(server.port());
  RawClient third(server.port());
  EXPECT_EQ(third.Ask(Get("/events")).status, 503);
  EXPECT_EQ(third.Ask(Get("/hello")).body, "hello");
  first.reset();
  WaitUntil([&] { return routes.Stream(0)->state() == LiveStream::State::kGone; });
  EXPECT_EQ(third.Ask(Handshake()).status, 101);
}

TEST_F(LiveStreamTest, AThousandClientsGetEverything) {
  constexpr int kClients = 1'000;
  constexpr int kMessages = 50;
  TestServer server(routes.NewRouter(), {.max_live_clients = kClients}, &metrics);
  std::vector<std::unique_ptr<SocketClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<SocketClient>(server.port()));
    ASSERT_EQ(clients.back()->answer.status, 101) << i;
  }
  for (int m = 0; m < kMessages; ++m) routes.PushToAll(Message("message " + std::to_string(m)));
  for (auto& client : clients) {
    for (int m = 0; m < kMessages; ++m) ASSERT_EQ(client->Next().payload, "message " + std::to_string(m));
  }
}

}  // namespace
}  // namespace odometer::http
