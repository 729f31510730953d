#include "query/meter_reader.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/query/fake_state_reader.h"

namespace odometer {
namespace {

constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr int64_t kNoon = 1'700'000'000'000 - 1'700'000'000'000 % kHour;

class MeterReaderTest : public testing::Test {
 protected:
  MeterRates RatesAt(FakeStateReader* state, int64_t to_ms) {
    SeriesSelector selector;
    selector.name = "m";
    std::unique_ptr<StateView> view = state->Now();
    Result<WindowsAnswer> whole = view->ReadWindows(selector, {});
    state->TakeReads();
    Result<MeterRates> rates =
        ReadMeterRates(state->tiers(), view.get(), selector, whole->buckets.front().aggregate, to_ms);
    EXPECT_TRUE(rates.ok());
    return rates.ok() ? *rates : MeterRates{};
  }
};

TEST_F(MeterReaderTest, ASteadyRateOfMoreThanTheFinestRetentionIsThatRate) {
  FakeStateReader state;
  // Six and a half hours at 2/s: 1 s windows reach back one hour only, the rest comes from 1 m windows.
  for (int64_t ts = kNoon - 13 * kHour / 2; ts < kNoon; ts += kSecond / 2) {
    state.Add(MakeSeries("m", MetricType::kMeter), 1, ts, ts % 2);
  }
  MeterRates rates = RatesAt(&state, kNoon);
  EXPECT_NEAR(rates.mean, 2, 1e-9);
  EXPECT_NEAR(rates.m1, 2, 1e-6);
  EXPECT_NEAR(rates.m5, 2, 1e-6);
  EXPECT_NEAR(rates.m15, 2, 1e-6);
}

TEST_F(MeterReaderTest, ABurstDecaysWithItsAge) {
  FakeStateReader state;
  for (int i = 0; i < 600; ++i) state.Add(MakeSeries("m", MetricType::kMeter), 1, kNoon - 5 * kMinute);
  state.Add(MakeSeries("m", MetricType::kMeter), 1, kNoon - 6 * kHour - kMinute);
  MeterRates rates = RatesAt(&state, kNoon);
  // All of it in the one second that ended 299 s ago.
  EXPECT_NEAR(rates.m1, 600 * (std::exp(-299 / 60.0) - std::exp(-300 / 60.0)), 1e-9);
  EXPECT_NEAR(rates.m5, 600 * (std::exp(-299 / 300.0) - std::exp(-300 / 300.0)), 1e-9);
  EXPECT_NEAR(rates.m15, 600 * (std::exp(-299 / 900.0) - std::exp(-300 / 900.0)), 1e-6);
}

TEST_F(MeterReaderTest, NoWindowCountsTwiceWhereTiersMeet) {
  FakeStateReader state;
  state.Add(MakeSeries("m", MetricType::kMeter), 1, kNoon - kSecond);
  // The minute in which the 1 s tier begins to be complete.
  state.SetCompleteFrom(kSecond, kNoon - kHour + 30 * kSecond);
  for (int64_t ts = kNoon - kHour - 2 * kMinute; ts < kNoon - kHour + 2 * kMinute; ts += kSecond) {
    state.Add(MakeSeries("m", MetricType::kMeter), 1, ts);
  }
  MeterRates rates = RatesAt(&state, kNoon);
  double expected = 1 - std::exp(-1 / 900.0) + std::exp(-58 * 60 / 900.0) - std::exp(-62 * 60 / 900.0);
  EXPECT_NEAR(rates.m15, expected, 1e-9);
}

TEST_F(MeterReaderTest, ATimeThatOnlyCoarseTiersKeepIsReadFromThem) {
  FakeStateReader state;
  state.Add(MakeSeries("m", MetricType::kMeter), 1, kNoon);
  for (int i = 0; i < 60; ++i) state.Add(MakeSeries("m", MetricType::kMeter), 1, kNoon - 5 * kHour + i * kSecond);
  MeterRates rates = RatesAt(&state, kNoon - 5 * kHour + kMinute);
  EXPECT_NEAR(rates.m1, 1 - std::exp(-1.0), 1e-9);
}

TEST_F(MeterReaderTest, FineTiersAreReadWithinTheReadersLimit) {
  FakeStateReader state({.windows = {{10, kForever}}, .total = true});
  for (int64_t ts = kNoon - kHour; ts < kNoon; ts += 250) state.Add(MakeSeries("m", MetricType::kMeter), 1, ts);
  MeterRates rates = RatesAt(&state, kNoon);
  EXPECT_NEAR(rates.m1, 4, 0.02);
  for (const WindowRange& read : state.TakeReads()) {
    EXPECT_LE((read.to_ms - read.from_ms) / read.bucket_ms, static_cast<int64_t>(kMaxBuckets));
  }
}

// Steps of 540 ms do not meet the seconds: the next tier takes over where both do.
TEST_F(MeterReaderTest, NoEventIsLostWhereAVeryFineTierEnds) {
  FakeStateReader state({.windows = {{10, kMinute}, {kSecond, kForever}}, .total = true});
  for (int64_t ts = kNoon - 10 * kMinute; ts < kNoon; ts += 10) state.Add(MakeSeries("m", MetricType::kMeter), 1, ts);
  for (int64_t from : {0, 10, 130, 510, 990}) {
    state.SetCompleteFrom(10, kNoon - 30 * kSecond + from);
    MeterRates rates = RatesAt(&state, kNoon);
    EXPECT_NEAR(rates.m1, 100 * (1 - std::exp(-10)), 1e-3) << from;
  }
}

TEST_F(MeterReaderTest, WithoutWindowsOnlyTheMeanIsKnown) {
  FakeStateReader state({.windows = {}, .total = true});
  for (int i = 0; i < 10; ++i) state.Add(MakeSeries("m", MetricType::kMeter), 1, kNoon - 5 * kSecond);
  MeterRates rates = RatesAt(&state, kNoon);
  EXPECT_NEAR(rates.mean, 2, 1e-9);
  EXPECT_EQ(rates.m1, 0);
}

}  // namespace
}  // namespace odometer
