// The routes from the request to the answer, over a state in memory and without a socket.
#include "query/query.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/base/mutex.h"
#include "common/model/control.h"
#include "tests/unit/query/fake_kafka.h"
#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

using http::Method;

constexpr int64_t kStart = 1'603'303'560'000;

// Applies what it is asked to write to the fake state at once, or later, or fails.
class FakeControlWriter : public ControlWriter {
 public:
  explicit FakeControlWriter(FakeStateReader* state) : state_(state) {}

  Result<std::vector<std::pair<TopicPartition, int64_t>>> Write(Control control) override {
    if (before_write) before_write();
    MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    written_.push_back(control);
    std::vector<std::pair<TopicPartition, int64_t>> offsets;
    state_->ChangePosition([&](StatePosition* position) {
      for (TaskPosition& task : position->tasks) {
        offsets.push_back({{"metrics.events", task.partition}, task.next_input_offset});
        if (applies_) ++task.next_input_offset;
      }
    });
    for (int32_t partition : others_) offsets.push_back({{"metrics.events", partition}, 77});
    return offsets;
  }
  // That other instances have.
  void AddPartition(int32_t partition) {
    MutexLock lock(mutex_);
    others_.push_back(partition);
  }
  void FailWith(Status failure) {
    MutexLock lock(mutex_);
    failure_ = std::move(failure);
  }
  void DoNotApply() {
    MutexLock lock(mutex_);
    applies_ = false;
  }
  std::vector<Control> written() {
    MutexLock lock(mutex_);
    return written_;
  }

  std::function<void()> before_write;  // set before the first

 private:
  FakeStateReader* const state_;
  Mutex mutex_;
  std::vector<Control> written_ ODOMETER_GUARDED_BY(mutex_);
  Status failure_ ODOMETER_GUARDED_BY(mutex_);
  std::vector<int32_t> others_ ODOMETER_GUARDED_BY(mutex_);
  bool applies_ ODOMETER_GUARDED_BY(mutex_) = true;
};

class QueryTest : public testing::Test {
 protected:
  QueryTest() { query_->AddRoutes(&router_); }

  http::Response Get(const std::string& pattern, QueryPairs query = {}, std::vector<std::string> path_params = {}) {
    http::Request request = GetRequest(std::move(query));
    request.path_params = std::move(path_params);
    return Call(router_, Method::kGet, pattern, std::move(request));
  }
  http::Response Post(std::string body) {
    http::Request request;
    request.body = std::move(body);
    return Call(router_, Method::kPost, "/data/metrics/", std::move(request));
  }
  http::Response Delete(const std::string& name) {
    http::Request request;
    request.path_params = {name};
    return Call(router_, Method::kDelete, "/data/metrics/{record}", std::move(request));
  }

  Metrics metrics_;
  ManualClock clock_;
  FakeStateReader state_;
  FakeAdmin admin_;
  FakeControlWriter control_{&state_};
  WrittenOffsets raw_written_;
  std::unique_ptr<Query> query_ = NewQuery({.raw_written = &raw_written_}, &state_, &control_, &admin_, &clock_, &metrics_);
  http::Router router_;
};

TEST_F(QueryTest, MetricAndReadAnswerTheSame) {
  state_.Add(MakeSeries("k"), 5, kStart);
  for (const char* pattern : {"/metric", "/read"}) {
    http::Response response = Get(pattern, {{"key", "k"}, {"type", "counter"}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"name":"k","values":[{"from":1603303560000,"to":1603303560000,"value":5}]})");
  }
}

