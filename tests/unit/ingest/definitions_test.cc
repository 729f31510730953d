#include "ingest/definitions.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>

#include "common/model/decision.h"
#include "common/state/definition_table.h"
#include "tests/unit/ingest/ingest_fixture.h"

namespace odometer {
namespace {

using nlohmann::json;
using http::Method;

constexpr int kTimeoutMs = 10'000;

// The routes, over commands that are decided when a test says so.
class DefinitionsTest : public IngestFixture {
 protected:
  DefinitionsTest() {
    AddDefinitionRoutes({.commands_topic = "metrics.commands", .timeout_ms = kTimeoutMs}, &producer_, &table_, &clock_,
                        &router_);
    table_.SetReady(4);
  }

  std::shared_ptr<FakeSink> Ask(Method method, const std::string& pattern, const std::string& code = "",
                                const std::string& body = "", Headers headers = {}) {
    http::Request request;
    if (!code.empty()) request.path_params = {code};
    request.body = body;
    request.headers = std::move(headers);
    return Call(method, pattern, std::move(request));
  }
  std::shared_ptr<FakeSink> Create(const std::string& body) { return Ask(Method::kPost, "/metric/", "", body); }

  // What the processor would do with the commands that were written and not decided yet.
  void Decide() {
    for (; decided_ < producer_.produced.size(); ++decided_) {
      const Command command = *DecodeCommand(producer_.produced[decided_].value);
      const auto entry = table_.Find(command.org, command.code);
      table_.Apply(odometer::Decide(entry ? &entry->definition : nullptr, command,
                                    {.offset = static_cast<int64_t>(decided_), .timestamp_ms = clock_.WallMs()})
                       .outcome);
    }
  }
  static void Expect(const std::shared_ptr<FakeSink>& sink, int status, const json& body) {
    ASSERT_TRUE(sink->answer);
    EXPECT_EQ(sink->answer->status, status);
    EXPECT_EQ(json::parse(sink->answer->body), body);
  }
  static json BodyOf(const std::shared_ptr<FakeSink>& sink) {
    return sink->answer ? json::parse(sink->answer->body) : json();
  }
  // The place and the type of the only field error.
  static void ExpectFieldError(const std::shared_ptr<FakeSink>& sink, const json& place, const std::string& type) {
    ASSERT_TRUE(sink->answer);
    EXPECT_EQ(sink->answer->status, 422);
    const json errors = BodyOf(sink)["detail"];
    ASSERT_EQ(errors.size(), 1u) << errors;
    EXPECT_EQ(errors[0]["loc"], place);
    EXPECT_EQ(errors[0]["type"], type);
  }

