#include "processor/series_dictionary.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace odometer {
namespace {

std::string Identity(const std::string& name, const std::string& level = "") {
  Series series;
  series.org = "default";
  series.name = name;
  if (!level.empty()) series.labels = {{"level", level}};
  std::string identity;
  EncodeSeriesIdentity(series, &identity);
  return identity;
}

TEST(SeriesDictionary, GivesEachIdentityOneIdForGood) {
  SeriesDictionary dictionary;
  std::map<std::string, SeriesId> ids;
  for (int i = 0; i < 20'000; ++i) {
    auto found = dictionary.FindOrAdd(Identity("name-" + std::to_string(i)));
    EXPECT_TRUE(found.added);
    ids[Identity("name-" + std::to_string(i))] = found.id;
  }
  for (const auto& [identity, id] : ids) {
    auto found = dictionary.FindOrAdd(identity);
    EXPECT_FALSE(found.added);
    EXPECT_EQ(found.id, id);
  }
  EXPECT_EQ(dictionary.size(), 20'000u);
  EXPECT_EQ(dictionary.next_id(), 20'001u);
}

TEST(SeriesDictionary, LoadedSeriesKeepTheirIds) {
  SeriesDictionary dictionary(10);
  dictionary.Load(Identity("a"), 4);
  EXPECT_EQ(dictionary.FindOrAdd(Identity("a")).id, 4u);
  EXPECT_EQ(dictionary.FindOrAdd(Identity("b")).id, 10u);
}

TEST(SeriesDictionary, ForgottenSeriesComeBackUnderANewId) {
  SeriesDictionary dictionary;
  const SeriesId old_id = dictionary.FindOrAdd(Identity("b", "a")).id;
  const SeriesId other = dictionary.FindOrAdd(Identity("b", "z")).id;
  auto removed = dictionary.Forget("default", "a.b");
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(removed[0].id, old_id);
  EXPECT_EQ(removed[0].identity, Identity("b", "a"));

  auto again = dictionary.FindOrAdd(Identity("b", "a"));
  EXPECT_TRUE(again.added);
  EXPECT_NE(again.id, old_id);
  EXPECT_EQ(dictionary.FindOrAdd(Identity("b", "z")).id, other);
  EXPECT_TRUE(dictionary.Forget("elsewhere", "a.b").empty());
}

TEST(SeriesDictionary, ManyForgottenAndAddedSeriesLeaveTheRestAlone) {
  SeriesDictionary dictionary;
  const SeriesId kept = dictionary.FindOrAdd(Identity("kept")).id;
  for (int round = 0; round < 3000; ++round) {
    EXPECT_TRUE(dictionary.FindOrAdd(Identity("gone")).added);
    EXPECT_EQ(dictionary.Forget("default", "gone").size(), 1u);
  }
  EXPECT_EQ(dictionary.FindOrAdd(Identity("kept")).id, kept);
  EXPECT_EQ(dictionary.size(), 1u);
}

}  // namespace
}  // namespace odometer
