#include "cli/dead_letters/letter_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/dead_letters/replay_mark.h"

namespace odometer::cli {
namespace {

const DeadLetterOrigin kOrigin{"bad_value", "metrics.events", 2, 41, 1'603'303'500'000, {}, {}};

RecordView View(std::string_view value) {
  return {.topic = "metrics.dead-letters", .partition = 1, .offset = 17, .timestamp_ms = 1'603'303'560'000, .key = "k",
          .value = value};
}

TEST(Escaped, NothingSteersATerminal) {
  EXPECT_EQ(Escaped(std::string_view("a b~\\\n\r\t\0\x1b[0m\xff", 14)), R"(a b~\\\n\r\t\x00\x1b[0m\xff)");
}

TEST(LetterRow, SaysWhereWhenAndWhy) {
  EXPECT_EQ(LetterHeading(),
            "LETTER       TIME                     REASON           RECORD                       VALUE");
  EXPECT_EQ(LetterRow({View("{\n}"), kOrigin, false}),
            R"(1/17         2020-10-21T18:06:00.000Z bad_value        metrics.events/2@41          {\n})");
}

TEST(LetterRow, TellsThatAValueGoesOnThatItWasCutAndReplayed) {
  DeadLetterOrigin origin = kOrigin;
  origin.cut = "key=1 value=99 headers=0";
  const std::string row = LetterRow({View(std::string(61, 'v')), origin, true});
  EXPECT_EQ(row.substr(row.find("vvv")), std::string(60, 'v') + "… (cut: key=1 value=99 headers=0) (replayed)");
}

TEST(LetterJson, IsOneObjectOnOneLine) {
  const std::string line = LetterJson({View("a\n\xff"), kOrigin, true});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(line), nlohmann::json::parse(R"({
      "partition": 1, "offset": 17, "time_ms": 1603303560000, "reason": "bad_value",
      "record": {"topic": "metrics.events", "partition": 2, "offset": 41, "time_ms": 1603303500000},
      "key": "k", "value": "a\n\uFFFD", "value_bytes": 3, "replayed": true})"));
}

TEST(ParseSince, TakesDurationsAndTimes) {
  EXPECT_EQ(*ParseSince("1h", 10'000'000), 6'400'000);
  EXPECT_EQ(*ParseSince("1603303560000", 0), 1'603'303'560'000);
  EXPECT_EQ(*ParseSince("2020-10-21T18:06:00Z", 0), 1'603'303'560'000);
  for (const char* bad : {"", "yesterday", "forever", "1h30m"}) {
    EXPECT_TRUE(ParseSince(bad, 0).status().Is(ErrorKind::kInvalid)) << bad;
  }
}

TEST(ReplayMark, OffsetsInARowAreASpan) {
  EXPECT_EQ(EncodeReplayed({17, 19, 20, 21, 30, 31}), "17,19-21,30-31");
  const std::vector<OffsetSpan> spans = {{17, 17}, {19, 21}, {30, 31}};
  EXPECT_EQ(DecodeReplayed("17,19-21,30-31"), spans);
}

TEST(ReplayMark, OtherTextIsNone) {
  for (const char* bad : {"", ",", "1,", "a", "1-", "-1", "3-2", "1--2", "1-2-3", "1, 2"}) {
    EXPECT_FALSE(DecodeReplayed(bad)) << bad;
  }
}

}  // namespace
}  // namespace odometer::cli
