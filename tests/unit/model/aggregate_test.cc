#include "common/model/aggregate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/unit/model/random_aggregate.h"

namespace odometer {
namespace {

Number Whole(int64_t v) { return Number::Of(v); }

// The observations in random order, added to random parts, which are merged pair by pair in random order.
template <typename AddOne>
Aggregate InRandomGroups(std::vector<Observation> observations, AddOne add_one, std::mt19937_64* random) {
  std::shuffle(observations.begin(), observations.end(), *random);
  std::vector<Aggregate> parts(1 + (*random)() % 8);
  for (const Observation& o : observations) add_one(o, &parts[(*random)() % parts.size()]);
  while (parts.size() > 1) {
    size_t to = (*random)() % (parts.size() - 1);
    parts[to].Merge(parts.back());
    parts.pop_back();
  }
  return parts[0];
}

Aggregate InRandomGroups(const std::vector<Observation>& observations, bool with_sketch, std::mt19937_64* random) {
  auto add_one = [&](const Observation& o, Aggregate* part) { part->Add(o.value, o.ts_ms, o.origin, with_sketch); };
  return InRandomGroups(observations, add_one, random);
}

TEST(AggregateTest, AddKeepsEverything) {
  Aggregate aggregate;
  EXPECT_TRUE(aggregate.empty());
  aggregate.Add(Whole(5), 2000, {0, 1}, false);
  aggregate.Add(Whole(-3), 3000, {0, 2}, false);
  aggregate.Add(Number::Of(9.5), 1000, {0, 3}, false);
  EXPECT_EQ(aggregate.count(), 3u);
  EXPECT_EQ(aggregate.sum().ToJson(), "11.5");
  EXPECT_EQ(aggregate.min(), Whole(-3));
  EXPECT_EQ(aggregate.max(), Number::Of(9.5));
  EXPECT_EQ(aggregate.first_ts_ms(), 1000);
  EXPECT_EQ(aggregate.last_ts_ms(), 3000);
  EXPECT_EQ(aggregate.last(), Whole(-3));
  EXPECT_DOUBLE_EQ(aggregate.Mean(), 11.5 / 3);
  EXPECT_EQ(aggregate.sketch(), nullptr);
  EXPECT_EQ(aggregate.members(), nullptr);
}

TEST(AggregateTest, MembersAreCountedOnceEach) {
  Aggregate aggregate;
  int64_t offset = 0;
  for (const char* member : {"ann", "bob", "ann", "cid", "ann"}) {
    aggregate.AddMember(DistinctSketch::HashOf(member), 1000 - offset, {0, offset});
    ++offset;
  }
  EXPECT_EQ(aggregate.members()->Estimate(), 3u);
  EXPECT_EQ(aggregate.count(), 5u);
  EXPECT_EQ(aggregate.first_ts_ms(), 996);
  EXPECT_EQ(aggregate.last_ts_ms(), 1000);
  EXPECT_EQ(aggregate.sum().ToJson(), "0");
  EXPECT_EQ(aggregate.sketch(), nullptr);
}

TEST(AggregateTest, TheLastValueIsByTimeThenPartitionThenOffset) {
  Aggregate aggregate;
  aggregate.Add(Whole(1), 1000, {1, 7}, false);
  aggregate.Add(Whole(2), 999, {9, 9}, false);
  EXPECT_EQ(aggregate.last(), Whole(1)) << "an earlier event";
  aggregate.Add(Whole(3), 1000, {0, 99}, false);
  EXPECT_EQ(aggregate.last(), Whole(1)) << "a smaller partition";
  aggregate.Add(Whole(4), 1000, {1, 6}, false);
  EXPECT_EQ(aggregate.last(), Whole(1)) << "a smaller offset";
  aggregate.Add(Whole(5), 1000, {1, 8}, false);
  EXPECT_EQ(aggregate.last(), Whole(5)) << "a greater offset";
  aggregate.Add(Whole(6), 1000, {2, 0}, false);
  EXPECT_EQ(aggregate.last(), Whole(6)) << "a greater partition";
  aggregate.Add(Whole(7), 1001, {0, 0}, false);
  EXPECT_EQ(aggregate.last(), Whole(7)) << "a later event";
  EXPECT_EQ(aggregate.last_origin().partition, 0);
}

TEST(AggregateTest, MergeOfWholeNumbersGivesTheSameBytesInAnyOrderAndGrouping) {
  std::mt19937_64 random(21);
  for (int round = 0; round < 300; ++round) {
    bool with_sketch = round % 3 == 0;
    std::vector<Observation> observations = RandomObservations(1 + random() % 60, RandomWhole, &random);
    std::string expected = Encoded(AggregateOf(observations, with_sketch));
    ASSERT_EQ(Encoded(InRandomGroups(observations, with_sketch, &random)), expected) << "round " << round;
  }
}

TEST(AggregateTest, MergeOfSetsGivesTheSameBytesInAnyOrderAndGrouping) {
  std::mt19937_64 random(24);
  for (int round = 0; round < 60; ++round) {
    // Up to more members than are kept one by one.
    const size_t size = round % 10 == 0 ? 9'000 : 1 + random() % 60;
    std::vector<Observation> observations = RandomObservations(size, RandomWhole, &random);
    const Aggregate expected = SetOf(observations);
    ASSERT_EQ(Encoded(InRandomGroups(observations, AddAsMember, &random)), Encoded(expected)) << "round " << round;
  }
}

TEST(AggregateTest, MergeOfFractionsAgreesWithinATrillionthOfTheSumOfMagnitudes) {
  std::mt19937_64 random(22);
  for (int round = 0; round < 200; ++round) {
    std::vector<Observation> observations = RandomObservations(1 + random() % 500, RandomFraction, &random);
    Aggregate expected = AggregateOf(observations, true);
    Aggregate merged = InRandomGroups(observations, true, &random);
    double magnitudes = 0;
    for (const Observation& o : observations) magnitudes += std::abs(o.value.AsDouble());
    ASSERT_LE(std::abs(merged.sum().AsDouble() - expected.sum().AsDouble()), 1e-12 * magnitudes);
    ASSERT_EQ(merged.count(), expected.count());
    ASSERT_EQ(merged.min(), expected.min());
    ASSERT_EQ(merged.max(), expected.max());
    ASSERT_EQ(merged.last(), expected.last());
    ASSERT_EQ(merged.last_origin().offset, expected.last_origin().offset);
    ASSERT_EQ(merged.first_ts_ms(), expected.first_ts_ms());
    ASSERT_EQ(*merged.sketch(), *expected.sketch());
  }
}

TEST(AggregateTest, MergeWithNothingChangesNothing) {
  std::mt19937_64 random(23);
  Aggregate aggregate = AggregateOf(RandomObservations(20, RandomFraction, &random), true);
  std::string before = Encoded(aggregate);
  aggregate.Merge(Aggregate());
  EXPECT_EQ(Encoded(aggregate), before);
  Aggregate empty;
  empty.Merge(aggregate);
  EXPECT_EQ(Encoded(empty), before);
}

TEST(AggregateTest, CopiesDoNotShareTheirSketch) {
  Aggregate original;
  original.Add(Whole(10), 1, {0, 0}, true);
  Aggregate copy = original;
  copy.Add(Whole(1000), 2, {0, 1}, true);
  EXPECT_EQ(original.sketch()->count(), 1u);
  EXPECT_EQ(copy.sketch()->count(), 2u);
  original = copy;
  EXPECT_EQ(Encoded(original), Encoded(copy));
  EXPECT_GT(copy.HeapBytes(), sizeof(Sketch));

  Aggregate set;
  set.AddMember(1, 1, {0, 0});
  Aggregate other = set;
  other.AddMember(uint64_t{2} << 40, 2, {0, 1});
  EXPECT_EQ(set.members()->Estimate(), 1u);
  EXPECT_EQ(other.members()->Estimate(), 2u);
  EXPECT_GT(other.HeapBytes(), sizeof(DistinctSketch));
}

TEST(AggregateTest, CountsStopAtTheirLargestInsteadOfBecomingEmpty) {
  Aggregate::Parts parts;
  parts.count = std::numeric_limits<uint64_t>::max();
  Aggregate aggregate = Aggregate::FromParts(parts);
  aggregate.Add(Whole(1), 1, {0, 0}, false);
  EXPECT_EQ(aggregate.count(), parts.count);
  aggregate.Merge(Aggregate(aggregate));
  EXPECT_EQ(aggregate.count(), parts.count);
}

TEST(AggregateTest, FromParts) {
  Aggregate::Parts parts;
  parts.count = 4;
  parts.sum.Add(Whole(100));
  parts.min = Whole(10);
  parts.max = Whole(40);
  parts.last = Whole(30);
  parts.first_ts_ms = 500;
  parts.last_ts_ms = 900;
  parts.last_origin = {3, 77};
  Aggregate aggregate = Aggregate::FromParts(parts);
  aggregate.Add(Whole(50), 1000, {3, 78}, true);
  EXPECT_EQ(aggregate.count(), 5u);
  EXPECT_EQ(aggregate.sum().ToJson(), "150");
  EXPECT_EQ(aggregate.max(), Whole(50));
  EXPECT_EQ(aggregate.first_ts_ms(), 500);
  EXPECT_EQ(aggregate.last(), Whole(50));
  EXPECT_EQ(aggregate.sketch()->count(), 1u) << "only what was added since";
  parts.count = 0;
  EXPECT_TRUE(Aggregate::FromParts(parts).empty());
}

}  // namespace
}  // namespace odometer
