#include "cli/rules/live_sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace odometer::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LiveSourcesOfRulesTest : public testing::Test {
 protected:
  ~LiveSourcesOfRulesTest() override { std::filesystem::remove(file_); }

  void Write(const std::string& text) { std::ofstream(file_) << text; }
  std::vector<LiveChange> Read(const std::string& topic, const std::string& value) {
    RecordView record;
    record.topic = topic;
    record.partition = 3;
    record.offset = 17;
    record.timestamp_ms = 1'700'000'000'000;
    record.value = value;
    std::vector<LiveChange> changes;
    sources_.Read(record, &changes);
    return changes;
  }

  const std::string file_ = testing::TempDir() + "/live_sources_" + std::to_string(getpid()) + ".yaml";
  RulesInUse rules_{file_};
  LiveSources sources_{&rules_};
};

TEST_F(LiveSourcesOfRulesTest, SaysWhatARecordMayChange) {
  Write("org: acme\nsources: [{topic: orders}, {topic: clicks}]\ntime: /at\n"
        "events: [{topic: orders, labels: {level: shop, country: /country}, "
        "do: [{incr: orders}, {set_value: {gauge: basket, value: /items}}]}]");
  ASSERT_TRUE(rules_.Load().ok());
  EXPECT_THAT(sources_.Topics(), ElementsAre("orders", "clicks"));
  const std::vector<LiveChange> changes = Read("orders", R"({"at":1600000000000,"country":"de","items":2})");
  ASSERT_EQ(changes.size(), 2u);
  const LiveChange& order = changes[0];
  EXPECT_EQ(order.source, "orders");
  EXPECT_EQ(order.partition, 3);
  EXPECT_EQ(order.offset, 17);
  EXPECT_EQ(order.org, "acme");
  EXPECT_EQ(order.qualified_name, "shop.orders");
  EXPECT_EQ(order.point->ts_ms, 1'600'000'000'000);
  EXPECT_THAT(order.point->labels, ElementsAre(std::pair("country", "de"), std::pair("level", "shop")));
  EXPECT_EQ(changes[1].qualified_name, "shop.basket");
  EXPECT_EQ(changes[1].point->type, MetricType::kGauge);
}

TEST_F(LiveSourcesOfRulesTest, SaysNothingOfWhatIsNotCounted) {
  Write("sources: [{topic: orders}, {topic: clicks}]\n"
        "events: [{topic: orders, do: [{incr: {counter: sum, by: /amount}}]}]");
  ASSERT_TRUE(rules_.Load().ok());
  EXPECT_THAT(Read("orders", R"({"amount":"much"})"), IsEmpty());
  EXPECT_THAT(Read("clicks", R"({"amount":1})"), IsEmpty());
  EXPECT_THAT(Read("others", R"({"amount":1})"), IsEmpty());
  EXPECT_EQ(Read("orders", R"({"amount":1})").size(), 1u);
}

TEST_F(LiveSourcesOfRulesTest, GoesByTheRulesOfNow) {
  Write("sources: [{topic: orders}]\nevents: [{do: [{incr: orders}]}]");
  ASSERT_TRUE(rules_.Load().ok());
  EXPECT_EQ(Read("orders", "{}")[0].qualified_name, "orders");
  Write("sources: [{topic: orders}, {topic: more}]\nevents: [{do: [{incr: placed}]}]");
  ASSERT_NE(rules_.Reload(), nullptr);
  EXPECT_THAT(sources_.Topics(), ElementsAre("orders", "more"));
  EXPECT_EQ(Read("orders", "{}")[0].qualified_name, "placed");
}

TEST(LiveSourcesWithoutRules, HaveNone) {
  RulesInUse none{""};
  LiveSources sources(&none);
  EXPECT_THAT(sources.Topics(), IsEmpty());
}

}  // namespace
}  // namespace odometer::cli
