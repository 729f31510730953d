#include "common/model/period.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/model/timestamp.h"

namespace odometer {
namespace {

constexpr int64_t kHour = 3'600'000, kDay = 24 * kHour;

TimeZone Zone(const std::string& name) {
  Result<TimeZone> zone = TimeZone::Find(name);
  EXPECT_TRUE(zone.ok()) << name << ": " << zone.status().ToString();
  return zone.ok() ? *zone : TimeZone();
}
int64_t Ms(const std::string& text) { return ParseIso8601(text).value(); }
std::string StartOf(CalendarUnit unit, const std::string& zone, const std::string& time) {
  return FormatIso8601(Period::Calendar(unit, Zone(zone)).StartOf(Ms(time)));
}
// Hours of the buckets from that time on.
std::vector<double> Hours(CalendarUnit unit, const std::string& zone, const std::string& from, int count) {
  const Period period = Period::Calendar(unit, Zone(zone));
  std::vector<double> hours;
  for (int64_t start = period.StartOf(Ms(from)); count-- > 0;) {
    const int64_t next = period.NextStart(start);
    EXPECT_EQ(period.StartOf(start), start);
    EXPECT_EQ(period.StartOf(next - 1), start);
    hours.push_back(static_cast<double>(next - start) / kHour);
    start = next;
  }
  return hours;
}
std::string Refusal(const std::string& zone) { return TimeZone::Find(zone).status().message(); }

TEST(TimeZone, AnUnknownOneIsToldWithTheNearest) {
  EXPECT_EQ(Refusal("Europe/Berln"), "unknown time zone; the nearest is Europe/Berlin");
  EXPECT_EQ(Refusal("europe/berlin"), "unknown time zone; the nearest is Europe/Berlin");
  EXPECT_EQ(Refusal("berlin"), "unknown time zone; the nearest is Europe/Berlin");
  EXPECT_EQ(Refusal("Katmandu "), "unknown time zone; the nearest is Asia/Katmandu");
  for (const char* name : {"", "localtime", "../etc/passwd", "posix/Europe/Berlin", "+02:00"}) {
    EXPECT_TRUE(Refusal(name).starts_with("unknown time zone; the nearest is ")) << name;
  }
  EXPECT_TRUE(TimeZone::Find(std::string(1 << 20, 'x')).status().Is(ErrorKind::kInvalid));
}

TEST(TimeZone, WithoutANameItIsUtc) {
  EXPECT_EQ(TimeZone().name(), "UTC");
  EXPECT_EQ(*TimeZone::Find("UTC"), TimeZone());
  EXPECT_EQ(TimeZone().ToLocal(-7), -7);
  EXPECT_EQ(TimeZone().FirstInstantOf(-7), -7);
  EXPECT_EQ(Zone("Asia/Kolkata").ToLocal(0), 11 * kHour / 2);
}

TEST(Period, FixedOnesAreAlignedTo1970) {
  const Period minute = Period::Fixed(60'000);
  EXPECT_EQ(minute.StartOf(61'000), 60'000);
  EXPECT_EQ(minute.StartOf(-1), -60'000);
  EXPECT_EQ(minute.NextStart(-60'000), 0);
  EXPECT_EQ(minute.StartFrom(60'000), 60'000);
  EXPECT_EQ(minute.StartFrom(60'001), 120'000);
  EXPECT_EQ(minute.fixed_ms(), 60'000);
  EXPECT_EQ(minute.ToString(), "60 s");
  EXPECT_EQ(Period::Calendar(CalendarUnit::kDay, {}), Period::Fixed(kDay));
}

TEST(Period, CalendarsInUtc) {
  EXPECT_EQ(StartOf(CalendarUnit::kWeek, "UTC", "2026-11-29T23:59:59.999"), "2026-11-23T00:00:00.000Z");
  EXPECT_EQ(StartOf(CalendarUnit::kWeek, "UTC", "2026-11-30"), "2026-11-30T00:00:00.000Z");
  EXPECT_EQ(StartOf(CalendarUnit::kMonth, "UTC", "2024-02-29T12:00"), "2024-02-01T00:00:00.000Z");
  EXPECT_EQ(Hours(CalendarUnit::kMonth, "UTC", "2024-01-31", 4), (std::vector<double>{744, 696, 744, 720}));
}

TEST(Period, ADayHas23HoursWhenTheClockGoesForwardAnd25WhenItGoesBack) {
  EXPECT_EQ(Hours(CalendarUnit::kDay, "Europe/Berlin", "2026-03-28T00:00+01:00", 3), (std::vector<double>{24, 23, 24}));
  EXPECT_EQ(Hours(CalendarUnit::kDay, "Europe/Berlin", "2026-10-24T00:00+02:00", 3), (std::vector<double>{24, 25, 24}));
  EXPECT_EQ(Hours(CalendarUnit::kWeek, "Europe/Berlin", "2026-03-25", 2), (std::vector<double>{167, 168}));
  EXPECT_EQ(Hours(CalendarUnit::kMonth, "Europe/Berlin", "2026-10-10", 2), (std::vector<double>{745, 720}));
  // Half an hour only.
  EXPECT_EQ(Hours(CalendarUnit::kDay, "Australia/Lord_Howe", "2026-04-04T00:00+11:00", 2),
            (std::vector<double>{24, 24.5}));
  EXPECT_EQ(StartOf(CalendarUnit::kDay, "Asia/Kolkata", "2026-11-26T18:29:59.999"), "2026-11-25T18:30:00.000Z");
  EXPECT_EQ(StartOf(CalendarUnit::kDay, "Asia/Kathmandu", "2026-11-26T18:15"), "2026-11-26T18:15:00.000Z");
}

// The clock goes from 23:59:59 to 01:00:00.
TEST(Period, ADayWhoseMidnightIsLeaptOverBeginsAtTheLeap) {
  EXPECT_EQ(StartOf(CalendarUnit::kDay, "America/Sao_Paulo", "2018-11-04T12:00"), "2018-11-04T03:00:00.000Z");
  EXPECT_EQ(Hours(CalendarUnit::kDay, "America/Sao_Paulo", "2018-11-03T12:00", 3), (std::vector<double>{24, 23, 24}));
  EXPECT_EQ(Hours(CalendarUnit::kDay, "Asia/Beirut", "2022-03-26T12:00", 2), (std::vector<double>{24, 23}));
  EXPECT_EQ(Hours(CalendarUnit::kDay, "Africa/Cairo", "2024-04-25T12:00", 2), (std::vector<double>{24, 23}));
}

// From 23:59:59 back to 23:00:00: the hour before midnight comes twice. Or from 00:59:59 to 00:00:00: the one after it.
TEST(Period, ADayBeginsWhereItsMidnightComesFirst) {
  EXPECT_EQ(Hours(CalendarUnit::kDay, "America/Sao_Paulo", "2019-02-16T12:00", 2), (std::vector<double>{25, 24}));
  EXPECT_EQ(StartOf(CalendarUnit::kDay, "America/Havana", "2026-11-01T05:30"), "2026-11-01T04:00:00.000Z");
  EXPECT_EQ(Hours(CalendarUnit::kDay, "America/Havana", "2026-10-31T12:00", 3), (std::vector<double>{24, 25, 24}));
}

// From 00:00:59 back to 23:01:00: a minute of Sunday, then again 59 of Saturday, which are Sunday's here.
TEST(Period, ADayThatHasBegunGoesOnWhereTheClockGoesBackOverItsMidnight) {
  const std::string newfoundland = "America/St_Johns";
  EXPECT_EQ(Hours(CalendarUnit::kDay, newfoundland, "2010-11-06T12:00", 3), (std::vector<double>{24, 25, 24}));
  EXPECT_EQ(StartOf(CalendarUnit::kDay, newfoundland, "2010-11-07T02:30:30"), "2010-11-07T02:30:00.000Z");
  EXPECT_EQ(StartOf(CalendarUnit::kDay, newfoundland, "2010-11-07T03:00"), "2010-11-07T02:30:00.000Z");
}

TEST(Period, ADayThatAZoneLeftOutHasNoBucket) {
  EXPECT_EQ(Hours(CalendarUnit::kDay, "Pacific/Apia", "2011-12-29T12:00", 3), (std::vector<double>{24, 24, 24}));
  EXPECT_EQ(StartOf(CalendarUnit::kDay, "Pacific/Apia", "2011-12-30T09:59:59"), "2011-12-29T10:00:00.000Z");
  EXPECT_EQ(StartOf(CalendarUnit::kDay, "Pacific/Apia", "2011-12-30T10:00:00"), "2011-12-30T10:00:00.000Z");
  EXPECT_EQ(Hours(CalendarUnit::kWeek, "Pacific/Apia", "2011-12-28", 2), (std::vector<double>{144, 168}));
}

TEST(Period, ReachesToTheEndsOfAllTime) {
  const Period month = Period::Calendar(CalendarUnit::kMonth, Zone("Pacific/Auckland"));
  for (const int64_t ts_ms : {kMinTimestampMs, kMaxTimestampMs}) {
    const int64_t start = month.StartOf(ts_ms);
    EXPECT_LE(start, ts_ms);
    EXPECT_GT(month.NextStart(start), ts_ms);
  }
}

TEST(Period, IsWrittenAsItIsRead) {
  for (const char* text : {"1d", "1w", "1mo"}) EXPECT_EQ(CalendarUnitText(ParseCalendarUnit(text).value()), text);
  for (const char* text : {"", "d", "1D", "2d", "1m", "1mon"}) EXPECT_EQ(ParseCalendarUnit(text), std::nullopt) << text;
  EXPECT_EQ(Period::Calendar(CalendarUnit::kWeek, Zone("Asia/Tokyo")).ToString(), "1w in Asia/Tokyo");
  EXPECT_EQ(Period::Calendar(CalendarUnit::kWeek, Zone("Asia/Tokyo")).Text(), "1w");
  EXPECT_EQ(Period::Calendar(CalendarUnit::kDay, {}).Text(), "1d");
  EXPECT_EQ(Period::Fixed(90'000).Text(), "90s");
}

TEST(Period, TheEmptyOneComesFirst) {
  EXPECT_LT(Period(), Period::Fixed(1));
  EXPECT_LT(Period(), Period::Calendar(CalendarUnit::kDay, Zone("Asia/Tokyo")));
  EXPECT_NE(Period::Calendar(CalendarUnit::kDay, Zone("Asia/Tokyo")), Period::Calendar(CalendarUnit::kWeek, {}));
}

}  // namespace
}  // namespace odometer
