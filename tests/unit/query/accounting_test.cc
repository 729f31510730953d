#include "query/accounting.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/model/event_decoder.h"

namespace odometer {
namespace {

using nlohmann::json;

TaskPosition Task(int32_t partition, const Accounting& accounting) {
  return {.partition = partition, .next_input_offset = 40, .accounting = accounting};
}

json Answer(const StatePosition& position) {
  http::Response response = AccountingResponse(position);
  EXPECT_EQ(response.status, 200);
  return json::parse(response.body);
}

Accounting OfEveryKind() {
  Accounting accounting{.consumed = 21, .applied = 1, .duplicate = 2, .late = 3, .overflowed = 4};
  accounting.rejected[static_cast<size_t>(RejectReason::kMalformed)] = 5;
  accounting.rejected[static_cast<size_t>(RejectReason::kBadControl)] = 6;
  return accounting;
}

TEST(AccountingResponse, TellsEveryKindOfEveryTask) {
  TaskPosition task = Task(3, OfEveryKind());
  task.stream_time_ms = 1'603'303'560'000;
  EXPECT_EQ(Answer({4, {task}})["partitions"], json::parse(R"([{
      "partition": 3, "next_offset": 40, "stream_time_ms": 1603303560000, "lag": null, "consumed": 21, "applied": 1,
      "duplicate": 2, "late": 3, "overflowed": 4, "rejected": 11, "rejected_by_reason": {"malformed": 5, "bad_control": 6},
      "balanced": true}])"));
}

TEST(AccountingResponse, SumsTheTasks) {
  json answer = Answer({2, {Task(0, OfEveryKind()), Task(1, OfEveryKind())}});
  answer.erase("partitions");
  answer.erase("commands");
  answer.erase("sources");
  answer.erase("restoring");
  EXPECT_EQ(answer["partitions_total"], 2);
  answer.erase("partitions_total");
  EXPECT_EQ(answer, json::parse(R"({"consumed": 42, "applied": 2, "duplicate": 4, "late": 6, "overflowed": 8,
      "rejected": 22, "rejected_by_reason": {"malformed": 10, "bad_control": 12}, "balanced": true})"));
}

TEST(AccountingResponse, IsNotBalancedWhenTwoTasksErrInOppositeWays) {
  const json answer = Answer({2, {Task(0, {.consumed = 3, .applied = 2}), Task(1, {.consumed = 3, .applied = 4})}});
  EXPECT_EQ(answer["consumed"], answer["applied"]);
  EXPECT_EQ(answer["balanced"], false);
  EXPECT_EQ(answer["partitions"][0]["balanced"], false);
}

TEST(AccountingResponse, TellsOfCommandsByThemselves) {
  StatePosition position{1, {Task(0, {.consumed = 1, .applied = 1})}};
  position.command_tasks = {Task(0, OfEveryKind()), Task(1, OfEveryKind())};
  const json answer = Answer(position);
  EXPECT_EQ(answer["consumed"], 1);
  EXPECT_EQ(answer["commands"]["consumed"], 42);
  EXPECT_EQ(answer["commands"]["balanced"], true);
}

TEST(AccountingResponse, TellsOfSourcesByThemselvesAndByWhichRulesTheyWereCounted) {
  StatePosition position{1, {Task(0, {.consumed = 1, .applied = 1})}};
  TaskPosition first = Task(0, OfEveryKind()), second = Task(1, {.consumed = 4, .applied = 4});
  first.rules = {.events = 7, .without_events = 1, .forgotten = 2, .versions = {{0xabc, 0, 5}, {0xdef, 30, 6}}};
  second.rules = {.events = 3, .without_events = 1};
  position.sources = {{"shop.orders", 0, 2, {first, second}}};
  const json answer = Answer(position);
  EXPECT_EQ(answer["consumed"], 1);
  const json& source = answer["sources"][0];
  EXPECT_EQ(source["topic"], "shop.orders");
  EXPECT_EQ(source["consumed"], 25);
  EXPECT_EQ(source["balanced"], true);
  EXPECT_EQ(source["events"], 10);
  EXPECT_EQ(source["without_events"], 2);
  EXPECT_EQ(source["partitions"][0]["next_offset"], 40);
  EXPECT_EQ(source["partitions"][0]["rules"], json::parse(R"([
      {"version": "0000000000000abc", "from_offset": 0, "from_ms": 5},
      {"version": "0000000000000def", "from_offset": 30, "from_ms": 6}])"));
  EXPECT_EQ(source["partitions"][0]["rules_forgotten"], 2);
}

TEST(AccountingResponse, TellsWhatIsBeingRestored) {
  StatePosition position{3, {Task(0, {})}};
  position.restoring = {{2, 437}};
  position.sources = {{"shop.orders", 0, 2, {}, {{0, 0}, {1, 1'000}}}};
  const json answer = Answer(position);
  EXPECT_EQ(answer["partitions"].size(), 1u);
  EXPECT_EQ(answer["restoring"], json::parse(R"([{"partition": 2, "progress": 0.437}])"));
  EXPECT_EQ(answer["sources"][0]["restoring"],
            json::parse(R"([{"partition": 0, "progress": 0}, {"partition": 1, "progress": 1}])"));
}

TEST(AccountingResponse, TellsHowFarTheEndIs) {
  TaskPosition behind = Task(0, {}), at_end = Task(1, {}), past_what_was_seen = Task(2, {});
  behind.log_end_offset = 43;
  at_end.log_end_offset = 40;
  past_what_was_seen.log_end_offset = 39;
  const json partitions = Answer({3, {behind, at_end, past_what_was_seen}})["partitions"];
  EXPECT_EQ(partitions[0]["lag"], 3);
  EXPECT_EQ(partitions[1]["lag"], 0);
  EXPECT_EQ(partitions[2]["lag"], 0);
}

TEST(AccountingResponse, BeforeTheFirstEventThereIsNoStreamTime) {
  EXPECT_TRUE(Answer({1, {Task(0, {})}})["partitions"][0]["stream_time_ms"].is_null());
}

}  // namespace
}  // namespace odometer
