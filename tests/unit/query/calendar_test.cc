// Points by days, weeks and months of a time zone: how the planner makes them of windows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "common/model/timestamp.h"
#include "query/planner.h"
#include "tests/unit/query/fake_state_reader.h"

namespace odometer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

int64_t Ms(const std::string& text) { return ParseIso8601(text).value(); }

Period Days(const std::string& zone, CalendarUnit unit = CalendarUnit::kDay) {
  Result<TimeZone> found = TimeZone::Find(zone);
  EXPECT_TRUE(found.ok()) << found.status().ToString();
  return Period::Calendar(unit, *found);
}

class CalendarTest : public testing::Test {
 protected:
  explicit CalendarTest(TierSet tiers = TierSet::Default()) : state_(std::move(tiers)) {}

  void Hit(int64_t ts_ms, int64_t value = 1) { state_.Add(MakeSeries("hits"), value, ts_ms); }
  void HitEach(int64_t step_ms, const std::string& from, const std::string& to) {
    for (int64_t ts = Ms(from); ts < Ms(to); ts += step_ms) Hit(ts);
  }
  Result<RangeAnswer> Ask(const Period& period, std::optional<int64_t> from = {}, std::optional<int64_t> to = {}) {
    RangeQuery query{.from_ms = from, .to_ms = to, .period = period};
    query.selector.name = "hits";
    query.selector.type = MetricType::kCounter;
    return ReadRange(state_.tiers(), state_.Now().get(), query);
  }
  RangeAnswer Read(const Period& period, std::optional<int64_t> from = {}, std::optional<int64_t> to = {}) {
    Result<RangeAnswer> answer = Ask(period, from, to);
    EXPECT_TRUE(answer.ok()) << answer.status().ToString();
    return answer.ok() ? std::move(answer).value() : RangeAnswer{};
  }
  static std::vector<std::string> Text(const RangeAnswer& answer) {
    std::vector<std::string> text;
    for (const Bucket& bucket : answer.buckets) {
      text.push_back(FormatIso8601(bucket.start_ms).substr(0, 16) + " " + bucket.aggregate.sum().ToJson());
    }
    return text;
  }

  FakeStateReader state_;
};

TEST_F(CalendarTest, DaysAreSumsOfHoursOnBothDaysOfAClockChange) {
  HitEach(kHour / 2, "2026-03-28T00:00+01:00", "2026-03-31T00:00+02:00");
  RangeAnswer spring = Read(Days("Europe/Berlin"));
  EXPECT_THAT(Text(spring), ElementsAre("2026-03-27T23:00 48", "2026-03-28T23:00 46", "2026-03-29T22:00 48"));
  EXPECT_EQ(spring.resolution_ms, kHour);
  EXPECT_EQ(spring.retained_from_ms, std::nullopt);

  HitEach(kHour / 2, "2026-10-24T00:00+02:00", "2026-10-27T00:00+01:00");
  const int64_t from = Ms("2026-10-24T00:00+02:00");
  EXPECT_THAT(Text(Read(Days("Europe/Berlin"), from)),
              ElementsAre("2026-10-23T22:00 48", "2026-10-24T22:00 50", "2026-10-25T23:00 48"));
  EXPECT_THAT(Text(Read(Days("Europe/Berlin", CalendarUnit::kWeek), from)),
              ElementsAre("2026-10-18T22:00 98", "2026-10-25T23:00 48"));
  EXPECT_THAT(Text(Read(Days("Europe/Berlin", CalendarUnit::kMonth))),
              ElementsAre("2026-02-28T23:00 142", "2026-09-30T22:00 146"));
}

TEST_F(CalendarTest, NothingFoundIsEmpty) {
  EXPECT_TRUE(Read(Days("Europe/Berlin")).buckets.empty());
  Hit(Ms("2026-06-01"));
  EXPECT_TRUE(Read(Days("Europe/Berlin"), Ms("2026-06-02")).buckets.empty());
  EXPECT_TRUE(Read(Days("Europe/Berlin"), Ms("2026-06-02"), Ms("2026-06-01")).buckets.empty());
}

TEST_F(CalendarTest, ARangeThatCutsADayShowsItsPart) {
  HitEach(kHour / 2, "2026-06-01", "2026-06-03");
  RangeAnswer answer = Read(Days("America/New_York"), Ms("2026-06-01T12:00"), Ms("2026-06-02T11:59:59.999"));
  EXPECT_THAT(Text(answer), ElementsAre("2026-06-01T04:00 32", "2026-06-02T04:00 16"));
  EXPECT_EQ(answer.resolution_ms, kHour);
}

