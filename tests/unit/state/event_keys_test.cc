#include "common/state/event_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/state/state_layout.h"

namespace odometer {
namespace {

std::string Key(std::string_view org, const EventPlace& place) {
  std::string key = EventKeyPrefix(place.partition, org);
  AppendEventPlace(place, &key);
  return key;
}

TEST(EventKeysTest, SortAsEventsDo) {
  const std::vector<EventPlace> places = {{-1, 5, 3, 9}, {0, -1, 3, 9}, {0, 0, 3, 7}, {0, 0, 3, 8}, {0, 1, 3, 0}, {9, 0, 3, 0}};
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
  for (size_t i = 1; i < places.size(); ++i) EXPECT_LT(Key("org", places[i - 1]), Key("org", places[i]));
  for (const EventPlace& place : places) {
    EXPECT_EQ(ParseEventPlace(Key("org", place)), place);
    EXPECT_TRUE(Key("org", place).starts_with(EventKeyPrefix(3, "org")));
    EXPECT_FALSE(Key("orga", place).starts_with(EventKeyPrefix(3, "org")));
  }
}

TEST(EventKeysTest, TheBytesAreAsDocumented) {
  EXPECT_EQ(Key("o", {1, 2, 3, 4}), std::string("\0\0\0\3" "o\0\1" "\x80\0\0\0\0\0\0\1" "\x80\0\0\0\0\0\0\2"
                                                "\x80\0\0\0\0\0\0\4", 31));
  EXPECT_EQ(EventNamePart("a"), std::string("a\0\1", 3));
  EXPECT_EQ(EventNamePart(std::string("a\0b", 3)), std::string("a\0\xff" "b\0\1", 6));
  EXPECT_EQ(EncodeStoredEvent({"n", "{}"}), std::string("\1\1n{}", 5));
}

TEST(EventKeysTest, LongNamesAreToldApart) {
  const std::string longest(512, 'n');
  EXPECT_EQ(EventNamePart(longest).size(), 514u);
  const std::string a = EventNamePart(longest + "a"), b = EventNamePart(longest + "b");
  EXPECT_EQ(a.size(), 512u + 2 + 16);
  EXPECT_NE(a, b);
  EXPECT_FALSE(a.starts_with(EventNamePart(longest)));
}

TEST(EventKeysTest, AKeyByNameFollowsFromTheOther) {
  const EventPlace place{7, 8, 3, 9};
  const std::string org("a\0b", 3);
  const std::string name = EventNamePart("n");
  std::optional<std::string> by_name = ByNameKey(Key(org, place), name);
  ASSERT_TRUE(by_name);
  EXPECT_TRUE(by_name->starts_with(EventKeyPrefix(3, org, name)));
  EXPECT_EQ(ParseEventPlace(*by_name), place);
  for (const std::string& bad : {std::string(), std::string("\0\0\0\1", 4), std::string(31, 'x'), Key(org, place) + "x",
                                 std::string(31, '\0')}) {
    EXPECT_FALSE(ByNameKey(bad, name)) << bad.size();
  }
}

TEST(EventKeysTest, OtherValuesAreRefused) {
  const std::string bytes = EncodeStoredEvent({"name", R"({"a":1})"});
  Result<StoredEvent> event = DecodeStoredEvent(bytes);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->name_part, "name");
  EXPECT_EQ(event->body, R"({"a":1})");
  for (const std::string& bad : {std::string(), std::string("\2\0", 2), std::string("\1\5abcd", 6)}) {
    EXPECT_TRUE(DecodeStoredEvent(bad).status().Is(ErrorKind::kInvalid));
  }
}

TEST(EventKeysTest, ARetentionEndsByStreamTime) {
  EXPECT_EQ(StateLayout(TierSet::Default()).EventsRetainedFromMs(1'000'000), kBeginningOfTime);
  const StateLayout finite(TierSet::Default(), 1000);
  EXPECT_EQ(finite.EventsRetainedFromMs(kBeginningOfTime), kBeginningOfTime);
  EXPECT_EQ(finite.EventsRetainedFromMs(5000), 4000);
  EXPECT_EQ(StateLayout(TierSet::Default(), kForever - 1).EventsRetainedFromMs(-5000), kBeginningOfTime);
}

}  // namespace
}  // namespace odometer
