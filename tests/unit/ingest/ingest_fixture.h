// The ingest's routes over a producer that answers when, and as, a test says.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/http/server.h"
#include "common/kafka/producer.h"
#include "ingest/ingest.h"

namespace odometer {

class FakeAsyncProducer : public AsyncProducer {
 public:
  struct Produced {
    std::string topic;
    std::string key;
    std::string value;
    Callback done;
    std::vector<std::pair<std::string, std::string>> headers = {};
  };

  Status Produce(const std::string& topic, const OutRecord& record, Callback done) override {
    if (produced.size() >= capacity) return Status::Retry("the queue is full");
    produced.push_back({topic, std::string(record.key), std::string(record.value), std::move(done)});
    for (const Header& header : record.headers) produced.back().headers.emplace_back(header.name, header.value);
    return Status::Ok();
  }
  Status Flush(int) override { return Status::Ok(); }
  Status Healthy() const override { return health; }

  void Acknowledge(size_t index, int32_t partition, int64_t offset) {
    produced.at(index).done(RecordMetadata{partition, offset});
  }
  void Fail(size_t index, Status status) { produced.at(index).done(std::move(status)); }

  size_t capacity = 100;
  Status health;
  std::vector<Produced> produced;
};

// What a client has been told; nothing until then.
class FakeSink : public http::Responder::Sink {
 public:
  void Send(http::Response response) override {
    ASSERT_FALSE(answer) << "answered twice";
    answer = std::move(response);
  }
  std::optional<http::Response> answer;
};

inline std::string HeaderOf(const http::Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

class IngestFixture : public ::testing::Test {
 protected:
  IngestFixture() {
    AddIngestRoutes({.topic = "metrics.events"}, &producer_, &clock_, &metrics_, &router_);
    AddIngestHealthRoutes(&producer_, &router_);
  }

  // Calls the route's handler; the request is gone when this returns, as with the server.
  std::shared_ptr<FakeSink> Call(http::Method method, const std::string& pattern, http::Request request) {
    auto sink = std::make_shared<FakeSink>();
    request.method = method;
    for (const http::Router::Route& route : router_.routes()) {
      if (route.method == method && route.pattern == pattern) {
        route.handler(request, http::Responder(sink));
        return sink;
      }
    }
    ADD_FAILURE() << "no route " << pattern;
    return sink;
  }
  using Headers = std::vector<std::pair<std::string, std::string>>;
  std::shared_ptr<FakeSink> Track(std::vector<std::pair<std::string, std::string>> query, Headers headers = {}) {
    http::Request request;
    request.headers = std::move(headers);
    request.query = std::move(query);
    return Call(http::Method::kGet, "/track", std::move(request));
  }
  std::shared_ptr<FakeSink> Post(std::string body, Headers headers = {}) {
    http::Request request;
    request.headers = std::move(headers);
    request.body = std::move(body);
    return Call(http::Method::kPost, "/ingest/metrics", std::move(request));
  }
  double Accepted(const std::string& dialect) {
    return metrics_.Counter("odometer_ingest_accepted_total", "Events that Kafka has acknowledged.",
                            {{"dialect", dialect}}).Value();
  }
  double Rejected(const std::string& dialect, const std::string& reason) {
    return metrics_.Counter("odometer_ingest_rejected_total", "Events that were not acknowledged, by reason.",
                            {{"dialect", dialect}, {"reason", reason}}).Value();
  }

  Metrics metrics_;
  ManualClock clock_{1'700'000'000'000};
  FakeAsyncProducer producer_;
  http::Router router_;
};

}  // namespace odometer
