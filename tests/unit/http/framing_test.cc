// Good requests, however they are cut, joined and written.
#include <string>
#include <vector>

#include "tests/unit/http/raw_client.h"

namespace odometer::http {
namespace {

std::string ChunkedPost(const std::string& chunks) {
  return "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
}

TEST(FramingTest, StaysOpenWithoutAConnectionHeader) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    RawAnswer answer = client.Ask(Get("/hello"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.Header("content-length"), "5");
    EXPECT_EQ(answer.Header("connection"), "");
    EXPECT_EQ(answer.body, "hello");
  }
}

TEST(FramingTest, ClosesWhenAsked) {
  TestServer server(EchoRouter());
  for (std::string value : {"close", "Close", "te, close", "keep-alive, CLOSE"}) {
    RawClient client(server.port());
    RawAnswer answer = client.Ask(Get("/hello", "Connection: " + value + "\r\n"));
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.Header("connection"), "close");
    EXPECT_TRUE(client.AtEnd());
  }
}

TEST(FramingTest, Http10ClosesUnlessKeptAlive) {
  TestServer server(EchoRouter());
  RawClient closing(server.port());
  RawAnswer answer = closing.Ask("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.Header("connection"), "close");
  EXPECT_TRUE(closing.AtEnd());

  RawClient kept(server.port());
  for (int i = 0; i < 2; ++i) {
    answer = kept.Ask("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.Header("connection"), "keep-alive");
  }
}

TEST(FramingTest, PipelinedRequestsInOneSegmentAreAllAnsweredInOrder) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  std::string segment;
  for (int i = 0; i < 500; ++i) segment += Get("/show/" + std::to_string(i)) + Post("/echo", std::to_string(i));
  client.Send(segment);
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(client.Read().body, "name=" + std::to_string(i));
    ASSERT_EQ(client.Read().body, std::to_string(i));
  }
}

TEST(FramingTest, NothingIsAnsweredAfterTheRequestThatCloses) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  client.Send(Get("/hello") + Get("/hello", "Connection: close\r\n") + Get("/hello") + Get("/hello"));
  EXPECT_EQ(client.Read().body, "hello");
  EXPECT_EQ(client.Read().body, "hello");
  EXPECT_TRUE(client.AtEnd());
}

TEST(FramingTest, ARequestMayBeCutAnywhere) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  std::string chunked = ChunkedPost("3\r\nabc\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: z\r\n\r\n");
  for (const std::string& request : {Get("/show/%C3%A4?a=1"), Post("/echo", "some body"), chunked}) {
    RawAnswer whole = client.Ask(request);
    ASSERT_EQ(whole.status, 200);
    for (size_t cut = 1; cut < request.size(); ++cut) {
      client.Send(std::string_view(request).substr(0, cut));
      client.Send(std::string_view(request).substr(cut));
      ASSERT_EQ(client.Read().body, whole.body) << "cut at " << cut;
    }
  }
}

TEST(FramingTest, AnEmptyLineBeforeARequestIsIgnored) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.Ask("\r\n" + Get("/hello")).body, "hello");
}