// India's days begin in the middle of an hour.
TEST_F(CalendarTest, HoursDoNotMakeDaysOfAHalfHourZone) {
  HitEach(kMinute, "2026-06-01", "2026-06-20");
  RangeAnswer answer = Read(Days("Asia/Kolkata"));
  EXPECT_EQ(answer.resolution_ms, kMinute);
  // A minute is kept for seven days.
  ASSERT_TRUE(answer.retained_from_ms);
  EXPECT_EQ(*answer.retained_from_ms, Ms("2026-06-13T18:30"));
  ASSERT_EQ(answer.buckets.size(), 7u);
  EXPECT_EQ(answer.buckets.front().start_ms, *answer.retained_from_ms);
  EXPECT_EQ(answer.buckets.front().aggregate.sum().whole(), 24 * 60);

  EXPECT_EQ(Read(Days("Asia/Kolkata"), Ms("2026-06-15T18:30")).retained_from_ms, std::nullopt);
  Status refusal = Ask(Days("Asia/Kolkata"), Ms("2026-06-10T18:30")).status();
  ASSERT_TRUE(refusal.Is(ErrorKind::kInvalid));
  EXPECT_THAT(refusal.message(),
              HasSubstr("1d in Asia/Kolkata is kept only from " + std::to_string(Ms("2026-06-13T18:30"))));
  EXPECT_THAT(refusal.message(), HasSubstr("needs windows of 30m, or finer"));
  EXPECT_THAT(Ask(Days("Asia/Kathmandu"), Ms("2026-06-10")).status().message(), HasSubstr("needs windows of 15m"));
}

// Pyongyang had +08:30 until May 2018, and +09:00 from then on.
TEST_F(CalendarTest, HoursMakeDaysFromWhereOnTheyDivideThem) {
  HitEach(kHour, "2018-04-01", "2018-06-01");
  RangeAnswer answer = Read(Days("Asia/Pyongyang"));
  EXPECT_EQ(answer.resolution_ms, kHour);
  ASSERT_TRUE(answer.retained_from_ms);
  EXPECT_EQ(*answer.retained_from_ms, Ms("2018-05-04T15:00"));
  EXPECT_EQ(answer.buckets.front().start_ms, *answer.retained_from_ms);
  EXPECT_EQ(answer.buckets.front().aggregate.sum().whole(), 24);
  EXPECT_TRUE(Ask(Days("Asia/Pyongyang"), Ms("2018-04-15")).status().Is(ErrorKind::kInvalid));
  EXPECT_EQ(Read(Days("Asia/Pyongyang"), Ms("2018-05-05T15:00")).retained_from_ms, std::nullopt);
}

TEST_F(CalendarTest, AMillionDaysAreTooMany) {
  Hit(Ms("0001-01-02"));
  Hit(Ms("2026-06-01"));
  EXPECT_THAT(Ask(Days("Europe/Berlin")).status().message(), HasSubstr("more than 100000 buckets"));
  EXPECT_EQ(Read(Days("Europe/Berlin"), Ms("2000-01-01")).buckets.size(), 1u);
}

class QuarterHoursTest : public CalendarTest {
 protected:
  QuarterHoursTest() : CalendarTest({.windows = {{15 * kMinute, kForever}, {kHour, kForever}}, .total = false}) {}
};

// Without a total too, from which the planner else knows where there are events.
TEST_F(QuarterHoursTest, QuartersMakeDaysOfEveryZoneOfToday) {
  HitEach(15 * kMinute, "2026-01-01", "2026-03-01");
  for (const char* zone : {"Asia/Kolkata", "Asia/Kathmandu", "Pacific/Chatham"}) {
    RangeAnswer answer = Read(Days(zone));
    EXPECT_EQ(answer.resolution_ms, 15 * kMinute) << zone;
    EXPECT_EQ(answer.retained_from_ms, std::nullopt) << zone;
    ASSERT_EQ(answer.buckets.size(), 60u) << zone;
    EXPECT_EQ(answer.buckets[1].aggregate.sum().whole(), 96) << zone;
  }
  EXPECT_EQ(Read(Days("Asia/Tokyo")).resolution_ms, kHour);
  EXPECT_EQ(Read(Days("Australia/Lord_Howe")).resolution_ms, kHour);  // in summer
}

// Liberia was 44 min 30 s behind until 1972.
TEST_F(QuarterHoursTest, DaysThatNoTierDividesAreRefusedWithWhatTheyNeed) {
  HitEach(kHour, "1971-01-01", "1971-01-03");
  Status refusal = Ask(Days("Africa/Monrovia")).status();
  EXPECT_TRUE(refusal.Is(ErrorKind::kInvalid));
  EXPECT_THAT(refusal.message(), HasSubstr("no window size divides a period of 1d in Africa/Monrovia"));
  EXPECT_THAT(refusal.message(), HasSubstr("windows of 30s"));
}

// Against events put into days one by one.
TEST_F(CalendarTest, RandomRangesGetEveryEventInItsDay) {
  std::mt19937 random(11);
  auto pick = [&](int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random); };
  const int64_t start = Ms("2026-03-25"), end = Ms("2026-04-02");
  std::vector<int64_t> times;
  for (int i = 0; i < 2000; ++i) Hit(times.emplace_back(pick(start, end)));
  const char* zones[] = {"Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Chatham", "Asia/Beirut", "UTC"};
  for (int round = 0; round < 120; ++round) {
    const Period period = Days(zones[round % 6], static_cast<CalendarUnit>(round % 3));
    // Whole minutes, which are kept for seven days.
    const int64_t from = pick(end - 6 * kDay, end) / kMinute * kMinute, to = pick(from, end) / kMinute * kMinute - 1;
    std::map<int64_t, Int128> wanted, got;
    for (int64_t ts : times) {
      if (ts >= from && ts <= to) wanted[period.StartOf(ts)] += 1;
    }
    for (const Bucket& bucket : Read(period, from, to).buckets) got[bucket.start_ms] = bucket.aggregate.sum().whole();
    EXPECT_EQ(got, wanted) << period.ToString() << " " << from << ".." << to;
  }
}

}  // namespace
}  // namespace odometer
