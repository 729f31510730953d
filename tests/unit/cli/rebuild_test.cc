// What `odometer rebuild` is told, remembers, and tells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "cli/rebuild/rebuild_file.h"
#include "cli/rebuild/rebuild_from.h"
#include "cli/rebuild/rebuild_progress.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer::cli {
namespace {

using testing::HasSubstr;

const TopicPartition kFirst{"shop.orders", 0};
const TopicPartition kSecond{"shop.orders", 11};

TEST(RebuildFrom, IsABeginningATimeOrPlaces) {
  EXPECT_EQ(ParseRebuildFrom("earliest").value(), RebuildFrom{});
  EXPECT_EQ(ParseRebuildFrom("1700000000000").value(), RebuildFrom{.time_ms = 1'700'000'000'000});
  EXPECT_EQ(ParseRebuildFrom("1970-01-02T00:00:00Z").value(), RebuildFrom{.time_ms = 86'400'000});
  EXPECT_EQ(ParseRebuildFrom("shop.orders/0@12,shop.orders/11@0").value(),
            (RebuildFrom{.offsets = {{kFirst, 12}, {kSecond, 0}}}));
}

TEST(RebuildFrom, AnythingElseIsRefusedWithWhatCanBe) {
  for (const char* text : {"", "latest", "-1", "shop.orders@1", "shop.orders/0", "/0@1", "shop.orders/x@1", "shop.orders/0@",
                           "shop.orders/0@-1", "shop.orders/-1@1", "shop.orders/0@1,", "shop.orders/0@1;shop.orders/1@1",
                           "shop.orders/0@1,shop.orders/0@2", "2026-13-01"}) {
    const Result<RebuildFrom> from = ParseRebuildFrom(text);
    ASSERT_TRUE(from.status().Is(ErrorKind::kInvalid)) << text;
    EXPECT_THAT(from.status().message(), HasSubstr("write earliest, a time"));
  }
}

TEST(RebuildStart, IsTheBeginningUnlessToldElse) {
  EXPECT_EQ(RebuildStart({}, kFirst, {5, 90}, {}).value(), 5);
  EXPECT_EQ(RebuildStart({.offsets = {{kSecond, 12}}}, kFirst, {5, 90}, {}).value(), 5);
  EXPECT_EQ(RebuildStart({.offsets = {{kFirst, 12}}}, kFirst, {5, 90}, {}).value(), 12);
  EXPECT_EQ(RebuildStart({.time_ms = 1}, kFirst, {5, 90}, 40).value(), 40);
}

TEST(RebuildStart, OfATimeIsNeverPastWhatIsCounted) {
  EXPECT_EQ(RebuildStart({.time_ms = 1}, kFirst, {5, 90}, 120).value(), 90);
  EXPECT_EQ(RebuildStart({.time_ms = 1}, kFirst, {5, {}}, 120).value(), 5) << "nothing of it is counted yet";
}

TEST(RebuildStart, OffsetsThatCannotBeAreRefused) {
  const RebuildFrom from{.offsets = {{kFirst, 12}}};
  EXPECT_THAT(RebuildStart(from, kFirst, {20, 90}, {}).status().message(),
              HasSubstr("shop.orders/0@12: was deleted, the oldest record is at 20"));
  EXPECT_THAT(RebuildStart(from, kFirst, {0, 11}, {}).status().message(),
              HasSubstr("shop.orders/0@12: was not counted yet, the next record to be counted is at 11"));
  EXPECT_TRUE(RebuildStart(from, kFirst, {0, {}}, {}).status().Is(ErrorKind::kInvalid));
  EXPECT_EQ(RebuildStart(from, kFirst, {12, 12}, {}).value(), 12);
}

TEST(RebuildFile, IsReadAsItWasWritten) {
  const TempFolder folder;
  EXPECT_FALSE(ReadRebuildFile(folder.path()).value());
  const RebuildFile file{.generation = 2,
                         .from = "2026-01-31 12:00",
                         .rules_version = 18'000'000'000'000'000'000u,
                         .sources = {"shop.orders"},
                         .begin = {{kFirst, 12}, {kSecond, 0}},
                         .old_sources = {"shop.clicks"},
                         .restart = true};
  ASSERT_TRUE(WriteRebuildFile(folder.path(), file).ok());
  EXPECT_EQ(ReadRebuildFile(folder.path()).value(), file);
  const RebuildFile plain{.generation = 3, .from = "earliest"};
  ASSERT_TRUE(WriteRebuildFile(folder.path(), plain).ok());
  EXPECT_EQ(ReadRebuildFile(folder.path()).value(), plain);
  ASSERT_TRUE(RemoveRebuildFile(folder.path()).ok());
  ASSERT_TRUE(RemoveRebuildFile(folder.path()).ok());
  EXPECT_FALSE(ReadRebuildFile(folder.path()).value());
}

TEST(RebuildFile, OneThatIsNotUnderstoodIsAnError) {
  const TempFolder folder;
  for (const char* text : {"", "generation 0\n", "from earliest\n", "generation 2", "generation 2\nto 5\n",
                           "generation 2\nbegin shop.orders\n", "generation 2\nbegin earliest\n", "generation 2\nrules x\n"}) {
    std::ofstream(folder.path() + "/rebuild", std::ios::trunc) << text;
    const auto read = ReadRebuildFile(folder.path());
    ASSERT_TRUE(read.status().Is(ErrorKind::kStop)) << text;
    EXPECT_THAT(read.status().message(), HasSubstr("/rebuild: it does not say"));
  }
}

TEST(RebuildProgress, SaysHowMuchIsLeftAndForHowLong) {
  RebuildProgress progress({{kFirst, 100}, {kSecond, 0}});
  const PartitionOffsets up_to{{kFirst, 1'100}, {kSecond, 50'000}};
  progress.Add(0, up_to, {});
  EXPECT_EQ(progress.Text(), "0 of 51000 records, 0 %, 0 records/s, lag 51000");
  progress.Add(5'000, up_to, {{kFirst, 600}, {kSecond, 1'500}});
  EXPECT_EQ(progress.Text(), "2000 of 51000 records, 3 %, 400 records/s, lag 49000, 2 min left");
  progress.Add(10'000, up_to, {{kFirst, 1'100}, {kSecond, 50'000}});
  EXPECT_EQ(progress.lag(), 0);
  EXPECT_EQ(progress.Text(), "51000 of 51000 records, 100 %, 9800 records/s, lag 0");
}

TEST(RebuildProgress, CountsALagPerPartition) {
  // One that is past its bound makes up for no other.
  EXPECT_EQ(RebuildLag({{kFirst, 10}, {kSecond, 10}}, {{kFirst, 30}, {kSecond, 4}}), 6);
  EXPECT_EQ(RebuildLag({{kFirst, 10}}, {}), 10);
}

TEST(RebuildProgress, TimesAreInTheUnitThatFits) {
  EXPECT_EQ(TimeLeft(119), "119 s");
  EXPECT_EQ(TimeLeft(120), "2 min");
  EXPECT_EQ(TimeLeft(7'199), "119 min");
  EXPECT_EQ(TimeLeft(7'200), "2 h");
}

}  // namespace
}  // namespace odometer::cli
