// Pages of series, through the reader that builds them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/model/aggregate_codec.h"
#include "common/state/local_reader.h"
#include "common/store/memory_store.h"
#include "tests/unit/state/state_writer.h"

namespace odometer {
namespace {

using testing::ElementsAre;

class TotalsPageTest : public testing::Test {
 protected:
  // The pages, one text each.
  std::vector<std::string> Pages(const SeriesSelector& selector, size_t limit) {
    std::vector<std::string> pages;
    std::string after;
    do {
      Result<SeriesPage> page = reader_->ReadTotals(selector, after, limit);
      pages.push_back(Text(page));
      after = page.ok() ? page->next_after : "";
    } while (!after.empty());
    return pages;
  }

  std::unique_ptr<MemoryStore> store_ = NewMemoryStore(StateLayout(TestTiers()).families);
  StateWriter state_{store_.get()};
  std::unique_ptr<StateReader> reader_ = NewLocalReader(store_.get(), state_.layout());
};

TEST_F(TotalsPageTest, SeriesOfSeveralTasksAreMergedAndSorted) {
  state_.Add(0, MakeSeries("b", {{"level", "y"}}), 1'000, 1);
  state_.Add(0, MakeSeries("b", {{"level", "x"}}), 1'000, 10);
  state_.Add(1, MakeSeries("b", {{"level", "y"}}), 1'000, 100);
  state_.Add(1, MakeSeries("b"), 1'000, 1'000);
  state_.Add(1, MakeSeries("a", {}, MetricType::kTimer), 1'000, 5);
  state_.Add(0, MakeSeries("a"), 1'000, 7);
  EXPECT_THAT(Pages({}, 100),
              ElementsAre("a counter=1/7, a timer=1/5, b counter=1/1000, x.b counter=1/10, "
                          "y.b counter=2/101"));
}

TEST_F(TotalsPageTest, PagesOfEverySizeShowEverySeriesOnce) {
  for (const char* host : {"c", "a", "d", "b"}) state_.Add(0, MakeSeries("m", {{"level", host}}), 1'000, 1);
  for (const char* host : {"b", "e"}) state_.Add(1, MakeSeries("m", {{"level", host}}), 1'000, 10);
  state_.Add(1, MakeSeries("a"), 1'000, 3);
  state_.Add(0, MakeSeries("z"), 1'000, 4);
  EXPECT_THAT(Pages({}, 1),
              ElementsAre("a counter=1/3 more", "a.m counter=1/1 more", "b.m counter=2/11 more",
                          "c.m counter=1/1 more", "d.m counter=1/1 more", "e.m counter=1/10 more",
                          "z counter=1/4"));
  EXPECT_THAT(Pages({}, 3), ElementsAre("a counter=1/3, a.m counter=1/1, b.m counter=2/11 more",
                                        "c.m counter=1/1, d.m counter=1/1, e.m counter=1/10 more",
                                        "z counter=1/4"));
  EXPECT_THAT(Pages({}, 7).size(), 1u);
  EXPECT_THAT(Pages({.name = "m"}, 2),
              ElementsAre("a.m counter=1/1, b.m counter=2/11 more",
                          "c.m counter=1/1, d.m counter=1/1 more", "e.m counter=1/10"));
  EXPECT_THAT(Pages({.name = "m"}, 5).size(), 1u);
}

TEST_F(TotalsPageTest, TheSelectorHoldsOnEveryPage) {
  for (const char* host : {"a", "b"}) {
    for (const char* name : {"m", "n"}) {
      state_.Add(0, MakeSeries(name, {{"level", host}}), 1'000, 1);
      state_.Add(0, MakeSeries(name, {{"level", host}}, MetricType::kGauge), 1'000, 2);
    }
  }
  state_.Add(0, MakeSeries("m", {{"level", "a"}}, MetricType::kGauge, "acme"), 1'000, 9);
  EXPECT_THAT(Pages({.type = MetricType::kGauge, .labels = {{"level", "a"}}}, 1),
              ElementsAre("a.m gauge=1/2 more", "a.n gauge=1/2"));
  EXPECT_THAT(Pages({.org = "acme"}, 1), ElementsAre("a.m gauge=1/9"));
}

TEST_F(TotalsPageTest, LabelsOtherThanTheLevelAreMerged) {
  for (int i = 0; i < 2'000; ++i) {
    const std::string level = i % 2 == 0 ? "a" : "b";
    state_.Add(i % 3, MakeSeries("m", {{"level", level}, {"user", std::to_string(i)}}, MetricType::kTimer), 1'000, 1);
  }
  state_.Add(0, MakeSeries("m", {{"user", "x"}}, MetricType::kTimer), 1'000, 5);
  EXPECT_THAT(Pages({.name = "m"}, 3), ElementsAre("m timer=1/5, a.m timer=1000/1000, b.m timer=1000/1000"));
  EXPECT_THAT(Pages({.name = "m"}, 1),
              ElementsAre("m timer=1/5 more", "a.m timer=1000/1000 more", "b.m timer=1000/1000"));
  EXPECT_EQ(reader_->ReadTotals({.name = "m"}, "", 1)->totals.at(0).aggregate.sketch(), nullptr);
}

TEST_F(TotalsPageTest, QualifiedNamesPageThroughAllTheirSplits) {
  state_.Add(0, MakeSeries("c", {{"level", "a.b"}}), 1'000, 1);
  state_.Add(0, MakeSeries("b.c", {{"level", "a"}}), 1'000, 2);
  state_.Add(0, MakeSeries("a.b.c"), 1'000, 3);
  EXPECT_THAT(Pages({.qualified_name = "a.b.c"}, 1),
              ElementsAre("a.b.c counter=1/3 more", "a.b.c counter=1/2 more", "a.b.c counter=1/1"));
}

TEST_F(TotalsPageTest, ANewSeriesBetweenTwoPagesDisturbsNothing) {
  state_.Add(0, MakeSeries("m", {{"level", "b"}}), 1'000, 1);
  state_.Add(0, MakeSeries("m", {{"level", "d"}}), 1'000, 1);
  SeriesPage first = reader_->ReadTotals({}, "", 1).value();
  state_.Add(0, MakeSeries("m", {{"level", "a"}}), 1'000, 1);
  state_.Add(0, MakeSeries("m", {{"level", "c"}}), 1'000, 1);
  EXPECT_EQ(Text(reader_->ReadTotals({}, first.next_after, 10)), "c.m counter=1/1, d.m counter=1/1");
}

TEST_F(TotalsPageTest, APageEndsBeforeItGetsTooLarge) {
  const std::string long_value(500'000, 'x');
  for (int i = 0; i < 40; ++i) {
    state_.Add(0, MakeSeries("m", {{"level", std::to_string(100 + i) + long_value}}), 1'000, 1);
  }
  size_t series = 0, pages = 0;
  std::string after;
  do {
    SeriesPage page = reader_->ReadTotals({}, after, 1'000).value();
    series += page.totals.size();
    ++pages;
    after = page.next_after;
  } while (!after.empty());
  EXPECT_EQ(series, 40u);
  EXPECT_EQ(pages, 2u);
}

TEST_F(TotalsPageTest, SetsAreMergedByTheirMembers) {
  for (int i = 0; i < 10; ++i) {
    state_.Add(i % 3, MakeSeries("m", {{"level", "a"}, {"user", std::to_string(i)}}, MetricType::kSet), 1'000, i / 2);
  }
  const SeriesPage page = reader_->ReadTotals({.name = "m"}, "", 5).value();
  ASSERT_EQ(page.totals.size(), 1u);
  EXPECT_EQ(page.totals[0].aggregate.count(), 10u);
  EXPECT_EQ(page.totals[0].aggregate.members()->Estimate(), 5u);
}

TEST_F(TotalsPageTest, PagesOfLargeSetsEndEarlyAndShowEverySeriesOnce) {
  // 20 MiB of members, in two tasks each, whose levels come in no order.
  constexpr int kLevels = 1'300;
  Aggregate large;
  for (uint64_t i = 0; i < 5'000; ++i) large.AddMember(DistinctSketch::HashOf(std::to_string(i)), 1'000, {});
  std::string bytes;
  AggregateCodec::Encode(large, &bytes);
  for (int32_t partition : {0, 1}) {
    std::vector<Series> series;
    for (int i = 0; i < kLevels; ++i) {
      series.push_back(MakeSeries("m", {{"level", std::to_string(1'000 + i * 37 % kLevels)}}, MetricType::kSet));
    }
    state_.AddMany(partition, series, 1'000);
    for (SeriesId id = 1; id <= kLevels; ++id) {
      std::string key;
      AppendSeriesKey(partition, id, &key);
      state_.PutRaw(StateLayout::kTotals, key, bytes);
    }
  }
  size_t pages = 0;
  std::vector<std::string> levels;
  std::string after;
  do {
    SeriesPage page = reader_->ReadTotals({}, after, 2'000).value();
    for (const SeriesTotal& total : page.totals) {
      levels.emplace_back(total.series.level());
      ASSERT_EQ(total.aggregate.count(), 10'000u);
    }
    ++pages;
    after = page.next_after;
  } while (!after.empty());
  EXPECT_EQ(pages, 2u);
  EXPECT_EQ(levels.size(), static_cast<size_t>(kLevels));
  EXPECT_TRUE(std::is_sorted(levels.begin(), levels.end()));
  EXPECT_EQ(std::adjacent_find(levels.begin(), levels.end()), levels.end());
}

TEST_F(TotalsPageTest, RefusesForeignCursorsAndEmptyPages) {
  state_.Add(0, MakeSeries("m"), 1'000, 1);
  std::string other_org;
  EncodeSeriesIdentity(MakeSeries("m", {}, MetricType::kCounter, "acme"), &other_org);
  EXPECT_TRUE(reader_->ReadTotals({}, "garbage", 1).status().Is(ErrorKind::kInvalid));
  EXPECT_TRUE(reader_->ReadTotals({}, other_org, 1).status().Is(ErrorKind::kInvalid));
  EXPECT_TRUE(reader_->ReadTotals({}, "", 0).status().Is(ErrorKind::kInvalid));
}

}  // namespace
}  // namespace odometer
