#include "common/state/local_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/model/aggregate_codec.h"
#include "common/store/memory_store.h"
#include "tests/unit/state/state_writer.h"

namespace odometer {
namespace {

using testing::HasSubstr;

constexpr int64_t kOneSecond = 1'000;
constexpr int64_t kTenSeconds = 10'000;

class LocalReaderTest : public testing::Test {
 protected:
  std::string Windows(const SeriesSelector& selector, const WindowRange& range) {
    return Text(reader_->ReadWindows(selector, range));
  }
  std::string Named(const std::string& name, const WindowRange& range) { return Windows({.name = name}, range); }
  std::string Total(const SeriesSelector& selector) { return Windows(selector, {.size_ms = 0}); }
  std::string Totals(const SeriesSelector& selector) { return Text(reader_->ReadTotals(selector, "", 100)); }
  int64_t CompleteFrom(int64_t size_ms) {
    return reader_->ReadWindows({.name = "hits"}, {.size_ms = size_ms}).value().complete_from_ms;
  }
  std::string Position() { return Text(reader_->Position().value()); }

  std::unique_ptr<MemoryStore> store_ = NewMemoryStore(StateLayout(TestTiers()).families);
  StateWriter state_{store_.get()};
  std::unique_ptr<StateReader> reader_ = NewLocalReader(store_.get(), state_.layout());
};

TEST_F(LocalReaderTest, AnEmptyStoreAnswersNothing) {
  EXPECT_EQ(Position(), "of 0:");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond}), "");
  EXPECT_EQ(Total({.name = "hits"}), "");
  EXPECT_EQ(Totals({}), "");
}

TEST_F(LocalReaderTest, MergesTheTasks) {
  state_.Add(0, MakeSeries("hits"), 1'100, 2);
  state_.Add(1, MakeSeries("hits"), 1'200, 3);
  state_.Add(1, MakeSeries("hits"), 2'200, 4);
  state_.SetPartitionCount(4);
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond}), "0:3/9");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .bucket_ms = kOneSecond}), "1000:2/5 2000:1/4");
  EXPECT_EQ(Named("hits", {.size_ms = kTenSeconds, .bucket_ms = kTenSeconds}), "0:3/9");
  EXPECT_EQ(Total({.name = "hits"}), "0:3/9");
  EXPECT_EQ(Position(), "of 4: 0@1 1@2");
}

class SourcesReaderTest : public LocalReaderTest {
 protected:
  void Source(int32_t slot, const StoredSource& source) {
    state_.PutRaw(StateLayout::kMeta, SourceKey(slot), EncodeSource(source));
  }
};