TEST(FramingTest, BodiesUpToTheLimit) {
  TestServer server(EchoRouter(), {.max_body_bytes = 100'000});
  RawClient client(server.port());
  std::string body(100'000, 'b');
  EXPECT_EQ(client.Ask(Post("/echo", body)).body, body);
  EXPECT_EQ(client.Ask(Post("/echo", "")).body, "");
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(client.Ask(Post("/echo", all_bytes)).body, all_bytes);
}

TEST(FramingTest, ChunkedBodies) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(ChunkedPost("0\r\n\r\n")).body, "");
  EXPECT_EQ(client.Ask(ChunkedPost("3\r\na\r\n\r\n0\r\n\r\n")).body, "a\r\n");
  std::string chunks;
  std::string body;
  for (int i = 0; i < 200; ++i) {
    std::string piece(1 + static_cast<size_t>(i) * 37 % 5000, static_cast<char>('a' + i % 26));
    char size[32];
    snprintf(size, sizeof(size), i % 2 == 0 ? "%zx\r\n" : "%zX\r\n", piece.size());
    chunks += size + piece + "\r\n";
    body += piece;
  }
  EXPECT_EQ(client.Ask(ChunkedPost(chunks + "0\r\nX-Trailer: ignored\r\nY: too\r\n\r\n")).body, body);
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
}

TEST(FramingTest, TheAnswerToATooLargeBodyCanBeReadAfterSendingAllOfIt) {
  TestServer server(EchoRouter(), {.max_body_bytes = 1000, .max_drain_bytes = 8 << 20});
  for (bool chunked : {false, true}) {
    RawClient client(server.port());
    std::string body(4 << 20, 'b');
    EXPECT_TRUE(client.Send(chunked ? ChunkedPost("400000\r\n" + body + "\r\n0\r\n\r\n") : Post("/echo", body)));
    EXPECT_EQ(client.Read().status, 413);
    EXPECT_TRUE(client.AtEnd());
  }
}

TEST(FramingTest, ABodyOverWhatIsDrainedEndsTheConnection) {
  TestServer server(EchoRouter(), {.max_body_bytes = 1000, .max_drain_bytes = 100'000});
  RawClient client(server.port());
  EXPECT_FALSE(client.Send(Post("/echo", std::string(64 << 20, 'b'))));
}

TEST(FramingTest, ExpectContinue) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  std::string head = "POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.Ask(Get("/hello") + head).body, "hello");
    EXPECT_EQ(client.Read().status, 100);
    EXPECT_EQ(client.Ask("body").body, "body");
    // Who does not wait gets no interim answer.
    EXPECT_EQ(client.Ask(head + "body").body, "body");
  }
  EXPECT_EQ(server.Ask("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n").status,
            413);
}

TEST(FramingTest, HeadHasTheLengthAndNoBody) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  client.Send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  RawAnswer answer = client.Read(/*to_head=*/true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("content-length"), "5");
  client.Send("HEAD /nowhere HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.Read(/*to_head=*/true).status, 404);
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
  client.Send("HEAD /%zz HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(client.Read(/*to_head=*/true).status, 400);
  EXPECT_TRUE(client.AtEnd());
}

TEST(FramingTest, MethodsOfAPath) {
  TestServer server(EchoRouter());
  EXPECT_EQ(server.Ask("OPTIONS /hello HTTP/1.1\r\nHost: t\r\n\r\n").Header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(server.Ask("OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n").Header("allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(server.Ask("OPTIONS /nowhere HTTP/1.1\r\nHost: t\r\n\r\n").status, 404);
  for (std::string method : {"POST", "PUT", "DELETE", "PATCH", "TRACE"}) {
    RawAnswer answer = server.Ask(method + " /hello HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.Header("allow"), "GET, HEAD, OPTIONS");
  }
  EXPECT_EQ(server.Ask(Get("/nowhere")).status, 404);
  EXPECT_EQ(server.Ask(Get("/hello/")).status, 404);
  EXPECT_EQ(server.Ask(Get("/" + std::string(4000, '/'))).status, 404);
}

TEST(FramingTest, PathAndQueryAreDecoded) {
  TestServer server(EchoRouter());
  EXPECT_EQ(server.Ask(Get("/show/a%2Fb+c%20d")).body, "name=a/b+c d");
  EXPECT_EQ(server.Ask(Get("/%73how/x?k+1=v+1&k%201=%2b&&empty&=none&a=b=c")).body,
            "name=x|k 1=v 1|k 1=+|empty=|=none|a=b=c");
  EXPECT_EQ(server.Ask(Get("http://example.org/show/x?y=z")).body, "name=x|y=z");
  EXPECT_EQ(server.Ask(Get("/show/\xc3\xa4")).body, "name=\xc3\xa4");
}

TEST(FramingTest, OddHeadersBreakNothing) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  for (std::string header :
       {"Cookie: a", "Cookie: ;;=;", "Accept: nonsense", "Accept: */*;q=x", "Date: yesterday", "Content-Type: //",
        "User-Agent: \xff\xfe", "Authorization:", "If-None-Match: \"", "Upgrade: websocket", "Connection: upgrade",
        "Accept-Encoding: \t gzip \t", "Range: bytes=-", "X: " "\t" "a\tb"}) {
    EXPECT_EQ(client.Ask(Get("/hello", header + "\r\n")).body, "hello") << header;
  }
  EXPECT_EQ(client.Ask("GET /hello HTTP/1.1\r\nHost: %%%:::\r\n\r\n").body, "hello");
  EXPECT_EQ(client.Ask("GET /hello HTTP/1.1\r\nhOsT:\r\n\r\n").body, "hello");
}

TEST(FramingTest, AClientThatEndsItsSideIsStillAnswered) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  client.Send(Get("/hello") + Get("/show/2"));
  client.EndSending();
  EXPECT_EQ(client.Read().body, "hello");
  EXPECT_EQ(client.Read().body, "name=2");
  EXPECT_TRUE(client.AtEnd());
}

TEST(FramingTest, AClientThatEndsWithinARequestIsLetGo) {
  TestServer server(EchoRouter());
  RawClient client(server.port());
  client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf");
  client.EndSending();
  EXPECT_TRUE(client.AtEnd());
}

}  // namespace
}  // namespace odometer::http
