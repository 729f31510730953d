#include "query/query.h"

#include <algorithm>
#include <utility>

#include "common/http/gate.h"
#include "query/accounting.h"
#include "query/answer.h"
#include "query/cardinality.h"
#include "query/gauges.h"
#include "query/health.h"
#include "query/kilometric.h"
#include "query/offset_waiter.h"
#include "query/raw_events.h"
#include "query/read_runner.h"
#include "query/record_writes.h"
#include "query/records.h"
#include "query/worker_pool.h"

namespace odometer {
namespace {

// Beyond these, of one org, a client is better told to come again.
constexpr size_t kMaxQueuedReads = 1'000;
constexpr size_t kMaxQueuedWrites = 200;
constexpr size_t kMaxQueuedChecks = 20;
constexpr size_t kMaxParked = 2'000;

// With the parameters, `limit` among them. A token in them is none by now, so a client that shows it there must do so again.
http::Response ToDefinitions(const http::Request& request) {
  const size_t parameters = std::min(request.target.find('?'), request.target.size());
  http::Response response = http::Response::Text(307, "");
  return std::move(response.With("Location", "/metric/" + request.target.substr(parameters)));
}

class QueryService final : public Query {
 public:
  QueryService(QueryOptions options, StateReader* state, ControlWriter* control, Admin* admin, const Clock* clock,
               Metrics* metrics)
      : definitions_here_(options.definitions_here),
        kilometric_(options.tiers, clock),
        instances_(options.instances),
        gauges_(options.tiers, options.gauges),
        health_(options.topic, options.commit_interval_ms, state, admin, clock),
        readers_(options.worker_threads, kMaxQueuedReads),
        writers_(1, kMaxQueuedWrites),
        health_worker_(1, kMaxQueuedChecks),
        waiter_(state, clock, kMaxParked),
        raw_written_(options.raw_written),
        raw_events_(options.topic, {state, &readers_, clock, options.read_timeout_ms}),
        reads_(options.topic, options.min_offset_timeout_ms, options.read_timeout_ms, state, clock, &readers_, &waiter_,
               metrics),
        writes_(options.control_timeout_ms, state, control, clock, &writers_, &waiter_) {
    waiter_.Start();
  }
  ~QueryService() override { Stop(); }

  void AddRoutes(http::Router* router) override {
    auto kilometric = [this](const http::Request& request, StateView* view) { return kilometric_.Read(request, view); };
    AddRead(router, "/read", kilometric);
    router->Add(http::Method::kGet, "/metric", http::Access::kRead,
                [this, kilometric](http::Request& request, http::Responder responder) {
                  // Two dialects have this path; only Kilometric's clients name a key.
                  const bool asks_for_list = request.authenticated && !request.Query("key");
                  if (definitions_here_ && asks_for_list) return responder.Send(ToDefinitions(request));
                  reads_.Serve(request, std::move(responder), kilometric);
                });
    router->AddSimple(http::Method::kGet, "/gauges", http::Access::kRead,
                      [this](const http::Request& request) { return gauges_.List(request); });
    AddRead(router, "/gauges/{names}",
            [this](const http::Request& request, StateView* view) { return gauges_.Read(request, view); });
    for (const char* pattern : {"/data/metrics", "/data/metrics/"}) {
      AddRead(router, pattern,
              [](const http::Request& request, StateView* view) { return ReadRecords(request, view); });
      router->Add(http::Method::kPost, pattern, http::Access::kWrite,
                  [this](http::Request& request, http::Responder responder) {
                    writes_.Post(request, std::move(responder));
                  });
    }
    AddRead(router, "/api/v1/status/cardinality",
            [](const http::Request& request, StateView* view) { return ReadCardinality(request, view); });
    constexpr char kRecord[] = "/data/metrics/{record}";
    AddRead(router, kRecord, [](const http::Request& request, StateView* view) { return ReadRecord(request, view); });
    router->Add(http::Method::kDelete, kRecord, http::Access::kWrite,
                [this](http::Request& request, http::Responder responder) {
                  writes_.Delete(request, std::move(responder));
                });
    router->Add(http::Method::kGet, "/v1/metrics", http::Access::kRead,
                [this](http::Request& request, http::Responder responder) {
                  const ReadFunction read = [this](const http::Request& kept, StateView* view) {
                    return raw_events_.Read(kept, view);
                  };
                  reads_.Serve(request, std::move(responder), read, raw_written_);
                });
    AddRead(router, "/api/v1/accounting",
            [](const http::Request&, StateView* view) { return AccountingResponse(view->position()); });
    router->Add(http::Method::kGet, "/api/v1/instances", http::Access::kRead,
                [this](http::Request& request, http::Responder responder) {
                  if (readers_.Submit(request.org, [this, responder] { responder.Send(InstancesResponse(instances_())); })) return;
                  responder.Send(BusyResponse("too many queries are under way"));
                });
    router->Add(http::Method::kGet, "/health", http::Access::kOpen, [this](http::Request&, http::Responder responder) {
      if (health_worker_.Submit("", [this, responder] { responder.Send(health_.Check()); })) return;
      responder.Send(BusyResponse("too many health checks are under way"));
    });
    router->AddSimple(http::Method::kGet, "/health/ping", http::Access::kOpen, [](const http::Request&) {
      return http::Response::Text(200, "pong (metrics-api service)");
    });
    http::AddLogoutRoute(router);
  }

  void Stop() override {
    // The waiter first: what it lets go it hands to the readers.
    waiter_.Stop();
    writers_.Stop();
    readers_.Stop();
    health_worker_.Stop();
  }

 private:
  void AddRead(http::Router* router, const char* pattern, ReadFunction read) {
    router->Add(http::Method::kGet, pattern, http::Access::kRead,
                [this, read = std::move(read)](http::Request& request, http::Responder responder) {
                  reads_.Serve(request, std::move(responder), read);
                });
  }

  const bool definitions_here_;
  const Kilometric kilometric_;
  const InstancesNow instances_;
  const Gauges gauges_;
  const Health health_;
  WorkerPool readers_;
  WorkerPool writers_;
  WorkerPool health_worker_;  // of its own, so that it answers while queries wait
  OffsetWaiter waiter_;
  const WrittenOffsets* const raw_written_;
  const RawEvents raw_events_;
  ReadRunner reads_;
  RecordWrites writes_;
};

}  // namespace

std::unique_ptr<Query> NewQuery(QueryOptions options, StateReader* state, ControlWriter* control, Admin* admin,
                                const Clock* clock, Metrics* metrics) {
  return std::make_unique<QueryService>(std::move(options), state, control, admin, clock, metrics);
}

}  // namespace odometer
