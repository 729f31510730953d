#include "query/planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/unit/query/fake_state_reader.h"

namespace odometer {
namespace {

constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int64_t kNoon = 20'000 * kDay + 12 * kHour;

RangeQuery Range(std::optional<int64_t> from, std::optional<int64_t> to, int64_t bucket = 0) {
  RangeQuery query{.from_ms = from, .to_ms = to};
  if (bucket != 0) query.period = Period::Fixed(bucket);
  query.selector.name = "hits";
  query.selector.type = MetricType::kCounter;
  return query;
}

Int128 SumOf(const RangeAnswer& answer) {
  Int128 sum = 0;
  for (const Bucket& bucket : answer.buckets) sum += bucket.aggregate.sum().whole();
  return sum;
}

class PlannerTest : public testing::Test {
 protected:
  explicit PlannerTest(TierSet tiers = TierSet::Default()) : state_(std::move(tiers)) {}

  void Hit(int64_t ts_ms, int64_t value = 1) { state_.Add(MakeSeries("hits"), value, ts_ms); }
  Result<RangeAnswer> Ask(const RangeQuery& query) { return ReadRange(state_.tiers(), state_.Now().get(), query); }
  RangeAnswer Read(std::optional<int64_t> from, std::optional<int64_t> to, int64_t bucket = 0) {
    Result<RangeAnswer> answer = Ask(Range(from, to, bucket));
    EXPECT_TRUE(answer.ok()) << answer.status().ToString();
    return answer.ok() ? std::move(answer).value() : RangeAnswer{};
  }
  Status Refusal(std::optional<int64_t> from, std::optional<int64_t> to, int64_t bucket) {
    return Ask(Range(from, to, bucket)).status();
  }

