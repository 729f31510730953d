#include "common/state/cardinality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer {
namespace {

using testing::ElementsAre;
using Row = Cardinality::Row;

TEST(Cardinality, OrgsAndNamesByTheirSeries) {
  CardinalityCounter counter(10);
  counter.Add(0, "acme", "a");
  counter.Add(0, "acme", "b");
  counter.Add(1, "acme", "b");
  for (int i = 0; i < 4; ++i) counter.Add(1, "other", "b");
  const Cardinality cardinality = counter.Take();
  EXPECT_THAT(cardinality.orgs, ElementsAre(Row{"other", "", 4}, Row{"acme", "", 3}));
  EXPECT_THAT(cardinality.names, ElementsAre(Row{"other", "b", 4}, Row{"acme", "b", 2}, Row{"acme", "a", 1}));
  EXPECT_EQ(cardinality.series_by_task, (std::map<int32_t, uint64_t>{{0, 2}, {1, 5}}));
  EXPECT_TRUE(cardinality.overflowing.empty());
}

TEST(Cardinality, WhoOverflowsByTheEvents) {
  CardinalityCounter counter(10);
  counter.AddOverflow("__overflow__", 9);
  counter.AddOverflow("acme", 3);
  counter.AddOverflow("acme", 4);
  counter.Add(0, "acme", "a");
  counter.AddOverflow("other", 0);
  const Cardinality cardinality = counter.Take();
  EXPECT_THAT(cardinality.overflowing, ElementsAre(Row{"__overflow__", "", 9}, Row{"acme", "", 7}, Row{"other", "", 0}));
  EXPECT_THAT(cardinality.orgs, ElementsAre(Row{"acme", "", 1})) << "overflow series are no series of the org's own";
}

TEST(Cardinality, OnlyTheHighestAreKept) {
  CardinalityCounter counter(2);
  for (int org = 10'000; org < 15'000; ++org) {
    for (int i = 0; i <= (org == 12'345 || org == 10'001 ? org - 10'000 : 0); ++i) counter.Add(0, std::to_string(org), "n");
  }
  EXPECT_THAT(counter.Take().orgs, ElementsAre(Row{"12345", "", 2346}, Row{"10001", "", 2}));
}

}  // namespace
}  // namespace odometer
