// WebSockets as the wire shows them.
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/http/live_client.h"

namespace odometer::http {
namespace {

struct WebSocketTest : testing::Test {
  LiveRoutes routes;
};

std::string WithoutHeader(const std::string& name) {
  std::string request = Handshake();
  size_t begin = request.find(name);
  return request.erase(begin, request.find("\r\n", begin) + 2 - begin);
}

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST_F(WebSocketTest, TheHandshakeOfTheRfc) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port());
  EXPECT_EQ(client.answer.status, 101);
  EXPECT_EQ(client.answer.Header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(client.answer.Header("upgrade"), "websocket");
  EXPECT_EQ(client.answer.Header("connection"), "Upgrade");
  EXPECT_FALSE(client.answer.headers.contains("content-length"));
  EXPECT_FALSE(client.answer.headers.contains("content-type"));
}

TEST_F(WebSocketTest, WhatIsNoHandshakeIsRefusedAndTheConnectionKept) {
  TestServer server(routes.NewRouter());
  RawClient client(server.port());
  for (const std::string& bad :
       {Get("/socket"), WithoutHeader("Upgrade: "), WithoutHeader("Connection: "), WithoutHeader("Sec-WebSocket-Key: "),
        Replace(Handshake(), "Upgrade: websocket", "Upgrade: h2c"),
        Replace(Handshake(), "keep-alive, Upgrade", "keep-alive"),
        Replace(Handshake(), "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"),
        Replace(Handshake(), "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=!")}) {
    EXPECT_EQ(client.Ask(bad).status, 400) << bad;
  }
  for (const std::string& bad : {WithoutHeader("Sec-WebSocket-Version: "), Replace(Handshake(), ": 13", ": 8")}) {
    RawAnswer answer = client.Ask(bad);
    EXPECT_EQ(answer.status, 426) << bad;
    EXPECT_EQ(answer.Header("sec-websocket-version"), "13");
  }
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
  EXPECT_EQ(server.Ask(Replace(Handshake(), "HTTP/1.1", "HTTP/1.0")).status, 400);
}

TEST_F(WebSocketTest, TextOfEveryLengthForm) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port());
  for (size_t length : {size_t{0}, size_t{1}, size_t{125}, size_t{126}, size_t{65'535}, size_t{65'536}, size_t{3'000'000}}) {
    EXPECT_TRUE(routes.Stream(0)->Push(Message(std::string(length, 'x'))));
    Frame frame = client.Next();
    EXPECT_EQ(frame.first_byte, kText);
    EXPECT_EQ(frame.payload.size(), length);
  }
}

TEST_F(WebSocketTest, MessagesStayInOrder) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port());
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(routes.Stream(0)->Push(Message(std::to_string(i))));
  for (int i = 0; i < 5'000; ++i) ASSERT_EQ(client.Next().payload, std::to_string(i));
}

TEST_F(WebSocketTest, AnswersPingsAmongMessagesThatItIgnores) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port());
  // A message in two fragments, a ping between them, then a binary one.
  client.Send(ClientFrame(0x01, "frag") + ClientFrame(kPing, "first") + ClientFrame(0x80, "ment") +
              ClientFrame(0x82, std::string(60'000, '\xff')) + ClientFrame(kPong, "unasked") + ClientFrame(kPing, ""));
  Frame first = client.Next();
  EXPECT_EQ(first.first_byte, kPong);
  EXPECT_EQ(first.payload, "first");
  EXPECT_EQ(client.Next().first_byte, kPong);
  routes.Stream(0)->Push(Message("still here"));
  EXPECT_EQ(client.Next().payload, "still here");
}

TEST_F(WebSocketTest, FramesMayBeCutAnywhereOrComeRightBehindTheHandshake) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port(), 0, ClientFrame(kPing, "behind"));
  EXPECT_EQ(client.Next().payload, "behind");
  for (char c : ClientFrame(0x81, std::string(200, 'x')) + ClientFrame(kPing, "cut")) client.Send({&c, 1});
  EXPECT_EQ(client.Next().payload, "cut");
}

// What is behind the handshake is not HTTP, even when it looks like it.
TEST_F(WebSocketTest, NoRequestBehindTheHandshakeIsAnswered) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port(), 0, Get("/hello"));
  EXPECT_EQ(client.answer.status, 101);
  Frame frame = client.Next();
  EXPECT_EQ(frame.first_byte, kClose);
  EXPECT_EQ(frame.code(), 1002);
}

