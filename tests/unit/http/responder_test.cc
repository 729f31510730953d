// Answers that come later, from other threads, twice, or never.
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "tests/unit/http/raw_client.h"

namespace odometer::http {
namespace {

// Responders of GET /later/{name}, for the test to answer from its own thread.
class Waiting {
 public:
  void AddTo(Router* router) {
    router->Add(Method::kGet, "/later/{name}", [this](Request& request, Responder responder) {
      MutexLock lock(mutex_);
      responders_.emplace_back(request.path_params.at(0), std::move(responder));
      changed_.NotifyAll();
    });
  }
  // The responder of that request, once it has come.
  Responder Of(const std::string& name) {
    MutexLock lock(mutex_);
    while (true) {
      for (auto it = responders_.begin(); it != responders_.end(); ++it) {
        if (it->first != name) continue;
        Responder responder = std::move(it->second);
        responders_.erase(it);
        return responder;
      }
      changed_.Wait(mutex_);
    }
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::pair<std::string, Responder>> responders_ ODOMETER_GUARDED_BY(mutex_);
};

struct ResponderTest : testing::Test {
  Router NewRouter() {
    Router router = EchoRouter();
    waiting.AddTo(&router);
    router.Add(Method::kGet, "/throw", [](Request&, const Responder&) { throw std::runtime_error("secret"); });
    router.Add(Method::kGet, "/throw-int", [](Request&, const Responder&) { throw 42; });
    router.Add(Method::kGet, "/forget", [](Request&, const Responder&) {});
    router.Add(Method::kGet, "/twice", [](Request&, const Responder& responder) {
      responder.Send(Response::Text(200, "first"));
      responder.Send(Response::Text(201, "second"));
    });
    router.Add(Method::kGet, "/send-and-throw", [](Request&, const Responder& responder) {
      responder.Send(Response::Text(200, "sent"));
      throw std::runtime_error("too late");
    });
    return router;
  }

