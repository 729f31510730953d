#include <string>
#include <thread>

#include "common/http/operations.h"
#include "tests/unit/http/raw_client.h"

namespace odometer::http {
namespace {

TEST(ServerMetricsTest, CountsByPatternNotByPath) {
  Metrics metrics;
  TestServer server(EchoRouter(), {}, &metrics);
  RawClient client(server.port());
  client.Ask(Get("/show/a"));
  client.Ask(Get("/show/b?x=1"));
  client.Ask(Get("/nowhere"));
  client.Ask("BAD\r\n\r\n");
  auto count = [&](const std::string& method, const std::string& route, int status) {
    return metrics
        .Counter("odometer_http_requests_total", "",
                 {{"listener", "test"}, {"method", method}, {"route", route}, {"status", std::to_string(status)}})
        .Value();
  };
  EXPECT_EQ(count("GET", "/show/{name}", 200), 2);
  EXPECT_EQ(count("GET", "unmatched", 404), 1);
  EXPECT_EQ(count("GET", "unmatched", 400), 1);
  EXPECT_NE(metrics.Text().find(R"(odometer_http_request_seconds_count{listener="test",route="/show/{name}"} 2)"),
            std::string::npos);
}

TEST(ServerMetricsTest, TellsConnectionsAndWhatTheyHold) {
  Metrics metrics;
  TestServer server(EchoRouter(), {.request_timeout_ms = 60'000, .response_timeout_ms = 20}, &metrics);
  auto level = [&](const std::string& name) { return metrics.Gauge(name, "", {{"listener", "test"}}).Value(); };
  auto wait_for = [&](const std::string& name, double value) {
    while (level(name) != value) std::this_thread::yield();
  };
  {
    RawClient client(server.port());
    client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100001\r\n\r\n" + std::string(100'000, 'x'));
    wait_for("odometer_http_buffered_bytes", 100'000);
    wait_for("odometer_http_connections", 1);
    EXPECT_EQ(client.Ask("x").status, 200);
    wait_for("odometer_http_buffered_bytes", 0);
  }
  wait_for("odometer_http_connections", 0);
}

TEST(OperationsTest, LivezReadyzAndMetrics) {
  Metrics metrics;
  metrics.Counter("odometer_test_total", "Help.").Increment();
  std::vector<std::string> reasons;
  Router router;
  AddOperationsRoutes([&reasons] { return reasons; }, &metrics, &router);
  TestServer server(std::move(router), {}, &metrics);
  RawClient client(server.port());

  RawAnswer live = client.Ask(Get("/livez"));
  EXPECT_EQ(live.status, 200);
  EXPECT_EQ(live.Header("content-type"), "application/json");
  EXPECT_EQ(live.body, R"({"status":"ok"})");
  EXPECT_EQ(client.Ask(Get("/readyz")).body, R"({"status":"ready"})");

  RawAnswer text = client.Ask(Get("/metrics"));
  EXPECT_EQ(text.Header("content-type"), "text/plain; version=0.0.4");
  EXPECT_NE(text.body.find("odometer_test_total 1"), std::string::npos);
  EXPECT_NE(text.body.find(R"(route="/livez")"), std::string::npos);
}

TEST(OperationsTest, ReadyzSaysWhyNot) {
  Metrics metrics;
  Router router;
  AddOperationsRoutes([] { return std::vector<std::string>{"restoring task 0", "no \"broker\""}; }, &metrics, &router);
  TestServer server(std::move(router));
  RawAnswer answer = server.Ask(Get("/readyz"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, R"({"status":"not ready","reasons":["restoring task 0","no \"broker\""]})");
}

}  // namespace
}  // namespace odometer::http