  DefinitionTable table_;
  size_t decided_ = 0;
};

TEST_F(DefinitionsTest, AnswersACreateWithTheWholeMetricOnceItIsDecided) {
  auto sink = Create(R"({"code":" temp ","name":"Temperature"})");
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(producer_.produced[0].topic, "metrics.commands");
  EXPECT_EQ(producer_.produced[0].key, "default/TEMP");
  producer_.Acknowledge(0, 0, 0);
  EXPECT_FALSE(sink->answer);
  Decide();
  Expect(sink, 200, json::parse(R"({"id":1,"org":"default","code":"TEMP","name":"Temperature","min_reading":-9999999,
      "max_reading":9999999,"truncate_reading_to":null,"active":true,"current_reading":null,"current_reading_at":null,
      "last_reading":null,"last_reading_at":null,"meters":[]})"));
  EXPECT_EQ(sink->answer->content_type, "application/json");
}

TEST_F(DefinitionsTest, TheSecondCreateIsA409) {
  auto first = Create(R"({"code":"A","name":"a"})");
  auto second = Create(R"({"code":"A","name":"b"})");
  Decide();
  EXPECT_EQ(first->answer->status, 200);
  Expect(second, 409, {{"detail", "Metric already registered"}});
}

TEST_F(DefinitionsTest, SaysWhatIsWrongWithACreate) {
  Expect(Create("nonsense"), 400, {{"detail", "There was an error parsing the body"}});
  ExpectFieldError(Create(""), {"body", "metric"}, "value_error.missing");
  ExpectFieldError(Create("[1]"), {"body", "metric"}, "type_error.dict");
  ExpectFieldError(Create(R"({"code":"A"})"), {"body", "metric", "name"}, "value_error.missing");
  ExpectFieldError(Create(R"({"code":"A-1","name":"a"})"), {"body", "metric", "code"}, "value_error.str.regex");
  ExpectFieldError(Create(R"({"code":7,"name":"a"})"), {"body", "metric", "code"}, "type_error.str");
  ExpectFieldError(Create(R"({"code":"A","name":"a","min_reading":"x"})"), {"body", "metric", "min_reading"},
                   "type_error.integer");
  ExpectFieldError(Create(R"({"code":"A","name":"a","min_reading":1.5})"), {"body", "metric", "min_reading"},
                   "type_error.integer");
  ExpectFieldError(Create(R"({"code":"A","name":"a","min_reading":5,"max_reading":4})"),
                   {"body", "metric", "max_reading"}, "value_error");
  ExpectFieldError(Create(R"({"code":"A","name":"a","truncate_reading_to":"fortnight"})"),
                   {"body", "metric", "truncate_reading_to"}, "type_error.enum");
  EXPECT_EQ(BodyOf(Create("{}"))["detail"].size(), 2u);
  EXPECT_TRUE(producer_.produced.empty());
}

TEST_F(DefinitionsTest, RecordsReadingsAndShowsThem) {
  Create(R"({"code":"A","name":"a","truncate_reading_to":"hour"})");
  Decide();
  auto first = Ask(Method::kPost, "/metric/{code}", "a", R"({"reading":3,"reading_at":"2020-05-01T10:20:30+02:00"})");
  auto second = Ask(Method::kPost, "/metric/{code}", "A", R"({"reading":"4"})");
  Decide();
  Expect(first, 200, json::parse(R"({"reading":3,"reading_at":"2020-05-01T08:00:00","metric_id":1,
                                     "recorded_at":"2023-11-14T22:13:20"})"));
  EXPECT_EQ(BodyOf(second)["reading_at"], "2023-11-14T22:00:00");
  const json metric = BodyOf(Ask(Method::kGet, "/metric/{code}", "A"));
  EXPECT_EQ(metric["current_reading"], 4);
  EXPECT_EQ(metric["current_reading_at"], "2023-11-14T22:00:00");
  EXPECT_EQ(metric["last_reading"], 3);
  EXPECT_EQ(metric["meters"].size(), 2u);
  EXPECT_EQ(metric["meters"][0]["reading"], 3);
}

TEST_F(DefinitionsTest, SaysWhatIsWrongWithAReading) {
  auto record = [&](const char* body) { return Ask(Method::kPost, "/metric/{code}", "A", body); };
  ExpectFieldError(record("{}"), {"body", "meter", "reading"}, "value_error.missing");
  ExpectFieldError(record(R"({"reading":null})"), {"body", "meter", "reading"}, "type_error.integer");
  ExpectFieldError(record(R"({"reading":9223372036854775808})"), {"body", "meter", "reading"}, "type_error.integer");
  ExpectFieldError(record(R"({"reading":-9223372036854775809})"), {"body", "meter", "reading"}, "type_error.integer");
  ExpectFieldError(record(R"({"reading":1,"reading_at":"yesterday"})"), {"body", "meter", "reading_at"},
                   "value_error.datetime");
  auto unknown = record(R"({"reading":1})");
  Decide();
  EXPECT_EQ(unknown->answer->status, 404);
}

TEST_F(DefinitionsTest, GoesThroughTheLifeOfAMetric) {
  Create(R"({"code":"A","name":"a"})");
  Decide();
  auto status = [&](Method method, const char* pattern, const char* body = "") {
    auto sink = Ask(method, pattern, "A", body);
    Decide();
    return sink->answer ? sink->answer->status : 0;
  };
  EXPECT_EQ(status(Method::kPost, "/metric/{code}/activate"), 409);
  EXPECT_EQ(status(Method::kDelete, "/metric/{code}"), 409);
  EXPECT_EQ(status(Method::kPut, "/metric/{code}", R"({"name":"b"})"), 200);
  EXPECT_EQ(BodyOf(Ask(Method::kGet, "/metric/{code}", "A"))["name"], "b");
  EXPECT_EQ(status(Method::kPut, "/metric/{code}", R"({"min_reading":99999999})"), 422);
  EXPECT_EQ(status(Method::kPut, "/metric/{code}", R"({"code":"B"})"), 422);
  EXPECT_EQ(status(Method::kPost, "/metric/{code}/deactivate"), 200);
  EXPECT_EQ(status(Method::kPost, "/metric/{code}/deactivate"), 409);
  EXPECT_EQ(status(Method::kPost, "/metric/{code}", R"({"reading":1})"), 409);
  EXPECT_EQ(status(Method::kPost, "/metric/{code}/activate"), 200);
  EXPECT_EQ(status(Method::kPost, "/metric/{code}/deactivate"), 200);
  EXPECT_EQ(status(Method::kDelete, "/metric/{code}"), 200);
  EXPECT_EQ(status(Method::kDelete, "/metric/{code}"), 404);
  EXPECT_EQ(Ask(Method::kGet, "/metric/{code}", "A")->answer->status, 404);
  EXPECT_EQ(Ask(Method::kGet, "/metric/{code}", "no code")->answer->status, 404);
}

TEST_F(DefinitionsTest, ListsUpToALimit) {
  for (const char* code : {"C", "A", "B"}) Create(R"({"name":"n","code":")" + std::string(code) + "\"}");
  Decide();
  auto list = [&](const char* limit) {
    http::Request request;
    if (limit != nullptr) request.query = {{"limit", limit}};
    return Call(Method::kGet, "/metric/", std::move(request));
  };
  EXPECT_EQ(BodyOf(list(nullptr)).size(), 3u);
  EXPECT_EQ(BodyOf(list("2"))[1]["code"], "B");
  EXPECT_EQ(BodyOf(list("0")).size(), 0u);
  ExpectFieldError(list("x"), {"query", "limit"}, "type_error.integer");
  ExpectFieldError(list("-1"), {"query", "limit"}, "value_error.number.not_ge");
}

TEST_F(DefinitionsTest, SaysThatTheOutcomeIsNotKnownInTime) {
  auto sink = Create(R"({"code":"A","name":"a"})");
  producer_.Fail(0, Status::Recover("not acknowledged"));  // may have been written: waited for
  EXPECT_FALSE(sink->answer);
  table_.Expire(clock_.SteadyMs() + kTimeoutMs);
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 504);
  EXPECT_NE(sink->answer->body.find("not known"), std::string::npos);
}