  Waiting waiting;
};

TEST_F(ResponderTest, PipelinedAnswersKeepTheOrderOfTheRequests) {
  TestServer server(NewRouter());
  RawClient client(server.port());
  client.Send(Get("/later/a") + Get("/hello") + Get("/later/b") + Get("/later/c"));
  for (std::string name : {"c", "b", "a"}) waiting.Of(name).Send(Response::Text(200, name));
  for (std::string body : {"a", "hello", "b", "c"}) EXPECT_EQ(client.Read().body, body);
}

TEST_F(ResponderTest, AnswersFromManyThreads) {
  TestServer server(NewRouter());
  constexpr int kClients = 8;
  constexpr int kRequests = 100;
  std::vector<std::thread> threads;
  for (int c = 0; c < kClients; ++c) {
    threads.emplace_back([&, c] {
      RawClient client(server.port());
      for (int i = 0; i < kRequests; ++i) {
        std::string name = std::to_string(c) + "-" + std::to_string(i);
        client.Send(Get("/later/" + name));
        waiting.Of(name).Send(Response::Text(200, name));
        EXPECT_EQ(client.Read().body, name);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ResponderTest, WithoutAnAnswerIs500) {
  TestServer server(NewRouter());
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(Get("/forget")).status, 500);
  client.Send(Get("/later/dropped"));
  waiting.Of("dropped");
  EXPECT_EQ(client.Read().status, 500);
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
}

TEST_F(ResponderTest, WhatAHandlerThrowsIsNotTold) {
  TestServer server(NewRouter());
  RawClient client(server.port());
  for (std::string path : {"/throw", "/throw-int"}) {
    RawAnswer answer = client.Ask(Get(path));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(client.Ask(Get("/send-and-throw")).body, "sent");
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
}

TEST_F(ResponderTest, TheFirstAnswerCounts) {
  TestServer server(NewRouter());
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(Get("/twice")).body, "first");
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
}

TEST_F(ResponderTest, ALateAnswerIsReplacedBy503) {
  TestServer server(NewRouter(), {.response_timeout_ms = 20});
  RawClient client(server.port());
  client.Send(Get("/later/a") + Get("/hello"));
  Responder late = waiting.Of("a");
  RawAnswer replacement = client.Read();
  EXPECT_EQ(replacement.status, 503);
  EXPECT_EQ(replacement.Header("retry-after"), "1");
  EXPECT_EQ(client.Read().body, "hello");
  late.Send(Response::Text(200, "late"));
  EXPECT_EQ(client.Ask(Get("/hello")).body, "hello");
}

TEST_F(ResponderTest, AnAnswerToAClientThatIsGoneGoesNowhere) {
  TestServer server(NewRouter(), {.threads = 1});
  for (int i = 0; i < 50; ++i) {
    RawClient client(server.port());
    client.Send(Get("/later/gone"));
    Responder responder = waiting.Of("gone");
    client.Abort();
    // The next connection may get the same socket number: it must not get the answer.
    RawClient next(server.port());
    next.Send(Get("/hello"));
    responder.Send(Response::Text(200, "for somebody else"));
    EXPECT_EQ(next.Read().body, "hello");
    EXPECT_EQ(next.Ask(Get("/hello")).body, "hello");
  }
}

TEST_F(ResponderTest, OutlivesTheServer) {
  std::optional<Responder> responder;
  {
    TestServer server(NewRouter());
    RawClient client(server.port());
    client.Send(Get("/later/a"));
    responder = waiting.Of("a");
  }
  responder->Send(Response::Text(200, "nobody listens"));
}

TEST_F(ResponderTest, AHandlerMayAnswerAnotherConnection) {
  Router router = NewRouter();
  router.Add(Method::kGet, "/release/{name}", [this](Request& request, const Responder& responder) {
    waiting.Of(request.path_params.at(0)).Send(Response::Text(200, "released"));
    responder.Send(Response::Text(200, "done"));
  });
  TestServer server(std::move(router), {.threads = 1});
  RawClient waits(server.port());
  waits.Send(Get("/later/a") + Get("/later/b"));
  EXPECT_EQ(server.Ask(Get("/release/a")).body, "done");
  EXPECT_EQ(waits.Read().body, "released");
  EXPECT_EQ(waits.Ask(Get("/release/b")).body, "released");
  EXPECT_EQ(waits.Read().body, "done");
}

TEST_F(ResponderTest, AnAnswerThatCannotBeSentIs500) {
  Router router;
  router.AddSimple(Method::kGet, "/split", [](const Request& request) {
    return Response::Text(200, "x").With("Location", std::string(request.Query("to").value_or("")));
  });
  router.AddSimple(Method::kGet, "/status/{code}", [](const Request& request) {
    return Response::Text(std::stoi(request.path_params.at(0)), "x");
  });
  TestServer server(std::move(router));
  EXPECT_EQ(server.Ask(Get("/split?to=/a")).Header("location"), "/a");
  RawAnswer split = server.Ask(Get("/split?to=%0d%0aSet-Cookie:%20a=b"));
  EXPECT_EQ(split.status, 500);
  EXPECT_FALSE(split.headers.contains("set-cookie"));
  for (std::string status : {"0", "99", "101", "600", "-1"}) {
    EXPECT_EQ(server.Ask(Get("/status/" + status)).status, 500) << status;
  }
  EXPECT_EQ(server.Ask(Get("/status/299")).status, 299);
}

TEST_F(ResponderTest, NoBodyWhereHttpHasNone) {
  Router router;
  router.AddSimple(Method::kGet, "/{status}", [](const Request& request) {
    return Response::Text(std::stoi(request.path_params.at(0)), "a body by mistake");
  });
  TestServer server(std::move(router));
  RawClient client(server.port());
  for (int status : {204, 304, 204}) {
    RawAnswer answer = client.Ask(Get("/" + std::to_string(status)));
    EXPECT_EQ(answer.status, status);
    EXPECT_FALSE(answer.headers.contains("content-length"));
  }
}

}  // namespace
}  // namespace odometer::http
