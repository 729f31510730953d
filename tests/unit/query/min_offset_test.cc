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
  EXPECT_EQ(set->NotCoveredBy(At({{0, 9}})), std::vector<int32_t>{3});
}

TEST(OffsetSet, OfAPartitionThatStandsTwiceTheHigherOffsetCounts) {
  Result<OffsetSet> set = OffsetSet::Parse("t/0@7,t/0@1", "t");
  ASSERT_TRUE(set.ok());
  EXPECT_FALSE(set->ReachedBy(At({{0, 5}})));
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
                         testing::Values("", ",", "t", "t/0", "t@1", "/0@1", "u/0@1", "t/0@", "t/@1", "t/0@-1",
                                         "t/-1@1", "t/0@1,", ",t/0@1", "t/0@1x", "t/0x@1", "t/0@1 2",
                                         "t/0@9223372036854775808", "t/2147483648@1", "t/0@1;t/1@1"));

}  // namespace
}  // namespace odometer