TEST_F(DefinitionsTest, WhatWasNotWrittenIsSaidAtOnce) {
  auto sink = Create(R"({"code":"A","name":"a"})");
  producer_.Fail(0, Status::Retry("no broker"));
  ASSERT_TRUE(sink->answer);
  EXPECT_EQ(sink->answer->status, 503);
  producer_.capacity = 1;
  EXPECT_EQ(Create(R"({"code":"B","name":"b"})")->answer->status, 503);
}

TEST_F(DefinitionsTest, BeforeTheTableIsReadyNothingIsTaken) {
  table_.SetNotReady();
  EXPECT_EQ(Create(R"({"code":"A","name":"a"})")->answer->status, 503);
  EXPECT_EQ(Ask(Method::kGet, "/metric/{code}", "A")->answer->status, 503);
  EXPECT_EQ(Ask(Method::kGet, "/metric/")->answer->status, 503);
  EXPECT_TRUE(producer_.produced.empty());
}

TEST_F(DefinitionsTest, EachOrgHasItsOwn) {
  auto as = [&](const std::string& org, Method method, const std::string& pattern, const std::string& body = "") {
    http::Request request;
    request.org = org;
    if (pattern != "/metric/") request.path_params = {"A"};
    request.body = body;
    auto sink = Call(method, pattern, std::move(request));
    Decide();
    return sink;
  };
  const std::string metric = R"({"code":"A","name":"a","org":"globex"})";
  EXPECT_EQ(as("acme", Method::kPost, "/metric/", metric)->answer->status, 200);
  EXPECT_EQ(as("globex", Method::kGet, "/metric/{code}")->answer->status, 404);
  EXPECT_EQ(BodyOf(as("globex", Method::kGet, "/metric/")), json::array());
  const std::pair<Method, const char*> writes[] = {{Method::kPut, "/metric/{code}"},
                                                   {Method::kDelete, "/metric/{code}"},
                                                   {Method::kPost, "/metric/{code}"},
                                                   {Method::kPost, "/metric/{code}/activate"},
                                                   {Method::kPost, "/metric/{code}/deactivate"}};
  for (const auto& [method, pattern] : writes) {
    EXPECT_EQ(as("globex", method, pattern, R"({"reading":1})")->answer->status, 404) << pattern;
    EXPECT_EQ(DecodeCommand(producer_.produced.back().value)->org, "globex");
    EXPECT_EQ(producer_.produced.back().key, "globex/A");
  }
  EXPECT_EQ(as("globex", Method::kPost, "/metric/", metric)->answer->status, 200);
  EXPECT_NE(BodyOf(as("acme", Method::kGet, "/metric/{code}"))["id"],
            BodyOf(as("globex", Method::kGet, "/metric/{code}"))["id"]);
}

TEST_F(DefinitionsTest, EveryRouteSaysWhatTokenItWants) {
  int routes = 0;
  for (const http::Router::Route& route : router_.routes()) {
    if (!route.pattern.starts_with("/metric/")) continue;
    ++routes;
    EXPECT_EQ(route.access, route.method == Method::kGet ? http::Access::kRead : http::Access::kWrite) << route.pattern;
  }
  EXPECT_EQ(routes, 8);
}

TEST_F(DefinitionsTest, TheClientsKeyNamesTheRequest) {
  Ask(Method::kPost, "/metric/{code}", "A", R"({"reading":1})", {{"idempotency-key", "mine"}});
  Ask(Method::kPost, "/metric/{code}", "A", R"({"reading":1})");
  Ask(Method::kPost, "/metric/{code}", "A", R"({"reading":1})");
  ASSERT_EQ(producer_.produced.size(), 3u);
  EXPECT_EQ(DecodeCommand(producer_.produced[0].value)->request_id, "mine");
  EXPECT_NE(DecodeCommand(producer_.produced[1].value)->request_id, DecodeCommand(producer_.produced[2].value)->request_id);
}

}  // namespace
}  // namespace odometer
