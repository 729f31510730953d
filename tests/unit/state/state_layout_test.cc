#include "common/state/state_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace odometer {
namespace {

using testing::ElementsAre;

std::string WindowKey(int32_t partition, SeriesId id, int64_t start_ms) {
  std::string key;
  AppendWindowKey(partition, id, start_ms, &key);
  return key;
}
std::string NameKey(const std::string& org, const std::string& name, MetricType type, int32_t partition, SeriesId id) {
  std::string key;
  AppendNameKey({org, name, type, {}}, partition, id, &key);
  return key;
}

TEST(StateLayout, HasAFamilyPerTierAfterTheFixedOnes) {
  StateLayout layout({{{1'000, 3'600'000}, {60'000, kForever}}, true});
  EXPECT_THAT(layout.families, ElementsAre("meta", "series", "names", "totals", "ids", "events", "events-by-name",
                                           "definitions", "readings", "requests", "windows-1s", "windows-1m"));
  EXPECT_EQ(layout.families[layout.WindowsFamily(1)], "windows-1m");
}

TEST(StateLayout, WindowKeysSortByTaskSeriesAndTime) {
  std::vector<std::string> keys = {WindowKey(0, 1, -1'000), WindowKey(0, 1, 0),   WindowKey(0, 1, 1'000),
                                   WindowKey(0, 2, -5'000), WindowKey(0, 300, 0), WindowKey(1, 1, -9'000),
                                   WindowKey(256, 0, 0)};
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  for (const std::string& key : keys) EXPECT_EQ(key.size(), 16u);
  WindowKeyParts parts = ParseWindowKey(WindowKey(7, 42, -1'500));
  EXPECT_EQ(parts.partition, 7);
  EXPECT_EQ(parts.id, 42u);
  EXPECT_EQ(parts.window_start_ms, -1'500);
}

TEST(StateLayout, SeriesKeysComeBack) {
  std::string key;
  AppendSeriesKey(3, 4'000'000'000u, &key);
  EXPECT_EQ(ParseSeriesKey(key), std::make_pair(int32_t{3}, SeriesId{4'000'000'000u}));
  EXPECT_TRUE(key.starts_with(TaskKey(3)));
}

TEST(StateLayout, PrefixEndIsAboveEveryKeyWithThePrefix) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff"), "");
  EXPECT_EQ(PrefixEnd(""), "");
  EXPECT_GT(PrefixEnd("a\xff"), std::string("a\xff\xff\xff"));
}

TEST(StateLayout, NameKeysSortByOrgNameTypeTaskAndId) {
  const std::string nul("a\0", 2), nul_more("a\0b", 3);
  std::vector<std::string> keys = {
      NameKey("", "z", MetricType::kTimer, 0, 9),   NameKey("a", "", MetricType::kTimer, 0, 9),
      NameKey("a", "x", MetricType::kCounter, 0, 1), NameKey("a", "x", MetricType::kCounter, 0, 2),
      NameKey("a", "x", MetricType::kCounter, 1, 1), NameKey("a", "x", MetricType::kGauge, 0, 1),
      NameKey("a", "x.y", MetricType::kCounter, 0, 1), NameKey("a", "xa", MetricType::kCounter, 0, 1),
      NameKey(nul, "a", MetricType::kCounter, 0, 1), NameKey(nul_more, "a", MetricType::kCounter, 0, 1),
      NameKey("a\x01", "a", MetricType::kCounter, 0, 1), NameKey("aa", "a", MetricType::kCounter, 0, 1)};
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(ParseNameKeyEnd(keys[4]), std::make_pair(int32_t{1}, SeriesId{1}));
}

TEST(StateLayout, ANamePrefixSelectsThatNameOnly) {
  std::string prefix;
  AppendNamePrefix("org", "x", &prefix);
  EXPECT_TRUE(NameKey("org", "x", MetricType::kCounter, 0, 1).starts_with(prefix));
  EXPECT_FALSE(NameKey("org", "xx", MetricType::kCounter, 0, 1).starts_with(prefix));
  EXPECT_FALSE(NameKey("org", std::string("x\0", 2), MetricType::kCounter, 0, 1).starts_with(prefix));
  std::string org_prefix;
  AppendNamePrefix("org", &org_prefix);
  EXPECT_TRUE(NameKey("org", "x", MetricType::kCounter, 0, 1).starts_with(org_prefix));
  EXPECT_FALSE(NameKey("orgx", "x", MetricType::kCounter, 0, 1).starts_with(org_prefix));
}

TaskMeta FullMeta() {
  TaskMeta meta{.next_input_offset = 1'234'567'890'123,
                .stream_time_ms = -5,
                .sequence = 77,
                .next_series_id = 4'294'967'295u,
                .commit_wall_ms = 1'700'000'000'123,
                .accounting = {.consumed = 100, .applied = 50, .duplicate = 10, .late = 20, .overflowed = 5}};
  meta.accounting.rejected[1] = 9;
  meta.accounting.rejected[kRejectReasons - 1] = 6;
  meta.last_record = {1'234'567'890'120, -7};
  return meta;
}

TaskMeta MetaWithRules() {
  TaskMeta meta = FullMeta();
  meta.rules = {.events = 70, .without_events = 3, .forgotten = 1,
                .versions = {{0xfedcba9876543210, 17, -5}, {1, 1'234'567'890'000, 1'700'000'000'000}}};
  return meta;
}

// Every cut of the bytes, and bytes too many, are refused.
template <typename Decode>
void ExpectOnlyTheWholeDecodes(const std::string& bytes, Decode decode) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(decode(bytes.substr(0, size)).status().Is(ErrorKind::kInvalid)) << size;
  }
  EXPECT_TRUE(decode(bytes + "x").status().Is(ErrorKind::kInvalid));
  std::string other_version = bytes;
  other_version[0] = 99;
  EXPECT_THAT(decode(other_version).status().message(), testing::HasSubstr("version 99"));
}

TEST(StateLayout, TaskMetaComesBack) {
  for (const TaskMeta& meta : {TaskMeta(), FullMeta(), MetaWithRules()}) {
    auto decoded = DecodeTaskMeta(EncodeTaskMeta(meta));
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(*decoded, meta);
  }
  ExpectOnlyTheWholeDecodes(EncodeTaskMeta(FullMeta()), DecodeTaskMeta);
  ExpectOnlyTheWholeDecodes(EncodeTaskMeta(MetaWithRules()), DecodeTaskMeta);
}

TEST(StateLayout, TaskMetasOfEarlierVersionsAreRead) {
  constexpr size_t kNoRecordBytes = 2, kNoRulesBytes = 4;
  TaskMeta with_rules = MetaWithRules();
  with_rules.last_record = {};
  std::string second = EncodeTaskMeta(with_rules);
  second.resize(second.size() - kNoRecordBytes);
  second[0] = 2;
  TaskMeta full = FullMeta();
  full.last_record = {};
  std::string first = EncodeTaskMeta(full);
  first.resize(first.size() - kNoRecordBytes - kNoRulesBytes);
  first[0] = 1;
  EXPECT_EQ(DecodeTaskMeta(second).value(), with_rules);
  EXPECT_EQ(DecodeTaskMeta(first).value(), full);
  ExpectOnlyTheWholeDecodes(second, DecodeTaskMeta);
  ExpectOnlyTheWholeDecodes(first, DecodeTaskMeta);
}

TEST(StateLayout, TasksOfSourcesLieBetweenThoseOfEventsAndOfCommands) {
  for (int32_t slot : {0, 1, kMaxSources - 1}) {
    for (int32_t partition : {0, 1, kMaxSourcePartitions - 1}) {
      const int32_t task = SourceTaskNumber(slot, partition);
      EXPECT_TRUE(IsSourceTask(task));
      EXPECT_FALSE(IsCommandTask(task));
      EXPECT_EQ(SourceSlot(task), slot);
      EXPECT_EQ(TaskPartition(task), partition);
    }
  }
  EXPECT_FALSE(IsSourceTask(kFirstSourceTask - 1));
  EXPECT_FALSE(IsSourceTask(CommandTaskNumber(0)));
  EXPECT_EQ(TaskPartition(kFirstSourceTask - 1), kFirstSourceTask - 1);
}

TEST(StateLayout, SourceComesBack) {
  for (const StoredSource& source : {StoredSource{}, StoredSource{"shop.orders", 12, false}}) {
    auto decoded = DecodeSource(EncodeSource(source));
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(*decoded, source);
  }
  ExpectOnlyTheWholeDecodes(EncodeSource({"shop.orders", 12, true}), DecodeSource);
}

TEST(RulesHistory, KnowsFromWhereOnEachVersionCounted) {
  RulesHistory history;
  history.Follow(7, 0, 100);
  history.Follow(7, 5, 105);
  history.Follow(8, 9, 109);
  history.Follow(7, 12, 112);
  const std::vector<RulesVersion> expected = {{7, 0, 100}, {8, 9, 109}, {7, 12, 112}};
  EXPECT_EQ(history.versions, expected);
}

TEST(RulesHistory, ForgetsTheOldestVersionsAndSaysSo) {
  RulesHistory history;
  for (uint64_t version = 0; version < RulesHistory::kMaxVersions + 3; ++version) {
    history.Follow(version, static_cast<int64_t>(version), 0);
  }
  EXPECT_EQ(history.versions.size(), RulesHistory::kMaxVersions);
  EXPECT_EQ(history.forgotten, 3u);
  EXPECT_EQ(history.versions.front().version, 3u);
}

TEST(StateLayout, TaskCheckpointComesBack) {
  const TaskCheckpoint full{.restoring = true,
                            .written_wall_ms = 1'700'000'000'123,
                            .changelog_next = {{"series", 5}, {"windows-1s", 1'000'000'000'000}},
                            .complete_from_ms = {{"windows-1s", 1'699'999'999'000}, {"windows-1m", kBeginningOfTime}}};
  for (const TaskCheckpoint& checkpoint : {TaskCheckpoint(), full}) {
    auto decoded = DecodeTaskCheckpoint(EncodeTaskCheckpoint(checkpoint));
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(*decoded, checkpoint);
  }
  ExpectOnlyTheWholeDecodes(EncodeTaskCheckpoint(full), DecodeTaskCheckpoint);
}

TEST(StateLayout, StateFormatComesBack) {
  const StateFormat full{"odometer", "metrics.events", "q1Sh-9_ISia_zwGINzRvyQ", TierSet::Default()};
  for (const StateFormat& format : {StateFormat{"", "", "", {{}, false}}, full}) {
    auto decoded = DecodeStateFormat(EncodeStateFormat(format));
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(*decoded, format);
  }
  ExpectOnlyTheWholeDecodes(EncodeStateFormat(full), DecodeStateFormat);
}

TEST(StateLayout, PartitionCountComesBack) {
  EXPECT_EQ(DecodePartitionCount(EncodePartitionCount(300)).value(), 300);
  EXPECT_FALSE(DecodePartitionCount("").ok());
  EXPECT_FALSE(DecodePartitionCount("12345").ok());
}

TEST(Accounting, BalancesWhenEveryRecordIsAccountedFor) {
  Accounting accounting = FullMeta().accounting;
  EXPECT_EQ(accounting.rejected_total(), 15u);
  EXPECT_TRUE(accounting.Balanced());
  accounting += accounting;
  EXPECT_EQ(accounting.consumed, 200u);
  EXPECT_EQ(accounting.rejected[1], 18u);
  EXPECT_TRUE(accounting.Balanced());
  ++accounting.consumed;
  EXPECT_FALSE(accounting.Balanced());
}

}  // namespace
}  // namespace odometer
