// Ingest and query behind one real server, over a broker and a state in memory.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/http/operations.h"
#include "common/kafka/memory_broker.h"
#include "common/state/local_reader.h"
#include "common/store/memory_store.h"
#include "ingest/ingest.h"
#include "query/control_writer.h"
#include "query/query.h"
#include "tests/unit/http/raw_client.h"
#include "tests/unit/serve/held_state.h"

namespace odometer {

inline constexpr const char* kEventsTopic = "metrics.events";

// Of so many connections both ends are files of this process. False: it may not have as many.
inline bool AllowFilesOf(size_t connections) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::max<rlim_t>(files.rlim_cur, 3 * connections);
  return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

// The broker in memory is for one thread; here the I/O threads and the writer of controls use it.
class SharedBroker {
 public:
  SharedBroker() { broker_.CreateTopic({kEventsTopic, 1, 1, {}}); }

  template <typename Function>
  auto With(Function function) {
    MutexLock lock(mutex_);
    return function(broker_);
  }
  // How many records there are.
  int64_t Written() {
    return With([](MemoryBroker& broker) { return broker.CommittedRecords({kEventsTopic, 0}).size(); });
  }

 private:
  SystemClock clock_;
  Mutex mutex_;
  MemoryBroker broker_ ODOMETER_GUARDED_BY(mutex_){&clock_};
};

class SharedProducer : public AsyncProducer {
 public:
  explicit SharedProducer(SharedBroker* broker) : broker_(*broker) {
    producer_ = broker_.With([](MemoryBroker& memory) { return memory.NewAsyncProducer({}); });
  }
  Status Produce(const std::string& topic, const OutRecord& record, Callback done) override {
    return broker_.With([&](MemoryBroker& memory) {
      Status status = producer_->Produce(topic, record, std::move(done));
      memory.Deliver();
      return status;
    });
  }
  Status Flush(int) override { return Status::Ok(); }
  Status Healthy() const override { return Status::Ok(); }

 private:
  SharedBroker& broker_;
  std::unique_ptr<AsyncProducer> producer_;
};

class SharedControlWriter : public ControlWriter {
 public:
  explicit SharedControlWriter(SharedBroker* broker) : broker_(*broker) {
    broker_.With([&](MemoryBroker& memory) {
      admin_ = memory.NewAdmin();
      writer_ = NewControlWriter(
          kEventsTopic,
          [&memory] {
            ProducerOptions options;
            options.transactional_id = "control";
            return Result<std::unique_ptr<TransactionalProducer>>(memory.NewTransactionalProducer(options));
          },
          admin_.get());
      return true;
    });
  }
  Result<std::vector<std::pair<TopicPartition, int64_t>>> Write(Control control) override {
    return broker_.With([&](MemoryBroker&) { return writer_->Write(std::move(control)); });
  }
  Admin* admin() { return admin_.get(); }

 private:
  SharedBroker& broker_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<ControlWriter> writer_;
};

class ServedApis {
 public:
  explicit ServedApis(http::ServerOptions options = {}, QueryOptions query = {},
                      EventSourceNow event_source = [] { return nullptr; })
      : event_source_(std::move(event_source)),
        query_(NewQuery(std::move(query), &held_state_, &control_, control_.admin(), &clock_, &metrics_)),
        routes_(Routes()),
        server_(routes_, std::move(options), &metrics_) {}
  ~ServedApis() {
    HoldReadsOf("");
    server_.server().Stop(0);
    query_->Stop();
  }

  int port() const { return server_.port(); }
  http::RawAnswer Ask(std::string_view bytes) { return server_.Ask(bytes); }
  int64_t Written() { return broker_.Written(); }
  std::vector<MemoryRecord> Records() {
    return broker_.With([](MemoryBroker& broker) { return broker.CommittedRecords({kEventsTopic, 0}); });
  }
  // The org's reads take until the next call; "": nobody's do.
  void HoldReadsOf(const std::string& org) { held_state_.Hold(org); }
  // What the queries read.
  Store* store() { return store_.get(); }
  const std::vector<http::Router::Route>& routes() const { return routes_.routes(); }
  // Of a gauge of the server. Set a few times a second.
  double Level(const std::string& gauge) { return metrics_.Gauge(gauge, "", {{"listener", "test"}}).Value(); }

 private:
  http::Router Routes() {
    http::Router router;
    AddIngestRoutes({.topic = kEventsTopic, .event_source = event_source_}, &producer_, &clock_, &metrics_, &router);
    query_->AddRoutes(&router);
    http::AddOperationsRoutes([] { return std::vector<std::string>(); }, &metrics_, &router);
    return router;
  }

  SystemClock clock_;
  Metrics metrics_;
  const EventSourceNow event_source_;
  SharedBroker broker_;
  SharedProducer producer_{&broker_};
  SharedControlWriter control_{&broker_};
  StateLayout layout_{TierSet::Default()};
  std::unique_ptr<Store> store_ = NewMemoryStore(layout_.families);
  std::unique_ptr<StateReader> state_ = NewLocalReader(store_.get(), layout_);
  HeldState held_state_{state_.get()};
  std::unique_ptr<Query> query_;
  const http::Router routes_;
  http::TestServer server_;
};

// What a client of each API asks when all is well: answered 204 and 200.
inline const std::string kGoodTrack = http::Get("/track?key=visits");
inline const std::string kGoodQuery = http::Get("/metric?key=visits&type=counter");

}  // namespace odometer
