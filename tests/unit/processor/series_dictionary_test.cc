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
    const std::string identity = Identity("name-" + std::to_string(i));
    EXPECT_EQ(dictionary.Find(identity), std::nullopt);
    ids[identity] = dictionary.Add(identity);
  }
  for (const auto& [identity, id] : ids) EXPECT_EQ(dictionary.Find(identity), id);
  EXPECT_EQ(dictionary.size(), 20'000u);
  EXPECT_EQ(dictionary.next_id(), 20'001u);
}

TEST(SeriesDictionary, LoadedSeriesKeepTheirIds) {
  SeriesDictionary dictionary(10);
  dictionary.Load(Identity("a"), 4);
  EXPECT_EQ(dictionary.Find(Identity("a")), 4u);
  EXPECT_EQ(dictionary.Add(Identity("b")), 10u);
}

TEST(SeriesDictionary, ForgottenSeriesComeBackUnderANewId) {
  SeriesDictionary dictionary;
  const SeriesId old_id = dictionary.Add(Identity("b", "a"));
  const SeriesId other = dictionary.Add(Identity("b", "z"));
  auto removed = dictionary.Forget("default", "a.b");
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(removed[0].id, old_id);
  EXPECT_EQ(removed[0].identity, Identity("b", "a"));

  EXPECT_EQ(dictionary.Find(Identity("b", "a")), std::nullopt);
  EXPECT_NE(dictionary.Add(Identity("b", "a")), old_id);
  EXPECT_EQ(dictionary.Find(Identity("b", "z")), other);
  EXPECT_TRUE(dictionary.Forget("elsewhere", "a.b").empty());
}

TEST(SeriesDictionary, ManyForgottenAndAddedSeriesLeaveTheRestAlone) {
  SeriesDictionary dictionary;
  const SeriesId kept = dictionary.Add(Identity("kept"));
  for (int round = 0; round < 3000; ++round) {
    EXPECT_EQ(dictionary.Find(Identity("gone")), std::nullopt);
    dictionary.Add(Identity("gone"));
    EXPECT_EQ(dictionary.Forget("default", "gone").size(), 1u);
  }
  EXPECT_EQ(dictionary.Find(Identity("kept")), kept);
  EXPECT_EQ(dictionary.size(), 1u);
}

}  // namespace
}  // namespace odometer
