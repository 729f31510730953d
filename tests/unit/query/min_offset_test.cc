#include "query/min_offset.h"

#include <gtest/gtest.h>

#include "common/kafka/offsets_text.h"

namespace odometer {
namespace {

StatePosition At(std::vector<std::pair<int32_t, int64_t>> next_offsets) {
  StatePosition position{.partitions_total = 4};
  for (auto [partition, next] : next_offsets) {
    position.tasks.push_back({.partition = partition, .next_input_offset = next});
  }
  return position;
}

TEST(OffsetSet, IsReachedOnceTheRecordItselfIsPartOfTheState) {
  Result<OffsetSet> set = OffsetSet::Parse("metrics.events/1@41", "metrics.events");
  ASSERT_TRUE(set.ok());
  EXPECT_FALSE(set->ReachedBy(At({{1, 41}})));
  EXPECT_TRUE(set->ReachedBy(At({{1, 42}})));
}

TEST(OffsetSet, WantsEveryPartitionThatItNames) {
  Result<OffsetSet> set = OffsetSet::Parse("t/0@1, t/3@7", "t");
  ASSERT_TRUE(set.ok());
  EXPECT_FALSE(set->ReachedBy(At({{0, 9}, {3, 7}})));
  EXPECT_TRUE(set->ReachedBy(At({{0, 9}, {1, 0}, {3, 8}})));
  EXPECT_TRUE(set->NotCoveredBy(At({{0, 9}, {1, 0}, {3, 7}})).empty());
}

TEST(OffsetSet, IsReachedWithoutThePartitionsOfOtherInstancesButNotByThemAlone) {
  Result<OffsetSet> set = OffsetSet::Parse("t/0@1, t/3@7", "t");
  ASSERT_TRUE(set.ok());
  EXPECT_TRUE(set->ReachedBy(At({{0, 9}})));
  EXPECT_FALSE(set->ReachedBy(At({{0, 1}})));
  EXPECT_FALSE(set->ReachedBy(At({{1, 9}})));
  EXPECT_EQ(set->NotCoveredBy(At({{0, 9}})), std::vector<std::string>{"3"});
}

TEST(OffsetSet, OfAPartitionThatStandsTwiceTheHigherOffsetCounts) {
  Result<OffsetSet> set = OffsetSet::Parse("t/0@7,t/0@1", "t");
  ASSERT_TRUE(set.ok());
  EXPECT_FALSE(set->ReachedBy(At({{0, 5}})));
}

TEST(OffsetSet, OfSourcesIsReachedByTheTasksOfThatSourceAlone) {
  Result<OffsetSet> set = OffsetSet::Parse("t/0@1,shop.orders/0@7", "t");
  ASSERT_TRUE(set.ok());
  StatePosition position = At({{0, 9}});
  EXPECT_FALSE(set->IsKnownTo(position));
  position.sources = {{.topic = "shop.clicks", .slot = 0, .partitions_total = 1, .tasks = {{.next_input_offset = 9}}},
                      {.topic = "shop.orders", .slot = 1, .partitions_total = 1, .tasks = {}}};
  EXPECT_TRUE(set->IsKnownTo(position));
  EXPECT_EQ(set->NotCoveredBy(position), std::vector<std::string>{"shop.orders/0"});
  position.sources[1].tasks = {{.next_input_offset = 7}};
  EXPECT_TRUE(set->NotCoveredBy(position).empty());
  EXPECT_FALSE(set->ReachedBy(position));
  position.sources[1].tasks[0].next_input_offset = 8;
  EXPECT_TRUE(set->ReachedBy(position));
  position.tasks[0].next_input_offset = 1;
  EXPECT_FALSE(set->ReachedBy(position)) << "the input topic's is wanted, too";
}

TEST(OffsetSet, KeepsTheTopicsWhenItIsMerged) {
  OffsetSet set = OffsetSet::Parse("t/0@1", "t").value();
  set.Merge(OffsetSet::Parse("u/0@7,t/0@3", "t").value());
  EXPECT_EQ(set.offsets(), (std::map<TopicPartition, int64_t>{{{"", 0}, 3}, {{"u", 0}, 7}}));
  EXPECT_TRUE(set.CoveredBy(At({})).empty());
  EXPECT_EQ(set.CoveredBy(At({{0, 0}})).offsets(), (std::map<TopicPartition, int64_t>{{{"", 0}, 3}}));
}

TEST(OffsetSet, ReadsWhatOffsetsTextWrites) {
  std::string text = OffsetsText({{{"a.b", 0}, 12}, {{"a.b", 5}, 0}});
  EXPECT_EQ(text, "a.b/0@12,a.b/5@0");
  EXPECT_TRUE(OffsetSet::Parse(text, "a.b").ok());
}

class BadOffsets : public testing::TestWithParam<const char*> {};

TEST_P(BadOffsets, AreAnError) {
  Result<OffsetSet> set = OffsetSet::Parse(GetParam(), "t");
  ASSERT_FALSE(set.ok());
  EXPECT_TRUE(set.status().Is(ErrorKind::kInvalid));
}

INSTANTIATE_TEST_SUITE_P(All, BadOffsets,
                         testing::Values("", ",", "t", "t/0", "t@1", "/0@1", "t/0@", "t/@1", "t/0@-1",
                                         "t/-1@1", "t/0@1,", ",t/0@1", "t/0@1x", "t/0x@1", "t/0@1 2",
                                         "t/0@9223372036854775808", "t/2147483648@1", "t/0@1;t/1@1"));

}  // namespace
}  // namespace odometer