TEST_F(QueryTest, WhoAsksForMetricWithATokenAndWithoutAKeyIsSentToDefinitionsWhereTheyAre) {
  auto ask = [](const http::Router& router, bool authenticated, QueryPairs query) {
    http::Request request = GetRequest(std::move(query));
    request.authenticated = authenticated;
    return Call(router, Method::kGet, "/metric", std::move(request));
  };
  std::unique_ptr<Query> beside = NewQuery({.definitions_here = true}, &state_, &control_, &admin_, &clock_, &metrics_);
  http::Router router;
  beside->AddRoutes(&router);
  const http::Response sent = ask(router, true, {});
  EXPECT_EQ(sent.status, 307);
  EXPECT_EQ(HeaderOf(sent, "Location"), "/metric/");
  http::Request limited = GetRequest({{"limit", "5"}});
  limited.target = "/metric?limit=5";
  limited.authenticated = true;
  EXPECT_EQ(HeaderOf(Call(router, http::Method::kGet, "/metric", limited), "Location"), "/metric/?limit=5");
  EXPECT_EQ(ask(router, false, {}).status, 400);
  EXPECT_EQ(ask(router, true, {{"key", "k"}, {"type", "counter"}}).status, 200);
  EXPECT_EQ(ask(router_, true, {}).status, 400);
}

TEST_F(QueryTest, HeadersSayWhatTheAnswerReflects) {
  state_.Add(MakeSeries("k"), 5, kStart, 1);
  http::Response response = Get("/metric", {{"key", "k"}, {"type", "counter"}});
  EXPECT_EQ(HeaderOf(response, "X-Odometer-Partitions"), "2/2");
  EXPECT_EQ(HeaderOf(response, "X-Odometer-Offsets"), "metrics.events/0@0,metrics.events/1@1");
  EXPECT_TRUE(HeaderOf(response, "X-Odometer-Age-Ms"));
}