TEST_F(WebSocketTest, AnswersOfRequestsBeforeItComeFirst) {
  TestServer server(routes.NewRouter());
  RawClient client(server.port());
  client.Send(Get("/hello") + Handshake() + ClientFrame(kPing, "p"));
  EXPECT_EQ(client.Read().body, "hello");
  EXPECT_EQ(client.Read(/*to_head=*/true).status, 101);
  EXPECT_EQ(ReadFrame(&client).payload, "p");
}

TEST_F(WebSocketTest, ClosingHandshake) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port());
  client.Send(ClientFrame(kClose, "\x03\xe8"));
  Frame frame = client.Next();
  EXPECT_EQ(frame.first_byte, kClose);
  EXPECT_EQ(frame.code(), 1000);
  EXPECT_TRUE(client.AtEnd());
  WaitUntil([&] { return routes.Stream(0)->state() == LiveStream::State::kGone; });
}

TEST_F(WebSocketTest, AStreamThatEndsSendsWhatWaitsAndCloses) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port());
  routes.Stream(0)->Push(Message("last"));
  routes.Stream(0)->End();
  EXPECT_FALSE(routes.Stream(0)->Push(Message("too late")));
  EXPECT_EQ(client.Next().payload, "last");
  EXPECT_EQ(client.Next().code(), 1000);
  client.Send(ClientFrame(kClose, "\x03\xe8"));
  EXPECT_TRUE(client.AtEnd());
}

// wslay says no more than that it closes where a frame's head is wrong.
constexpr int kNoCode = 0;

struct BadFrames {
  std::string name;
  std::string bytes;
  int code;
};
class WebSocketErrorTest : public WebSocketTest, public testing::WithParamInterface<BadFrames> {};

TEST_P(WebSocketErrorTest, EndsWithItsCode) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port());
  SocketClient other(server.port());
  client.Send(GetParam().bytes);
  Frame frame = client.Next();
  EXPECT_EQ(frame.first_byte, kClose);
  EXPECT_EQ(frame.code(), GetParam().code);
  EXPECT_TRUE(client.AtEnd());
  routes.PushToAll(Message("others go on"));
  EXPECT_EQ(other.Next().payload, "others go on");
}

INSTANTIATE_TEST_SUITE_P(
    All, WebSocketErrorTest,
    testing::Values(BadFrames{"NotMasked", ClientFrame(0x81, "x", /*masked=*/false), 1002},
                    BadFrames{"ReservedBit", ClientFrame(0xc1, "x"), 1002},
                    BadFrames{"UnknownOpcode", ClientFrame(0x83, "x"), 1002},
                    BadFrames{"UnknownControlOpcode", ClientFrame(0x8b, "x"), 1002},
                    BadFrames{"ContinuationOfNothing", ClientFrame(0x80, "x"), 1002},
                    BadFrames{"MessageInMessage", ClientFrame(0x01, "a") + ClientFrame(0x81, "b"), 1002},
                    BadFrames{"FragmentedPing", ClientFrame(0x09, "x"), kNoCode},
                    BadFrames{"LongPing", ClientFrame(kPing, std::string(126, 'x')), kNoCode},
                    BadFrames{"CloseOfOneByte", ClientFrame(kClose, "x"), kNoCode},
                    BadFrames{"CloseWithForbiddenCode", ClientFrame(kClose, "\x03\xed"), 1002},
                    BadFrames{"NotUtf8", ClientFrame(0x81, "\xff"), 1007},
                    BadFrames{"TooLarge", ClientFrame(0x81, std::string(65'537, 'x')), 1009},
                    BadFrames{"TooLargeInPieces",
                              ClientFrame(0x01, std::string(40'000, 'x')) + ClientFrame(0x80, std::string(40'000, 'x')),
                              1009}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(WebSocketTest, ALengthNearTheEndOfNumbersIsTooLarge) {
  TestServer server(routes.NewRouter());
  SocketClient client(server.port());
  client.Send(std::string("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10) + "maskpayload");
  EXPECT_EQ(client.Next().code(), 1009);
}

}  // namespace
}  // namespace odometer::http
