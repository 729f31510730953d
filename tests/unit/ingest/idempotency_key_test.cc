#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/ingest/ingest_fixture.h"

namespace odometer {
namespace {

using ::testing::HasSubstr;
using IdempotencyKeyTest = IngestFixture;

std::string IdOf(const FakeAsyncProducer::Produced& produced) {
  return nlohmann::json::parse(produced.value).value("id", "");
}

TEST_F(IdempotencyKeyTest, IsTheIdOfATrackedEvent) {
  Track({{"key", "visits"}}, {{"idempotency-key", "req-\"1\""}});
  Track({{"key", "visits"}}, {{"idempotency-key", "req-\"1\""}});
  ASSERT_EQ(producer_.produced.size(), 2u);
  EXPECT_EQ(IdOf(producer_.produced[0]), "req-\"1\"");
  // Its retry goes to the same partition.
  EXPECT_EQ(producer_.produced[0].key, producer_.produced[1].key);
  EXPECT_EQ(producer_.produced[0].value, producer_.produced[1].value);
}

TEST_F(IdempotencyKeyTest, IsTheIdOfASingleItemWithoutOne) {
  Post(R"({"name":"a","type":"COUNTER","value":1})", {{"idempotency-key", "k"}});
  Post(R"({"name":"a","type":"COUNTER","value":1,"id":"own"})", {{"idempotency-key", "k"}});
  ASSERT_EQ(producer_.produced.size(), 2u);
  EXPECT_EQ(IdOf(producer_.produced[0]), "k");
  EXPECT_EQ(IdOf(producer_.produced[1]), "own");
}

TEST_F(IdempotencyKeyTest, GivesEachItemOfABatchAnIdByItsPlace) {
  auto sink = Post(R"([{"name":"a","type":"COUNTER","value":1},{"name":""},{"name":"a","type":"COUNTER","value":1},
                       {"name":"a","type":"COUNTER","value":1,"id":"own"}])",
                   {{"idempotency-key", "k"}});
  ASSERT_EQ(producer_.produced.size(), 3u);
  EXPECT_EQ(IdOf(producer_.produced[0]), "k/0");
  EXPECT_EQ(IdOf(producer_.produced[1]), "k/2") << "an item that is refused keeps its place";
  EXPECT_EQ(IdOf(producer_.produced[2]), "own");
  for (size_t i = 0; i < 3; ++i) producer_.Acknowledge(i, 0, static_cast<int64_t>(i));
  ASSERT_TRUE(sink->answer);
  // Sent alone, the failed ones would have the places, and so the ids, of others.
  EXPECT_THAT(sink->answer->body, HasSubstr("send the same batch again, under the same Idempotency-Key"));
}

TEST_F(IdempotencyKeyTest, HasOneTo500Bytes) {
  const std::string longest(500, 'k');
  Post(R"([{"name":"a","type":"COUNTER","value":1}])", {{"idempotency-key", longest}});
  ASSERT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(IdOf(producer_.produced[0]), longest + "/0");
  for (const std::string& bad : {std::string(), longest + "k", std::string("\xff")}) {
    for (auto sink : {Track({{"key", "a"}}, {{"idempotency-key", bad}}),
                      Post(R"({"name":"a","type":"COUNTER","value":1})", {{"idempotency-key", bad}})}) {
      ASSERT_TRUE(sink->answer) << bad;
      EXPECT_EQ(sink->answer->status, 400) << bad;
      EXPECT_THAT(sink->answer->body, HasSubstr("\"bad_id\""));
      EXPECT_THAT(sink->answer->body, HasSubstr("\"field\":\"Idempotency-Key\""));
    }
  }
  EXPECT_EQ(producer_.produced.size(), 1u);
  EXPECT_EQ(Rejected("track", "bad_id"), 3);
  EXPECT_EQ(Rejected("ingest_metrics", "bad_id"), 3);
}

}  // namespace
}  // namespace odometer
