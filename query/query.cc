#include "query/query.h"

#include <utility>

#include "query/health.h"
#include "query/kilometric.h"
#include "query/offset_waiter.h"
#include "query/read_runner.h"
#include "query/record_writes.h"
#include "query/records.h"
#include "query/worker_pool.h"

namespace odometer {
namespace {

// Beyond these a client is better told to come again.
constexpr size_t kMaxQueuedReads = 1'000;
constexpr size_t kMaxQueuedWrites = 200;
constexpr size_t kMaxParked = 2'000;

class QueryService final : public Query {
 public:
  QueryService(QueryOptions options, StateReader* state, ControlWriter* control, Admin* admin, const Clock* clock,
               Metrics* metrics)
      : kilometric_(options.tiers, state, clock),
        records_(state),
        health_(options.topic, options.commit_interval_ms, state, admin, clock),
        readers_(options.worker_threads, kMaxQueuedReads),
        writers_(1, kMaxQueuedWrites),
        waiter_(state, clock, kMaxParked),
        reads_(options.topic, options.min_offset_timeout_ms, state, clock, &readers_, &waiter_, metrics),
        writes_(options.topic, options.control_timeout_ms, control, admin, clock, &writers_, &waiter_) {
    waiter_.Start();
  }
  ~QueryService() override { Stop(); }

  void AddRoutes(http::Router* router) override {
    AddRead(router, "/metric", [this](const http::Request& request) { return kilometric_.Read(request); });
    AddRead(router, "/read", [this](const http::Request& request) { return kilometric_.Read(request); });
    for (const char* pattern : {"/data/metrics", "/data/metrics/"}) {
      AddRead(router, pattern, [this](const http::Request& request) { return records_.ReadAll(request); });
      router->Add(http::Method::kPost, pattern, [this](http::Request& request, http::Responder responder) {
        writes_.Post(request, std::move(responder));
      });
    }
    constexpr char kRecord[] = "/data/metrics/{record}";
    AddRead(router, kRecord, [this](const http::Request& request) { return records_.ReadOne(request); });
    router->Add(http::Method::kDelete, kRecord, [this](http::Request& request, http::Responder responder) {
      writes_.Delete(request, std::move(responder));
    });
    router->Add(http::Method::kGet, "/health", [this](http::Request& request, http::Responder responder) {
      reads_.ServePlain(request, std::move(responder), [this](const http::Request&) { return health_.Check(); });
    });
    router->AddSimple(http::Method::kGet, "/health/ping", [](const http::Request&) {
      return http::Response::Text(200, "pong (metrics-api service)");
    });
    router->AddSimple(http::Method::kGet, "/", [](const http::Request&) {
      return http::Response::Text(200, "Odometer: exact, live counts over Kafka topics: /metric?key=NAME&type=counter\n");
    });
  }

  void Stop() override {
    // The waiter first: what it lets go it hands to the readers.
    waiter_.Stop();
    writers_.Stop();
    readers_.Stop();
  }

 private:
  void AddRead(http::Router* router, const char* pattern, ReadFunction read) {
    router->Add(http::Method::kGet, pattern,
                [this, read = std::move(read)](http::Request& request, http::Responder responder) {
                  reads_.Serve(request, std::move(responder), read);
                });
  }

  const Kilometric kilometric_;
  const Records records_;
  const Health health_;
  WorkerPool readers_;
  WorkerPool writers_;
  OffsetWaiter waiter_;
  ReadRunner reads_;
  RecordWrites writes_;
};

}  // namespace

std::unique_ptr<Query> NewQuery(QueryOptions options, StateReader* state, ControlWriter* control, Admin* admin,
                                const Clock* clock, Metrics* metrics) {
  return std::make_unique<QueryService>(std::move(options), state, control, admin, clock, metrics);
}

}  // namespace odometer
