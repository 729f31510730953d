#include "common/model/truncation.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/model/timestamp.h"

namespace odometer {
namespace {

std::string Truncated(const std::string& unit, const std::string& time) {
  return FormatUtcSeconds(Truncate(*ParseIso8601(time), *ParseTruncation(unit)));
}

TEST(Truncation, CutsToTheStartOfEveryUnit) {
  const std::string time = "2023-11-19T17:48:59.999Z";  // a Sunday
  const std::pair<const char*, const char*> expected[] = {
      {"second", "2023-11-19T17:48:59"},       {"minute", "2023-11-19T17:48:00"},
      {"5_minute", "2023-11-19T17:45:00"},     {"10_minute", "2023-11-19T17:40:00"},
      {"quarter_hour", "2023-11-19T17:45:00"}, {"half_hour", "2023-11-19T17:30:00"},
      {"hour", "2023-11-19T17:00:00"},         {"day", "2023-11-19T00:00:00"},
      {"week", "2023-11-13T00:00:00"},         {"month", "2023-11-01T00:00:00"},
      {"quarter", "2023-10-01T00:00:00"},      {"half_year", "2023-07-01T00:00:00"},
      {"year", "2023-01-01T00:00:00"}};
  for (const auto& [unit, cut] : expected) EXPECT_EQ(Truncated(unit, time), cut) << unit;
}

TEST(Truncation, AWeekBeginsOnMonday) {
  EXPECT_EQ(Truncated("week", "2024-01-01T00:00:00Z"), "2024-01-01T00:00:00");
  EXPECT_EQ(Truncated("week", "2023-12-31T23:59:59Z"), "2023-12-25T00:00:00");
}

TEST(Truncation, GoesBackAlsoBefore1970) {
  EXPECT_EQ(Truncated("hour", "1969-12-31T23:59:59.999Z"), "1969-12-31T23:00:00");
  EXPECT_EQ(Truncated("day", "1969-12-31T00:00:00Z"), "1969-12-31T00:00:00");
  EXPECT_EQ(Truncated("week", "1969-12-31T12:00:00Z"), "1969-12-29T00:00:00");
  EXPECT_EQ(Truncated("year", "0001-06-01"), "0001-01-01T00:00:00");
}

TEST(Truncation, NeverLeavesTheYearsThatThereAre) {
  for (uint8_t unit = 0; unit < kTruncations; ++unit) {
    EXPECT_GE(Truncate(kMinTimestampMs, static_cast<Truncation>(unit)), kMinTimestampMs);
    EXPECT_LE(Truncate(kMaxTimestampMs, static_cast<Truncation>(unit)), kMaxTimestampMs);
  }
}

TEST(Truncation, TruncatingTwiceChangesNothing) {
  for (uint8_t unit = 0; unit < kTruncations; ++unit) {
    for (int64_t ts_ms = -10'000'000'000; ts_ms < 10'000'000'000; ts_ms += 987'654'321) {
      const int64_t once = Truncate(ts_ms, static_cast<Truncation>(unit));
      EXPECT_LE(once, ts_ms);
      EXPECT_EQ(Truncate(once, static_cast<Truncation>(unit)), once);
    }
  }
}

TEST(Truncation, NamesAreThoseOfTheDialect) {
  EXPECT_EQ(ParseTruncation("fortnight"), std::nullopt);
  EXPECT_EQ(ParseTruncation(""), std::nullopt);
  EXPECT_EQ(TruncationName(Truncation::kNone), "");
  for (uint8_t unit = 1; unit < kTruncations; ++unit) {
    EXPECT_EQ(ParseTruncation(TruncationName(static_cast<Truncation>(unit))), static_cast<Truncation>(unit));
  }
}

}  // namespace
}  // namespace odometer