TEST_F(QueryTest, AccountingIsServedWithWhatItReflects) {
  state_.ChangePosition([](StatePosition* position) {
    position->tasks[0].next_input_offset = 5;
    position->tasks[0].accounting = {.consumed = 5, .applied = 5};
  });
  http::Response response = Get("/api/v1/accounting", {{"min-offset", "metrics.events/0@4"}, {"require", "complete"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(nlohmann::json::parse(response.body)["consumed"], 5);
  EXPECT_EQ(HeaderOf(response, "X-Odometer-Partitions"), "2/2");
  EXPECT_EQ(HeaderOf(response, "X-Odometer-Offsets"), "metrics.events/0@5,metrics.events/1@0");
  EXPECT_TRUE(HeaderOf(response, "X-Odometer-Age-Ms"));
}

TEST_F(QueryTest, CardinalityIsServedWithWhatItReflects) {
  http::Response response = Get("/api/v1/status/cardinality", {{"limit", "5"}, {"require", "complete"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(nlohmann::json::parse(response.body)["tasks"].size(), 2u);
  EXPECT_EQ(HeaderOf(response, "X-Odometer-Partitions"), "2/2");
}

TEST_F(QueryTest, TheAgeIsThatOfTheOldestTask) {
  const int64_t now = clock_.WallMs();
  state_.ChangePosition([&](StatePosition* position) {
    position->tasks[0] = {.partition = 0, .next_input_offset = 9, .commit_wall_ms = 1, .log_end_offset = 9,
                          .log_end_seen_ms = now - 30};
    position->tasks[1] = {.partition = 1, .next_input_offset = 8, .commit_wall_ms = now - 40, .log_end_offset = 9,
                          .log_end_seen_ms = now};
  });
  EXPECT_EQ(HeaderOf(Get("/data/metrics"), "X-Odometer-Age-Ms"), "40");
  state_.ChangePosition([&](StatePosition* position) { position->tasks[1].next_input_offset = 9; });
  EXPECT_EQ(HeaderOf(Get("/data/metrics"), "X-Odometer-Age-Ms"), "30");
  // A processor that consumes nothing and asks nobody where the log ends: nothing newer than that look is promised.
  clock_.Advance(1'000);
  EXPECT_EQ(HeaderOf(Get("/data/metrics"), "X-Odometer-Age-Ms"), "1030");
  // As from the disk, while the processor is away: the end of the log is not known, and the age grows.
  state_.ChangePosition([&](StatePosition* position) {
    for (TaskPosition& task : position->tasks) {
      task.log_end_offset = -1;
      task.commit_wall_ms = clock_.WallMs() - 40;
    }
  });
  clock_.Advance(60);
  EXPECT_EQ(HeaderOf(Get("/data/metrics"), "X-Odometer-Age-Ms"), "100");
  state_.ChangePosition([](StatePosition* position) { position->tasks.clear(); });
  EXPECT_EQ(HeaderOf(Get("/data/metrics"), "X-Odometer-Age-Ms"), std::nullopt);
}

TEST_F(QueryTest, MissingPartitionsAreToldOrAnErrorWhenAskedFor) {
  state_.Add(MakeSeries("k"), 5, kStart);
  state_.ChangePosition([](StatePosition* position) { position->tasks.pop_back(); });
  http::Response told = Get("/metric", {{"key", "k"}, {"type", "counter"}});
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(HeaderOf(told, "X-Odometer-Partitions"), "1/2");
  http::Response refused = Get("/metric", {{"key", "k"}, {"type", "counter"}, {"require", "complete"}});
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(HeaderOf(refused, "Retry-After"));
  EXPECT_NE(refused.body.find("does not have: 1"), std::string::npos) << refused.body;
  EXPECT_EQ(HeaderOf(refused, "X-Odometer-Partitions"), "1/2");
}

TEST_F(QueryTest, SourcesOfRulesAreCoveredToo) {
  state_.AddOfSource("shop.orders", MakeSeries("k"), 5, kStart);
  http::Response told = Get("/data/metrics");
  EXPECT_EQ(HeaderOf(told, "X-Odometer-Partitions"), "3/3");
  EXPECT_EQ(HeaderOf(told, "X-Odometer-Offsets"), "metrics.events/0@0,metrics.events/1@0,shop.orders/0@1");
  EXPECT_EQ(Get("/data/metrics", {{"require", "complete"}}).status, 200);
  state_.ChangePosition([](StatePosition* position) { position->sources[0].tasks.clear(); });
  http::Response refused = Get("/data/metrics", {{"require", "complete"}});
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("does not have: shop.orders/0"), std::string::npos) << refused.body;
}

TEST_F(QueryTest, TheAgeIsThatOfTasksOfSourcesToo) {
  const int64_t now = clock_.WallMs();
  state_.AddOfSource("shop.orders", MakeSeries("k"), 5, kStart);
  state_.ChangePosition([&](StatePosition* position) {
    for (TaskPosition& task : position->tasks) task.log_end_seen_ms = now - 5;
    position->sources[0].tasks[0].log_end_seen_ms = now - 70;
  });
  EXPECT_EQ(HeaderOf(Get("/data/metrics"), "X-Odometer-Age-Ms"), "70");
}

TEST_F(QueryTest, WhatRulesCountIsNeitherForgottenNorSet) {
  state_.AddOfSource("shop.orders", MakeSeries("k"), 5, kStart);
  http::Response refused = Delete("k");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("counted_by_rules"), std::string::npos) << refused.body;
  EXPECT_EQ(Post(R"({"name":"k","type":"COUNTER","value":1})").status, 409);
  EXPECT_EQ(Delete("other").status, 200);
}

TEST_F(QueryTest, BadConditionsAre400OnEveryRead) {
  EXPECT_EQ(Get("/metric", {{"key", "k"}, {"type", "counter"}, {"min-offset", "x"}}).status, 400);
  EXPECT_EQ(Get("/data/metrics", {{"require", "some"}}).status, 400);
  EXPECT_EQ(Get("/data/metrics/{record}", {{"min-offset", "other/0@1"}}, {"k"}).status, 400);
}

TEST_F(QueryTest, AReadWithMinOffsetAnswersOnceTheStateShowsIt) {
  Caught caught;
  Begin(router_, Method::kGet, "/metric",
        GetRequest({{"key", "k"}, {"type", "counter"}, {"min-offset", "metrics.events/0@0"}}), &caught);
  state_.Add(MakeSeries("k"), 7, kStart);
  http::Response response = caught.Take();
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("\"value\":7"), std::string::npos) << response.body;
}

TEST_F(QueryTest, AReadWithMinOffsetOfASourceWaitsForThatSource) {
  state_.AddOfSource("shop.orders", MakeSeries("k"), 7, kStart);
  const http::Request request =
      GetRequest({{"key", "k"}, {"type", "counter"}, {"min-offset", "metrics.events/0@0,shop.orders/0@1"}});
  Caught caught;
  Begin(router_, Method::kGet, "/metric", request, &caught);
  state_.Add(MakeSeries("other"), 1, kStart);
  state_.Add(MakeSeries("other"), 1, kStart);
  state_.AddOfSource("shop.orders", MakeSeries("k"), 3, kStart);
  http::Response response = caught.Take();
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("\"value\":10"), std::string::npos) << response.body;
}

TEST_F(QueryTest, AMinOffsetOfASourceThatIsNotCoveredIsRefusedAndOneOfNoSourceIsBad) {
  state_.AddOfSource("shop.orders", MakeSeries("k"), 7, kStart);
  http::Response refused = Get("/data/metrics", {{"min-offset", "shop.orders/4@1"}});
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("does not have: shop.orders/4"), std::string::npos) << refused.body;
  http::Response bad = Get("/data/metrics", {{"min-offset", "shop.clicks/0@1"}});
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(bad.body.find("or of a source of the rules"), std::string::npos) << bad.body;
}

TEST_F(QueryTest, ManyWaitingReadsLeaveTheWorkersFree) {
  std::vector<Caught> waiting(100);
  for (Caught& caught : waiting) {
    Begin(router_, Method::kGet, "/data/metrics", GetRequest({{"min-offset", "metrics.events/1@0"}}), &caught);
  }
  EXPECT_EQ(Get("/data/metrics").status, 200);
  state_.Add(MakeSeries("k"), 7, kStart, 1);
  for (Caught& caught : waiting) EXPECT_EQ(caught.Take().status, 200);
}

TEST_F(QueryTest, RawEventsShowWhatWasPostedHere) {
  EXPECT_EQ(Get("/v1/metrics").body, "[]");
  raw_written_.Add(1, 0);
  raw_written_.Add(7, 100);  // another instance's partition
  raw_written_.Add(0, -1);   // not known
  Caught caught;
  Begin(router_, Method::kGet, "/v1/metrics", GetRequest(), &caught);
  EXPECT_EQ(Get("/data/metrics").status, 200) << "others do not wait";
  state_.AddRaw("a", "{}", kStart, 1);
  EXPECT_EQ(caught.Take().body, "[{}]");
}

TEST_F(QueryTest, RawEventsAreShownAsTheyAreWhenThePostedDoNotCome) {
  raw_written_.Add(1, 5);
  Caught caught;
  Begin(router_, Method::kGet, "/v1/metrics", GetRequest(), &caught);
  const http::Response response = caught.TakeWhile([this] { clock_.Advance(100); });
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[]");
}

TEST_F(QueryTest, AReadWhoseOffsetDoesNotComeIs504) {
  Caught caught;
  Begin(router_, Method::kGet, "/data/metrics", GetRequest({{"min-offset", "metrics.events/0@3"}}), &caught);
  clock_.Advance(QueryOptions{}.min_offset_timeout_ms);
  EXPECT_EQ(caught.Take().status, 504);
}

TEST_F(QueryTest, AMinOffsetOfAnotherInstancesPartitionIsRefusedAtOnce) {
  state_.ChangePosition([](StatePosition* position) { position->tasks.pop_back(); });
  http::Response refused = Get("/data/metrics", {{"min-offset", "metrics.events/1@0"}});
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("does not have: 1"), std::string::npos) << refused.body;
  EXPECT_TRUE(HeaderOf(refused, "Retry-After"));
  EXPECT_EQ(HeaderOf(refused, "X-Odometer-Partitions"), "1/2");
}

TEST_F(QueryTest, AViewThatIsLostIsReplacedOnce) {
  state_.Add(MakeSeries("k"), 7, kStart);
  state_.LoseViews(1);
  EXPECT_EQ(Get("/metric", {{"key", "k"}, {"type", "counter"}}).status, 200);
  state_.LoseViews(2);
  http::Response lost = Get("/metric", {{"key", "k"}, {"type", "counter"}});
  EXPECT_EQ(lost.status, 503);
  EXPECT_TRUE(HeaderOf(lost, "Retry-After"));
}

TEST_F(QueryTest, WhatIsBrokenInTheStateIsNotToldToClients) {
  state_.FailWith(Status::Stop("/var/lib/odometer/db is damaged"));
  http::Response broken = Get("/data/metrics");
  EXPECT_EQ(broken.status, 500);
  EXPECT_EQ(broken.body.find("/var"), std::string::npos) << broken.body;
}

TEST_F(QueryTest, AReadThatWaitsTooLongForAWorkerIsNotBegun) {
  std::promise<void> reading, go_on;
  std::atomic<int> reads = 0;
  state_.BeforeReads([&] {
    if (++reads > 1) return;
    reading.set_value();
    go_on.get_future().wait();
  });
  query_ = NewQuery({.worker_threads = 1}, &state_, &control_, &admin_, &clock_, &metrics_);
  http::Router router;
  query_->AddRoutes(&router);
  Caught first, second;
  Begin(router, Method::kGet, "/data/metrics", GetRequest(), &first);
  reading.get_future().wait();
  Begin(router, Method::kGet, "/data/metrics", GetRequest(), &second);
  EXPECT_EQ(Call(router, Method::kGet, "/health", GetRequest()).status, 200);  // though all readers are busy
  clock_.Advance(QueryOptions{}.read_timeout_ms);
  go_on.set_value();
  EXPECT_EQ(first.Take().status, 200);
  EXPECT_EQ(second.Take().status, 503);
  EXPECT_EQ(reads, 1);
}

TEST_F(QueryTest, ARecordIsFoundByItsQualifiedName) {
  state_.Add(MakeSeries("a/b c", MetricType::kGauge, {{"level", "web"}}), 5, kStart);
  http::Response response = Get("/data/metrics/{record}", {}, {"web.a/b c"});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(nlohmann::json::parse(response.body)["name"], "a/b c");
  EXPECT_EQ(Get("/data/metrics/{record}", {}, {"web"}).status, 404);
  for (const char* pattern : {"/data/metrics", "/data/metrics/"}) {
    EXPECT_EQ(nlohmann::json::parse(Get(pattern).body).size(), 1u);
  }
}

TEST_F(QueryTest, APostSetsTheRecordAndSaysWhereItWasWritten) {
  http::Response response = Post(R"({"level":"web","name":"hits","type":"COUNTER","value":12})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/plain");
  EXPECT_EQ(response.body, "Record hits UPDATED");
  EXPECT_EQ(HeaderOf(response, "X-Odometer-Offset"), "metrics.events/0@0,metrics.events/1@0");
  ASSERT_EQ(control_.written().size(), 1u);
  Control control = control_.written()[0];
  EXPECT_EQ(control.org, "default");
  EXPECT_EQ(control.qualified_name, "web.hits");
  ASSERT_TRUE(control.set);
  EXPECT_EQ(control.set->series, MakeSeries("hits", MetricType::kCounter, {{"level", "web"}}));
  // What was written can be read by those who apply it.
  EXPECT_TRUE(DecodeControl(EncodeControl(control)).ok());
}

TEST_F(QueryTest, ABadPostWritesNothing) {
  EXPECT_EQ(Post("").body, "ERROR: empty input");
  EXPECT_EQ(Post(R"({"name":"x","type":"COUNTER","value":"1"})").status, 400);
  EXPECT_TRUE(control_.written().empty());
}

TEST_F(QueryTest, ADeleteForgetsTheRecordAlsoWhenThereIsNone) {
  http::Response response = Delete("web.a/b");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "Record web.a/b DELETED");
  EXPECT_TRUE(HeaderOf(response, "X-Odometer-Offset"));
  ASSERT_EQ(control_.written().size(), 1u);
  EXPECT_EQ(control_.written()[0].qualified_name, "web.a/b");
  EXPECT_FALSE(control_.written()[0].set);
  EXPECT_EQ(Delete("\xff").status, 400);
}