TEST_F(SourcesReaderTest, MergesWhatRulesHaveCountedToo) {
  Source(0, {"shop.orders", 2, true});
  state_.Add(0, MakeSeries("hits"), 1'100, 2);
  state_.Add(SourceTaskNumber(0, 1), MakeSeries("hits"), 9'200, 3);
  EXPECT_EQ(Total({.name = "hits"}), "0:2/5");
  EXPECT_EQ(Total({.name = "hits", .of_sources = true}), "0:1/3");
  const StatePosition position = reader_->Position().value();
  EXPECT_EQ(Text(position), "of 1: 0@1");
  ASSERT_EQ(position.sources.size(), 1u);
  EXPECT_EQ(position.sources[0].topic, "shop.orders");
  EXPECT_EQ(position.sources[0].partitions_total, 2);
  ASSERT_EQ(position.sources[0].tasks.size(), 1u);
  EXPECT_EQ(position.sources[0].tasks[0].partition, 1);
  EXPECT_EQ(position.stream_time_ms(), 9'200);
  EXPECT_EQ(position.covered_partitions(), 2u);
  EXPECT_EQ(position.all_partitions(), 3u);
}

TEST_F(SourcesReaderTest, SourcesThatAreNotReadAreNotThere) {
  Source(0, {"shop.orders", 2, false});
  Source(3, {"shop.clicks", 1, true});
  state_.Add(SourceTaskNumber(0, 1), MakeSeries("hits"), 1'000, 3);
  state_.Add(SourceTaskNumber(3, 0), MakeSeries("hits"), 1'000, 4);
  EXPECT_EQ(Total({.name = "hits"}), "0:1/4");
  EXPECT_EQ(reader_->Position().value().sources.size(), 1u);
}

TEST_F(LocalReaderTest, APositionNamesTheTasks) {
  state_.Add(0, MakeSeries("hits"), 5'000);
  state_.Add(1, MakeSeries("hits"), 3'000);
  state_.Add(1, MakeSeries("hits"), 4'000);
  StatePosition position = reader_->Position().value();
  EXPECT_EQ(Text(position), "of 2: 0@1 1@2");
  EXPECT_EQ(position.stream_time_ms(), 5'000);
  EXPECT_EQ(position.tasks[0].commit_wall_ms, 1'700'000'000'001);
  EXPECT_EQ(position.tasks[1].accounting.applied, 2u);
}

TEST_F(LocalReaderTest, MergesAllLabelsUnlessTheSelectorNarrows) {
  state_.Add(0, MakeSeries("hits", {{"host", "a"}, {"zone", "x"}}), 1'000, 1);
  state_.Add(0, MakeSeries("hits", {{"host", "b"}, {"zone", "x"}}), 1'000, 10);
  state_.Add(1, MakeSeries("hits", {{"host", "b"}, {"zone", "y"}}), 1'000, 100);
  EXPECT_EQ(Total({.name = "hits"}), "0:3/111");
  EXPECT_EQ(Total({.name = "hits", .labels = {{"host", "b"}}}), "0:2/110");
  EXPECT_EQ(Total({.name = "hits", .labels = {{"zone", "x"}, {"host", "b"}}}), "0:1/10");
  EXPECT_EQ(Total({.name = "hits", .labels = {{"host", ""}}}), "");
  EXPECT_EQ(Total({.name = "hits", .labels = {{"none", "b"}}}), "");
}

TEST_F(LocalReaderTest, KeepsTypesOrgsAndNamesApart) {
  state_.Add(0, MakeSeries("hits"), 1'000, 1);
  state_.Add(0, MakeSeries("hits", {}, MetricType::kGauge), 1'000, 10);
  state_.Add(0, MakeSeries("hits", {}, MetricType::kCounter, "acme"), 1'000, 100);
  state_.Add(0, MakeSeries("hits2"), 1'000, 1'000);
  EXPECT_EQ(Total({.name = "hits", .type = MetricType::kCounter}), "0:1/1");
  EXPECT_EQ(Total({.name = "hits", .type = MetricType::kGauge}), "0:1/10");
  EXPECT_EQ(Total({.name = "hits"}), "0:2/11");
  EXPECT_EQ(Total({.org = "acme", .name = "hits"}), "0:1/100");
  EXPECT_EQ(Total({.type = MetricType::kCounter}), "0:2/1001");
  EXPECT_EQ(Total({}), "0:3/1011");
  EXPECT_EQ(Total({.org = "acm"}), "");
}

TEST_F(LocalReaderTest, FindsQualifiedNamesHoweverTheDotsAreSpread) {
  state_.Add(0, MakeSeries("c", {{"level", "a.b"}}), 1'000, 1);
  state_.Add(0, MakeSeries("b.c", {{"level", "a"}}), 1'000, 10);
  state_.Add(1, MakeSeries("a.b.c"), 1'000, 100);
  state_.Add(1, MakeSeries("c"), 1'000, 1'000);
  state_.Add(1, MakeSeries("c", {{"level", "b"}}), 1'000, 10'000);
  state_.Add(1, MakeSeries("c", {{"level", ".a.b"}}), 1'000, 100'000);
  EXPECT_EQ(Total({.qualified_name = "a.b.c"}), "0:3/111");
  EXPECT_EQ(Total({.qualified_name = "b.c"}), "0:1/10000");
  EXPECT_EQ(Total({.qualified_name = "c"}), "0:1/1000");
  EXPECT_EQ(Total({.name = "b.c", .qualified_name = "a.b.c"}), "0:1/10");
  EXPECT_EQ(Total({.qualified_name = "a.b"}), "");
  EXPECT_EQ(Total({.qualified_name = "..."}), "");
  EXPECT_EQ(Total({.qualified_name = "b.c", .type = MetricType::kTimer}), "");
}

TEST_F(LocalReaderTest, ABareNameWithDotsIsFoundOnce) {
  state_.Add(0, MakeSeries("a.a"), 1'000, 1);
  state_.Add(0, MakeSeries("a", {{"level", "a"}}), 1'000, 10);
  EXPECT_EQ(Total({.qualified_name = "a.a"}), "0:2/11");
}

TEST_F(LocalReaderTest, BucketsMergeTheirWindows) {
  for (int64_t second : {0, 1, 4, 5, 9}) state_.Add(0, MakeSeries("hits"), second * 1'000, 1);
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .bucket_ms = 5'000}), "0:3/3 5000:2/2");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 1'000, .to_ms = 5'999, .bucket_ms = 5'000}),
            "0:2/2 5000:1/1");
}

TEST_F(LocalReaderTest, BucketsOfDifferentLengthsMergeTheirWindows) {
  for (int64_t second : {-1, 0, 1, 4, 5, 8}) state_.Add(0, MakeSeries("hits"), second * 1'000, 1);
  state_.Add(1, MakeSeries("hits"), 4'500, 10);
  const std::vector<int64_t> starts = {-5'000, 1'000, 5'000, 7'000, 8'000};
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = -5'000, .bucket_starts = starts}),
            "-5000:2/2 1000:3/12 5000:1/1 8000:1/1");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 1'000, .to_ms = 7'999, .bucket_starts = starts}),
            "1000:3/12 5000:1/1");
}

TEST_F(LocalReaderTest, RefusesBucketsThatWindowsDoNotMake) {
  state_.Add(0, MakeSeries("hits"), 1'000, 1);
  auto read = [&](std::vector<int64_t> starts, int64_t size_ms = kOneSecond, int64_t bucket_ms = 0) {
    return Named("hits", {.size_ms = size_ms, .from_ms = 0, .bucket_ms = bucket_ms, .bucket_starts = std::move(starts)});
  };
  EXPECT_EQ(read({0, 1'000}), "1000:1/1");
  for (const std::vector<int64_t>& bad : {std::vector<int64_t>{500}, {0, 0}, {0, 2'000, 1'000}, {1'000}}) {
    EXPECT_THAT(read(bad), HasSubstr("invalid"));
  }
  EXPECT_THAT(read({0}, 0), HasSubstr("invalid"));
  EXPECT_THAT(read({0}, kOneSecond, kOneSecond), HasSubstr("invalid"));
  std::vector<int64_t> many(kMaxBuckets + 1);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<int64_t>(i) * kOneSecond;
  EXPECT_THAT(read(many), HasSubstr("more than 100000 buckets"));
}

TEST_F(LocalReaderTest, BucketsBefore1970StartBelowTheirWindows) {
  state_.Add(0, MakeSeries("hits"), -1, 1);
  state_.Add(0, MakeSeries("hits"), -6'000, 1);
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .bucket_ms = 5'000}), "-10000:1/1 -5000:1/1");
}

TEST_F(LocalReaderTest, AWindowCountsWholeIfItsEventsMeetTheRange) {
  state_.Add(0, MakeSeries("hits"), 10'200, 1);
  state_.Add(0, MakeSeries("hits"), 10'800, 1);
  const int64_t kAll = kForever;
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'000, .to_ms = 10'999}), "0:2/2");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'200, .to_ms = 10'800}), "0:2/2");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'500, .to_ms = kAll}), "0:2/2 cut");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 0, .to_ms = 10'500}), "0:2/2 cut");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'800, .to_ms = kAll}), "0:2/2 cut");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'801, .to_ms = kAll}), "");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 0, .to_ms = 10'199}), "");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 11'000, .to_ms = kAll}), "");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 12'000, .to_ms = 9'000}), "");
}

TEST_F(LocalReaderTest, TheTotalCountsIfItMeetsTheRange) {
  state_.Add(0, MakeSeries("hits"), 10'000, 1);
  state_.Add(0, MakeSeries("hits"), 90'000, 1);
  EXPECT_EQ(Named("hits", {.from_ms = 10'000, .to_ms = 90'000}), "0:2/2");
  EXPECT_EQ(Named("hits", {.from_ms = 50'000}), "0:2/2 cut");
  EXPECT_EQ(Named("hits", {.from_ms = 90'001}), "");
  EXPECT_EQ(Named("hits", {.to_ms = 9'999}), "");
}

// One series, its events of one window in two tasks: whether the window counts depends on both together.
TEST_F(LocalReaderTest, WhetherAWindowCountsDoesNotDependOnThePartitions) {
  state_.Add(0, MakeSeries("hits"), 10'200, 1);
  state_.Add(1, MakeSeries("hits"), 10'800, 1);
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'500, .to_ms = 10'600}), "0:2/2 cut");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'500}), "0:2/2 cut");
  EXPECT_EQ(Named("hits", {.from_ms = 10'500, .to_ms = 10'600}), "0:2/2 cut");
}

// Two series: each window is judged by itself.
TEST_F(LocalReaderTest, WhetherAWindowCountsIsDecidedPerSeries) {
  state_.Add(0, MakeSeries("hits", {{"host", "a"}}), 10'200, 1);
  state_.Add(1, MakeSeries("hits", {{"host", "b"}}), 10'800, 1);
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'500}), "0:1/1");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 10'500, .to_ms = 10'600}), "");
  EXPECT_EQ(Named("hits", {.from_ms = 10'500}), "0:1/1");
}

// The 1 s tier keeps 10 s.
TEST_F(LocalReaderTest, RetentionIsByTheHighestStreamTimeOfTheTasks) {
  state_.Add(0, MakeSeries("hits"), 20'000, 1);
  state_.Add(0, MakeSeries("hits"), 21'999, 1);
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .bucket_ms = kOneSecond}), "20000:1/1 21000:1/1");
  EXPECT_EQ(CompleteFrom(kOneSecond), 11'000);
  state_.Add(1, MakeSeries("other"), 31'500, 1);
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .bucket_ms = kOneSecond}), "21000:1/1");
  EXPECT_EQ(CompleteFrom(kOneSecond), 21'000);
  EXPECT_EQ(Named("hits", {.size_ms = kTenSeconds, .bucket_ms = kTenSeconds}), "20000:2/2");
  EXPECT_EQ(CompleteFrom(kTenSeconds), kBeginningOfTime);
  EXPECT_EQ(CompleteFrom(0), kBeginningOfTime);
}

TEST_F(LocalReaderTest, ARestoredTierIsCompleteFromWhereItsChangelogWas) {
  state_.Add(0, MakeSeries("hits"), 20'000, 1);
  state_.Add(1, MakeSeries("hits"), 20'000, 1);
  state_.SetCheckpoint(0, {.complete_from_ms = {{"windows-1s", 15'000}, {"windows-10s", 5'000}}});
  state_.SetCheckpoint(1, {.complete_from_ms = {{"windows-1s", 12'000}}});
  EXPECT_EQ(CompleteFrom(kOneSecond), 15'000);
  EXPECT_EQ(CompleteFrom(kTenSeconds), 5'000);
}

TEST_F(LocalReaderTest, TasksThatAreBeingRestoredAreLeftOut) {
  state_.Add(0, MakeSeries("hits"), 20'000, 1);
  state_.Add(1, MakeSeries("hits"), 50'000, 10);
  state_.SetPartitionCount(2);
  state_.SetCheckpoint(1, {.restoring = true});
  EXPECT_EQ(Position(), "of 2: 0@1");
  EXPECT_EQ(Total({.name = "hits"}), "0:1/1");
  EXPECT_EQ(Totals({}), "hits counter=1/1");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond}), "0:1/1");  // the other's stream time does not count, either
  state_.SetCheckpoint(1, {.restoring = false});
  EXPECT_EQ(Position(), "of 2: 0@1 1@1");
  EXPECT_EQ(Total({.name = "hits"}), "0:2/11");
}

TEST_F(LocalReaderTest, ReadsManySeriesOfOneName) {
  std::vector<Series> series;
  for (int i = 0; i < 20'000; ++i) series.push_back(MakeSeries("hits", {{"user", std::to_string(i)}}));
  state_.AddMany(0, series, 1'500);
  state_.AddMany(1, series, 2'500);
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .bucket_ms = kOneSecond}), "1000:20000/20000 2000:20000/20000");
  EXPECT_EQ(Named("hits", {.size_ms = kOneSecond, .from_ms = 1'600, .to_ms = 2'499}), "");
  EXPECT_EQ(Named("hits", {.from_ms = 1'600, .to_ms = 2'499}), "0:40000/40000 cut");
}

TEST_F(LocalReaderTest, RefusesWhatIsNotKept) {
  EXPECT_THAT(Named("hits", {.size_ms = 2'000}), HasSubstr("invalid: no tier of 2000 ms"));
  EXPECT_THAT(Named("hits", {.size_ms = kOneSecond, .bucket_ms = 1'500}), HasSubstr("invalid"));
  EXPECT_THAT(Named("hits", {.size_ms = 0, .bucket_ms = 1'000}), HasSubstr("invalid"));
  auto no_totals = NewLocalReader(store_.get(), StateLayout({TestTiers().windows, false}));
  EXPECT_TRUE(no_totals->ReadWindows({}, {.size_ms = 0}).status().Is(ErrorKind::kInvalid));
  EXPECT_TRUE(no_totals->ReadTotals({}, "", 10).status().Is(ErrorKind::kInvalid));
}

TEST_F(LocalReaderTest, RefusesTooManyBuckets) {
  TierSet one_tier{{{1, kForever}}, true};
  auto store = NewMemoryStore(StateLayout(one_tier).families);
  StateWriter state(store.get(), one_tier);
  state.Add(0, MakeSeries("hits"), 0);
  Aggregate one;
  one.Add(Number::Of(int64_t{1}), 0, {}, false);
  std::string value;
  AggregateCodec::Encode(one, &value);
  auto batch = store->NewBatch();
  for (int64_t ms = 1; ms <= static_cast<int64_t>(kMaxBuckets); ++ms) {
    std::string key;
    AppendWindowKey(0, 1, ms, &key);
    batch->Put(StateLayout::kFirstWindows, key, value);
  }
  ASSERT_TRUE(store->Write(std::move(batch)).ok());
  auto reader = NewLocalReader(store.get(), state.layout());
  const int64_t last = kMaxBuckets;
  EXPECT_EQ(reader->ReadWindows({.name = "hits"}, {.size_ms = 1, .from_ms = 1, .to_ms = last, .bucket_ms = 1})
                .value()
                .buckets.size(),
            kMaxBuckets);
  EXPECT_THAT(Text(reader->ReadWindows({.name = "hits"}, {.size_ms = 1, .to_ms = last, .bucket_ms = 1})),
              HasSubstr("invalid: more than 100000 buckets"));
}

TEST_F(LocalReaderTest, CountsTheSeriesOfCoveredTasks) {
  state_.Add(0, MakeSeries("hits"), 1'000);
  state_.Add(0, MakeSeries("hits", {{"user", "1"}}), 1'000);
  state_.Add(1, MakeSeries("hits"), 1'000);
  state_.Add(1, MakeSeries("a", {}, MetricType::kTimer, "acme"), 1'000);
  for (int i = 0; i < 3; ++i) state_.Add(1, MakeSeries("__overflow__", {}, MetricType::kGauge, "acme"), 1'000);
  state_.Add(2, MakeSeries("elsewhere"), 1'000);
  state_.SetCheckpoint(2, {.restoring = true});
  const Cardinality counted = reader_->View({}).value()->ReadCardinality(std::nullopt, 10).value();
  using Row = Cardinality::Row;
  EXPECT_EQ(counted.series_by_task, (std::map<int32_t, uint64_t>{{0, 2}, {1, 2}}));
  EXPECT_EQ(counted.orgs, (std::vector<Row>{{"default", "", 3}, {"acme", "", 1}}));
  EXPECT_EQ(counted.names, (std::vector<Row>{{"default", "hits", 3}, {"acme", "a", 1}}));
  EXPECT_EQ(counted.overflowing, (std::vector<Row>{{"acme", "", 3}}));

  ManualClock clock;
  EXPECT_TRUE(reader_->View(Deadline(&clock, clock.SteadyMs()))
                  .value()
                  ->ReadCardinality(std::nullopt, 10)
                  .status()
                  .Is(ErrorKind::kRetry));
}

TEST_F(LocalReaderTest, CountsTheSeriesOfOneOrg) {
  state_.Add(0, MakeSeries("hits"), 1'000);
  state_.Add(0, MakeSeries("__overflow__"), 1'000);
  // Orgs that lie just before and just behind it in the index.
  for (const char* org : {"acm", "acme", "acme2", "acme.x", "acmf"}) {
    state_.Add(1, MakeSeries("a", {}, MetricType::kCounter, org), 1'000);
    state_.Add(1, MakeSeries("__overflow__", {}, MetricType::kCounter, org), 1'000);
  }
  const Cardinality counted = reader_->View({}).value()->ReadCardinality("acme", 10).value();
  using Row = Cardinality::Row;
  EXPECT_EQ(counted.series_by_task, (std::map<int32_t, uint64_t>{{1, 1}}));
  EXPECT_EQ(counted.orgs, (std::vector<Row>{{"acme", "", 1}}));
  EXPECT_EQ(counted.names, (std::vector<Row>{{"acme", "a", 1}}));
  EXPECT_EQ(counted.overflowing, (std::vector<Row>{{"acme", "", 1}}));
}

TEST_F(LocalReaderTest, WhatCannotBeDecodedStops) {
  state_.Add(0, MakeSeries("hits"), 1'000);
  std::string key;
  AppendSeriesKey(0, 1, &key);
  state_.PutRaw(StateLayout::kTotals, key, "garbage");
  EXPECT_THAT(Total({.name = "hits"}), HasSubstr("stop: the store's family totals"));
  EXPECT_THAT(Totals({}), HasSubstr("stop: "));
  state_.PutRaw(StateLayout::kMeta, MetaKey(0), "garbage");
  EXPECT_TRUE(reader_->Position().status().Is(ErrorKind::kStop));
}

TEST_F(LocalReaderTest, AViewIsOfOneMoment) {
  state_.Add(0, MakeSeries("hits"), 1'000);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) state_.Add(0, MakeSeries("hits"), 1'000);
    done = true;
  });
  do {
    std::unique_ptr<StateView> view = reader_->View({}).value();
    const int64_t events = view->position().tasks[0].next_input_offset;
    const auto text = "0:" + std::to_string(events) + "/" + std::to_string(events);
    EXPECT_EQ(Text(view->ReadWindows({.name = "hits"}, {})), text);
    EXPECT_EQ(Text(view->ReadWindows({.name = "hits"}, {.size_ms = kTenSeconds})), text);
    EXPECT_EQ(view->ReadTotals({}, "", 10)->totals.at(0).aggregate.count(), static_cast<uint64_t>(events));
  } while (!done);
  writer.join();
}

TEST_F(LocalReaderTest, AReadEndsSoonAfterItsDeadline) {
  std::vector<Series> series;
  for (int i = 0; i < 5'000; ++i) series.push_back(MakeSeries("hits", {{"user", std::to_string(i)}}));
  state_.AddMany(0, series, 1'500);
  state_.AddMany(1, series, 1'500);
  ManualClock clock;
  std::unique_ptr<StateView> view = reader_->View(Deadline(&clock, clock.SteadyMs() + 10)).value();
  EXPECT_EQ(Text(view->ReadWindows({.name = "hits"}, {})), "0:10000/10000");
  clock.Advance(10);
  for (const WindowRange& range : {WindowRange{}, WindowRange{.size_ms = kOneSecond}}) {
    EXPECT_THAT(Text(view->ReadWindows({.name = "hits"}, range)), HasSubstr("retry: the answer took too long"));
  }
  EXPECT_THAT(Text(view->ReadTotals({}, "", 10)), HasSubstr("retry: the answer took too long"));
}

TEST_F(LocalReaderTest, RefusesASelectionThatTakesTooMuchMemory) {
  std::vector<Series> series;
  const std::string long_value(10'000, 'x');
  for (int i = 0; i < 7'000; ++i) series.push_back(MakeSeries("hits", {{"user", std::to_string(i) + long_value}}));
  state_.AddMany(0, series, 1'500);
  EXPECT_EQ(Total({.name = "hits"}), "0:7000/7000");  // one task: the series need not be told apart
  state_.Add(1, MakeSeries("other"), 1'500);
  EXPECT_THAT(Total({.name = "hits"}), HasSubstr("invalid: more than 6"));
  EXPECT_THAT(Total({.name = "hits"}), HasSubstr("series: narrow them by label"));
  EXPECT_EQ(Total({.name = "other"}), "0:1/1");
}

TEST_F(LocalReaderTest, LongQualifiedNamesAreLookedUpOnlyWhereTheyCanBe) {
  const std::string longest(512, 'n'), too_long(513, 'n');
  state_.Add(0, MakeSeries(longest, {{"level", longest}}), 1'000, 5);
  EXPECT_EQ(Total({.qualified_name = longest + "." + longest}), "0:1/5");
  EXPECT_EQ(Total({.qualified_name = too_long + "." + longest}), "");
  EXPECT_EQ(Total({.qualified_name = std::string(100'000, '.')}), "");
}

}  // namespace
}  // namespace odometer
