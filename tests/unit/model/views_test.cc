#include "common/model/views.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace odometer {
namespace {

constexpr int64_t kStart = 1'700'000'000'000;
constexpr int64_t kSecond = 1000;

std::vector<WindowCount> ConstantRate(int64_t seconds, uint64_t per_second) {
  std::vector<WindowCount> windows;
  for (int64_t i = 0; i < seconds; ++i) windows.push_back({kStart + i * kSecond, per_second});
  return windows;
}

TEST(MeterTest, AConstantRateIsReached) {
  constexpr int64_t kSeconds = 4 * 3600;
  MeterRates rates = ComputeMeterRates(ConstantRate(kSeconds, 50), kSecond, kStart, 50 * kSeconds,
                                       kStart + kSeconds * kSecond);
  EXPECT_DOUBLE_EQ(rates.mean, 50);
  EXPECT_NEAR(rates.m1, 50, 1e-9);
  EXPECT_NEAR(rates.m5, 50, 1e-9);
  EXPECT_NEAR(rates.m15, 50, 50 * 1.2e-7) << "16 time constants: exp(-16) is missing";
}

TEST(MeterTest, AConstantRateGrowsAsTheFormulaSays) {
  MeterRates rates = ComputeMeterRates(ConstantRate(60, 10), kSecond, kStart, 600, kStart + 60 * kSecond);
  EXPECT_NEAR(rates.m1, 10 * (1 - std::exp(-1)), 1e-9);
  EXPECT_NEAR(rates.m5, 10 * (1 - std::exp(-1.0 / 5)), 1e-9);
  EXPECT_NEAR(rates.m15, 10 * (1 - std::exp(-1.0 / 15)), 1e-9);
}

TEST(MeterTest, TheWindowsSizeDoesNotMatterForAConstantRate) {
  int64_t to = kStart + 600 * kSecond;
  MeterRates fine = ComputeMeterRates(ConstantRate(600, 6), kSecond, kStart, 3600, to);
  std::vector<WindowCount> minutes;
  for (int64_t i = 0; i < 10; ++i) minutes.push_back({kStart + i * 60 * kSecond, 360});
  MeterRates coarse = ComputeMeterRates(minutes, 60 * kSecond, kStart, 3600, to);
  EXPECT_NEAR(fine.m1, coarse.m1, 1e-9);
  EXPECT_NEAR(fine.m15, coarse.m15, 1e-9);
}

TEST(MeterTest, AnImpulseDecaysByItsTimeConstant) {
  std::vector<WindowCount> impulse = {{kStart, 600}};
  int64_t end = kStart + kSecond;
  MeterRates now = ComputeMeterRates(impulse, kSecond, kStart, 600, end);
  EXPECT_NEAR(now.m1, 600 * (1 - std::exp(-1.0 / 60)), 1e-9);
  MeterRates later = ComputeMeterRates(impulse, kSecond, kStart, 600, end + 120 * kSecond);
  EXPECT_NEAR(later.m1, now.m1 * std::exp(-2), 1e-9);
  EXPECT_NEAR(later.m5, now.m5 * std::exp(-0.4), 1e-9);
  EXPECT_NEAR(later.mean, 600 / 121.0, 1e-9);
}

TEST(MeterTest, PartialAnswersAdd) {
  std::vector<WindowCount> a = {{kStart, 7}, {kStart + 5 * kSecond, 11}};
  std::vector<WindowCount> b = {{kStart, 13}, {kStart + 9 * kSecond, 17}};
  std::vector<WindowCount> both = {{kStart, 20}, {kStart + 5 * kSecond, 11}, {kStart + 9 * kSecond, 17}};
  int64_t to = kStart + 9 * kSecond + 400;
  MeterRates rates_a = ComputeMeterRates(a, kSecond, kStart, 18, to);
  MeterRates rates_b = ComputeMeterRates(b, kSecond, kStart, 30, to);
  MeterRates rates = ComputeMeterRates(both, kSecond, kStart, 48, to);
  EXPECT_NEAR(rates_a.m1 + rates_b.m1, rates.m1, 1e-12);
  EXPECT_NEAR(rates_a.m5 + rates_b.m5, rates.m5, 1e-12);
  EXPECT_NEAR(rates_a.m15 + rates_b.m15, rates.m15, 1e-12);
  EXPECT_NEAR(rates_a.mean + rates_b.mean, rates.mean, 1e-12);
}

TEST(MeterTest, WindowsAfterTheEndDoNotCountAndOneThatIsCutCountsUpToIt) {
  std::vector<WindowCount> windows = {{kStart, 30}, {kStart + 60 * kSecond, 999}};
  MeterRates cut = ComputeMeterRates(windows, 60 * kSecond, kStart, 30, kStart + 30 * kSecond);
  EXPECT_NEAR(cut.m1, 1 - std::exp(-0.5), 1e-12) << "1 per second for 30 s";
  MeterRates at_its_start = ComputeMeterRates({{kStart, 3}}, 60 * kSecond, kStart, 3, kStart);
  EXPECT_NEAR(at_its_start.m1, 3 / 60.0, 1e-12);
  EXPECT_EQ(at_its_start.mean, 0) << "no time has passed";
}

TEST(MeterTest, NothingGivesNothing) {
  MeterRates rates = ComputeMeterRates({}, kSecond, 0, 0, 0);
  EXPECT_EQ(rates.mean, 0);
  EXPECT_EQ(rates.m1, 0);
  EXPECT_EQ(rates.m15, 0);
}

TEST(TimerTest, ShowsQuantilesWithinTheRange) {
  Aggregate aggregate;
  for (int i = 1; i <= 1000; ++i) aggregate.Add(Number::Of(int64_t{i}), i, {0, i}, true);
  TimerView view = ViewAsTimer(aggregate);
  EXPECT_EQ(view.count, 1000u);
  EXPECT_EQ(view.sum.ToJson(), "500500");
  EXPECT_EQ(view.min, Number::Of(int64_t{1}));
  EXPECT_EQ(view.max, Number::Of(int64_t{1000}));
  EXPECT_DOUBLE_EQ(view.mean, 500.5);
  EXPECT_NEAR(*view.p50, 500, 5);
  EXPECT_NEAR(*view.p75, 750, 7.5);
  EXPECT_NEAR(*view.p95, 950, 9.5);
  EXPECT_NEAR(*view.p99, 990, 9.9);
  EXPECT_NEAR(*view.p999, 999, 10);

  Aggregate single;
  single.Add(Number::Of(123.456), 1, {0, 0}, true);
  EXPECT_EQ(ViewAsTimer(single).p99, 123.456) << "a single value is known exactly";
}

TEST(SetTest, ShowsItsDistinctMembers) {
  Aggregate aggregate;
  for (int i = 0; i < 30; ++i) aggregate.AddMember(DistinctSketch::HashOf(std::to_string(i % 7)), i, {0, i});
  EXPECT_EQ(DistinctCount(aggregate), 7u);
  Aggregate::Parts parts;
  parts.count = 2;
  EXPECT_EQ(DistinctCount(Aggregate::FromParts(parts)), 0u);
}

TEST(TimerTest, HasNoQuantilesWithoutASketch) {
  Aggregate::Parts parts;
  parts.count = 2;
  TimerView view = ViewAsTimer(Aggregate::FromParts(parts));
  EXPECT_EQ(view.count, 2u);
  EXPECT_FALSE(view.p50 || view.p75 || view.p95 || view.p99 || view.p999);
}

}  // namespace
}  // namespace odometer