TEST_F(QueryTest, AWriteThatKafkaDoesNotTakeIs503) {
  control_.FailWith(Status::Retry("no broker"));
  http::Response deleted = Delete("x");
  EXPECT_EQ(deleted.status, 503);
  EXPECT_TRUE(HeaderOf(deleted, "Retry-After"));
  EXPECT_EQ(Post(R"({"name":"x","type":"GAUGE","value":1})").status, 503);
}

TEST_F(QueryTest, AWriteThatKafkaRefusesForGoodIs500) {
  control_.FailWith(Status::Stop("not authorised"));
  for (const http::Response& response : {Delete("x"), Post(R"({"name":"x","type":"GAUGE","value":1})")}) {
    EXPECT_EQ(response.status, 500);
    EXPECT_NE(response.body.find(R"("code":"refused")"), std::string::npos) << response.body;
    EXPECT_FALSE(HeaderOf(response, "Retry-After")) << "it would be of no use";
  }
}

TEST_F(QueryTest, AWriteThatIsNotShownInTimeIs504WithItsOffsets) {
  control_.DoNotApply();
  Caught caught;
  http::Request request;
  request.path_params = {"x"};
  Begin(router_, Method::kDelete, "/data/metrics/{record}", std::move(request), &caught);
  // A write that waits for its turn for so long is not made at all; and the waiting begins some time after it.
  http::Response response = caught.TakeWhile([&] {
    if (!control_.written().empty()) clock_.Advance(1'000);
  });
  EXPECT_EQ(response.status, 504);
  EXPECT_TRUE(HeaderOf(response, "X-Odometer-Offset"));
}

TEST_F(QueryTest, AWriteDoesNotWaitForThePartitionsOfOtherInstances) {
  control_.AddPartition(2);
  http::Response response = Delete("x");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(HeaderOf(response, "X-Odometer-Offset"), "metrics.events/0@0,metrics.events/1@0,metrics.events/2@77");
}

TEST_F(QueryTest, AWriteThatWaitsTooLongIsNotWritten) {
  std::promise<void> writing, go_on;
  std::atomic<int> writes = 0;
  control_.before_write = [&] {
    if (++writes > 1) return;
    writing.set_value();
    go_on.get_future().wait();
  };
  auto named = [](const char* name) {
    http::Request request;
    request.path_params = {name};
    return request;
  };
  Caught first, second;
  Begin(router_, Method::kDelete, "/data/metrics/{record}", named("a"), &first);
  writing.get_future().wait();
  Begin(router_, Method::kDelete, "/data/metrics/{record}", named("b"), &second);
  clock_.Advance(QueryOptions{}.control_timeout_ms);
  go_on.set_value();
  EXPECT_EQ(second.Take().status, 503);
  EXPECT_EQ(control_.written().size(), 1u);
  first.Take();
}

TEST_F(QueryTest, HealthAndPingAnswer) {
  EXPECT_EQ(Get("/health").body, R"({"status":"ok"})");
  EXPECT_EQ(Get("/health/ping").body, "pong (metrics-api service)");
}

TEST_F(QueryTest, StopAnswersWhatWaitsAndRefusesWhatComes) {
  Caught caught;
  Begin(router_, Method::kGet, "/data/metrics", GetRequest({{"min-offset", "metrics.events/0@3"}}), &caught);
  query_->Stop();
  EXPECT_EQ(caught.Take().status, 503);
  EXPECT_EQ(Get("/data/metrics").status, 503);
  EXPECT_EQ(Delete("x").status, 503);
  query_->Stop();
}

}  // namespace
}  // namespace odometer