  FakeStateReader state_;
};

TEST_F(PlannerTest, WithoutARangeTheTotalAnswersInOneRead) {
  Hit(kNoon - 30 * kDay, 5);
  Hit(kNoon, 7);
  RangeAnswer answer = Read({}, {});
  EXPECT_EQ(SumOf(answer), 12);
  EXPECT_EQ(answer.resolution_ms, 0);
  EXPECT_EQ(answer.retained_from_ms, std::nullopt);
  EXPECT_EQ(state_.TakeReads().size(), 1u);
}

TEST_F(PlannerTest, ARangeAroundAllEventsIsAnsweredByTheTotal) {
  Hit(kNoon, 5);
  Hit(kNoon + 10, 7);
  RangeAnswer answer = Read(kNoon, kNoon + 10);
  EXPECT_EQ(SumOf(answer), 12);
  EXPECT_EQ(answer.resolution_ms, 0);
}

TEST_F(PlannerTest, NothingFoundIsEmpty) {
  EXPECT_TRUE(Read({}, {}).buckets.empty());
  EXPECT_TRUE(Read({}, {}, kMinute).buckets.empty());
  Hit(kNoon);
  EXPECT_TRUE(Read(kNoon + 1, {}).buckets.empty());
  EXPECT_TRUE(Read({}, kNoon - 1).buckets.empty());
}

TEST_F(PlannerTest, FromAfterToIsEmpty) {
  Hit(kNoon);
  EXPECT_TRUE(Read(kNoon, kNoon - 1).buckets.empty());
  EXPECT_TRUE(Read(kNoon, kNoon - 1, kMinute).buckets.empty());
}

// The minute that the answer needs falls out of retention while it is being planned: from views of several moments the
// sum would silently lack it.
TEST_F(PlannerTest, AnAnswerIsOfOneMomentHoweverFastTheStateMoves) {
  for (int64_t ts = kNoon - 2 * kHour; ts <= kNoon; ts += kSecond) Hit(ts);
  int64_t now = kNoon;
  state_.BeforeReads([&] { Hit(now += 30 * kMinute); });
  RangeAnswer answer = Read(kNoon - 30 * kMinute + kSecond, kNoon - kSecond);
  EXPECT_EQ(answer.resolution_ms, kSecond);
  EXPECT_EQ(SumOf(answer), 30 * 60 - 1);
}

TEST_F(PlannerTest, TakesTheCoarsestTierThatIsNotCut) {
  for (int64_t ts = kNoon - 2 * kHour; ts <= kNoon; ts += kSecond / 2) Hit(ts);
  struct Case {
    int64_t from, to, resolution;
  };
  // Ends are inclusive, so a range that ends with a window ends one ms before the next.
  for (const Case& c : {Case{kNoon - kHour, kNoon - 1, kHour},
                        Case{kNoon - kHour, kNoon - kHour + kMinute - 1, kMinute},
                        Case{kNoon - 90 * kMinute, kNoon - 1, kMinute},
                        Case{kNoon - 30 * kSecond, kNoon - 10 * kSecond - 1, kSecond}}) {
    RangeAnswer answer = Read(c.from, c.to);
    EXPECT_EQ(answer.resolution_ms, c.resolution);
    EXPECT_EQ(SumOf(answer), (c.to + 1 - c.from) / (kSecond / 2));
  }
}

TEST_F(PlannerTest, CutsThatHitNoEventDoNotMatter) {
  Hit(kNoon - 2 * kHour);
  Hit(kNoon + 10 * kMinute, 3);
  Hit(kNoon + 2 * kHour);
  // The hour's events lie well inside a range that cuts the hour itself.
  RangeAnswer answer = Read(kNoon + 5 * kMinute + 7, kNoon + 15 * kMinute + 3);
  EXPECT_EQ(answer.resolution_ms, kHour);
  EXPECT_EQ(SumOf(answer), 3);
}

TEST_F(PlannerTest, WhereEveryTierIsCutTheFinestThatReachesBackAnswers) {
  for (int64_t ts = kNoon - 3 * kHour; ts <= kNoon; ts += 100) Hit(ts);
  // Inside the hour of 1 s windows: whole seconds that meet the range.
  RangeAnswer recent = Read(kNoon - 10 * kSecond + 150, kNoon - 5 * kSecond + 150);
  EXPECT_EQ(recent.resolution_ms, kSecond);
  EXPECT_EQ(SumOf(recent), 60);
  // Before it: whole minutes.
  RangeAnswer older = Read(kNoon - 2 * kHour + 150, kNoon - 5 * kSecond + 150);
  EXPECT_EQ(older.resolution_ms, kMinute);
  EXPECT_EQ(SumOf(older), 120 * 600);
}

TEST_F(PlannerTest, ARestoreThatLeftAGapSendsTheQueryToTheNextCoarserTier) {
  for (int64_t ts = kNoon - kHour; ts < kNoon; ts += kSecond) Hit(ts);
  state_.SetCompleteFrom(kMinute, kNoon - 10 * kMinute);
  EXPECT_EQ(Read(kNoon - 10 * kMinute, kNoon - 9 * kMinute - 1).resolution_ms, kMinute);
  state_.SetCompleteFrom(kSecond, kNoon - 5 * kMinute);
  // Neither 1 s nor 1 m reach back to it, so the hour counts whole.
  RangeAnswer answer = Read(kNoon - 11 * kMinute, kNoon - 9 * kMinute - 1);
  EXPECT_EQ(answer.resolution_ms, kHour);
  EXPECT_EQ(SumOf(answer), 3600);
}

TEST_F(PlannerTest, DoesNotScanALongRangeInATierThatIsCut) {
  for (int64_t ts = kNoon - 3 * kDay; ts <= kNoon; ts += kMinute) Hit(ts, 2);
  Hit(kNoon - 2 * kDay + 1);
  state_.TakeReads();
  Read(kNoon - 2 * kDay + 1, kNoon - 1);
  int long_scans = 0;
  for (const WindowRange& read : state_.TakeReads()) {
    long_scans += read.size_ms != 0 && read.to_ms - read.from_ms > read.size_ms;
  }
  EXPECT_EQ(long_scans, 1);
}

TEST_F(PlannerTest, MergesSeriesAndPartitionsThatTheSelectorNames) {
  state_.Add(MakeSeries("hits", MetricType::kCounter, {{"level", "web"}}), 1, kNoon, 0);
  state_.Add(MakeSeries("hits", MetricType::kCounter, {{"level", "api"}}), 10, kNoon, 1);
  state_.Add(MakeSeries("hits", MetricType::kGauge), 100, kNoon, 1);
  state_.Add(MakeSeries("other"), 1000, kNoon, 1);
  EXPECT_EQ(SumOf(Read({}, {})), 11);
  RangeQuery web = Range({}, {});
  web.selector.labels = {{"level", "web"}};
  EXPECT_EQ(SumOf(*Ask(web)), 1);
}

TEST_F(PlannerTest, PointsComeFromTheCoarsestTierThatDividesThePeriod) {
  for (int64_t ts = kNoon - 30 * kMinute; ts < kNoon; ts += kSecond) Hit(ts);
  EXPECT_EQ(Read({}, {}, kHour).resolution_ms, kHour);
  EXPECT_EQ(Read({}, {}, 5 * kMinute).resolution_ms, kMinute);
  RangeAnswer answer = Read({}, {}, 90 * kSecond);
  EXPECT_EQ(answer.resolution_ms, kSecond);
  ASSERT_EQ(answer.buckets.size(), 20u);
  EXPECT_EQ(answer.buckets.front().start_ms, kNoon - 30 * kMinute);
  for (const Bucket& bucket : answer.buckets) EXPECT_EQ(bucket.aggregate.sum().whole(), 90);
}

TEST_F(PlannerTest, PointsOfARangeThatCutsAWindowComeFromAFinerTier) {
  for (int64_t ts = kNoon - 30 * kMinute; ts < kNoon; ts += kSecond) Hit(ts);
  RangeAnswer answer = Read(kNoon - 10 * kMinute + 30 * kSecond, {}, kMinute);
  EXPECT_EQ(answer.resolution_ms, kSecond);
  EXPECT_EQ(answer.buckets.front().aggregate.sum().whole(), 30);
}

TEST_F(PlannerTest, PointsWithoutFromBeginWhereTheyAreWhole) {
  for (int64_t ts = kNoon - 3 * kHour; ts <= kNoon; ts += kSecond) Hit(ts);
  RangeAnswer answer = Read({}, {}, 7 * kSecond);
  EXPECT_EQ(answer.resolution_ms, kSecond);
  ASSERT_TRUE(answer.retained_from_ms);
  EXPECT_EQ(answer.buckets.front().start_ms, *answer.retained_from_ms);
  EXPECT_GE(*answer.retained_from_ms, kNoon - kHour);
  EXPECT_LT(*answer.retained_from_ms, kNoon - kHour + 7 * kSecond);
  EXPECT_EQ(answer.buckets.front().aggregate.sum().whole(), 7);
}

TEST_F(PlannerTest, PointsFromATimeThatIsNoLongerKeptAreRefused) {
  for (int64_t ts = kNoon - 3 * kHour; ts <= kNoon; ts += kSecond) Hit(ts);
  Status refusal = Refusal(kNoon - 2 * kHour, {}, 7 * kSecond);
  ASSERT_TRUE(refusal.Is(ErrorKind::kInvalid));
  EXPECT_NE(refusal.message().find("60 s or 3600 s"), std::string::npos) << refusal.message();
  // A period that a coarser tier divides is no trouble.
  EXPECT_EQ(Read(kNoon - 2 * kHour, {}, kMinute).resolution_ms, kMinute);
}

TEST_F(PlannerTest, PointsFromATimeWithoutEventsAreWholeEvenWhenItIsNoLongerKept) {
  Hit(kNoon - 10 * kHour);
  for (int64_t ts = kNoon - 30 * kMinute; ts < kNoon; ts += kSecond) Hit(ts);
  RangeAnswer answer = Read(kNoon - 2 * kHour, {}, 7 * kSecond);
  EXPECT_EQ(SumOf(answer), 30 * 60);
  EXPECT_EQ(answer.retained_from_ms, std::nullopt);
}

TEST_F(PlannerTest, PassesTheReadersErrorsOn) {
  Hit(kNoon);
  std::unique_ptr<StateView> view = state_.Now();
  state_.FailWith(Status::Retry("away"));
  EXPECT_TRUE(ReadRange(state_.tiers(), view.get(), Range({}, {})).status().Is(ErrorKind::kRetry));
}

class CoarseTiersTest : public PlannerTest {
 protected:
  CoarseTiersTest() : PlannerTest({.windows = {{1500, kForever}, {3000, kForever}}, .total = true}) {}
};

TEST_F(CoarseTiersTest, APeriodThatNoTierDividesIsRefusedWithTheOnesThatWork) {
  Status refusal = Refusal({}, {}, 5 * kSecond);
  EXPECT_TRUE(refusal.Is(ErrorKind::kInvalid)) << "whatever is there";
  EXPECT_TRUE(Refusal(kNoon, kNoon - 1, 5 * kSecond).Is(ErrorKind::kInvalid));
  EXPECT_EQ(Read({}, {}, 6 * kSecond).resolution_ms, 3 * kSecond);
  Hit(kNoon);
  refusal = Refusal({}, {}, 5 * kSecond);
  ASSERT_TRUE(refusal.Is(ErrorKind::kInvalid));
  EXPECT_NE(refusal.message().find("multiples of 3 s"), std::string::npos) << refusal.message();
  EXPECT_EQ(SumOf(Read({}, {}, 6 * kSecond)), 1);
}

class TotalOnlyTest : public PlannerTest {
 protected:
  TotalOnlyTest() : PlannerTest({.windows = {}, .total = true}) {}
};

TEST_F(TotalOnlyTest, TheTotalAnswersEvenWhenItIsCut) {
  Hit(kNoon);
  Hit(kNoon + 10);
  RangeAnswer answer = Read(kNoon + 5, {});
  EXPECT_EQ(SumOf(answer), 2);
  EXPECT_EQ(answer.resolution_ms, 0);
  EXPECT_TRUE(Refusal({}, {}, kMinute).Is(ErrorKind::kInvalid));
}

class FiniteTiersTest : public PlannerTest {
 protected:
  FiniteTiersTest() : PlannerTest({.windows = {{kSecond, kMinute}, {kMinute, kHour}}, .total = false}) {}
};

TEST_F(FiniteTiersTest, WithoutATotalTheLongestRetentionAnswersAndSaysFromWhere) {
  for (int64_t ts = kNoon - 2 * kHour; ts < kNoon; ts += kSecond) Hit(ts);
  for (auto from : {std::optional<int64_t>(), std::optional<int64_t>(kNoon - 2 * kHour)}) {
    RangeAnswer answer = Read(from, {});
    EXPECT_EQ(answer.resolution_ms, kMinute);
    ASSERT_TRUE(answer.retained_from_ms);
    EXPECT_EQ(SumOf(answer), (kNoon - *answer.retained_from_ms) / kSecond);
  }
  RangeAnswer recent = Read(kNoon - 30 * kSecond, {});
  EXPECT_EQ(recent.resolution_ms, kSecond);
  EXPECT_EQ(SumOf(recent), 30);
  EXPECT_EQ(recent.retained_from_ms, std::nullopt);
}

TEST_F(FiniteTiersTest, ARangeBeforeAllRetentionIsEmptyAndSaysFromWhere) {
  for (int64_t ts = kNoon - 3 * kHour; ts < kNoon; ts += kSecond) Hit(ts);
  RangeAnswer answer = Read(kNoon - 3 * kHour, kNoon - 2 * kHour);
  EXPECT_TRUE(answer.buckets.empty());
  EXPECT_TRUE(answer.retained_from_ms);
}

// Against the rule, computed from the events themselves.
TEST_F(PlannerTest, RandomRangesGetTheCoarsestTierThatIsNotCut) {
  std::mt19937 random(7);
  auto pick = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  std::vector<int64_t> times;
  for (int i = 0; i < 400; ++i) times.push_back(kNoon - pick(0, 1) * pick(0, 3 * kHour) - pick(0, 10 * kMinute));
  for (int64_t ts : times) Hit(ts);
  const auto [oldest, newest] = std::minmax_element(times.begin(), times.end());

  std::map<int64_t, int> answers_by_resolution;
  for (int round = 0; round < 2000; ++round) {
    int64_t from = kNoon - pick(0, 4 * kHour), to = from + pick(0, round % 2 == 0 ? 2 * kHour : 2 * kMinute);
    if (round % 3 == 0) from -= from % kMinute, to += kMinute - 1 - to % kMinute;
    if (round % 10 == 0) from -= pick(0, kHour), to = kNoon + pick(0, kHour);
    if (to < *oldest || from > *newest) continue;

    int64_t resolution = from <= *oldest && to >= *newest ? 0 : -1;
    for (auto tier = state_.tiers().windows.rbegin(); tier != state_.tiers().windows.rend() && resolution < 0; ++tier) {
      if (!tier->Retains(tier->WindowStart(std::max(from, *oldest)), *newest)) continue;
      std::map<int64_t, std::pair<int64_t, int64_t>> windows;  // start → first and last event
      for (int64_t ts : times) {
        auto [it, added] = windows.try_emplace(tier->WindowStart(ts), ts, ts);
        it->second = {std::min(it->second.first, ts), std::max(it->second.second, ts)};
      }
      bool cut = std::any_of(windows.begin(), windows.end(), [&](const auto& window) {
        auto [first, last] = window.second;
        return first <= to && last >= from && (first < from || last > to);
      });
      if (!cut) resolution = tier->size_ms;
    }
    if (resolution < 0) continue;
    RangeAnswer answer = Read(from, to);
    EXPECT_EQ(answer.resolution_ms, resolution) << from << ".." << to;
    EXPECT_EQ(SumOf(answer),
              std::count_if(times.begin(), times.end(), [&](int64_t ts) { return ts >= from && ts <= to; }));
    ++answers_by_resolution[resolution];
  }
  for (int64_t resolution : {int64_t{0}, kSecond, kMinute, kHour}) EXPECT_GT(answers_by_resolution[resolution], 10);
}

}  // namespace
}  // namespace odometer
