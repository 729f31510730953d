#include "processor/series_limits.h"

#include <gtest/gtest.h>

#include <string>

namespace odometer {
namespace {

std::string Identity(const std::string& org, const std::string& name) {
  std::string identity;
  EncodeSeriesIdentity(Series{org, name, MetricType::kCounter, {}}, &identity);
  return identity;
}

TEST(SeriesLimits, AnOrgHasItsOwnLimit) {
  SeriesLimits limits({.series = 10, .series_per_org = 2}, SeriesDictionary());
  limits.Added(Identity("acme", "a"));
  EXPECT_EQ(limits.WouldExceed("acme"), SeriesLimit::kNone);
  limits.Added(Identity("acme", "b"));
  EXPECT_EQ(limits.WouldExceed("acme"), SeriesLimit::kOrg);
  EXPECT_EQ(limits.WouldExceed("other"), SeriesLimit::kNone);
  EXPECT_EQ(limits.OverflowOrg("acme"), "acme");
  limits.Removed(Identity("acme", "a"));
  EXPECT_EQ(limits.WouldExceed("acme"), SeriesLimit::kNone);
}

TEST(SeriesLimits, AllOrgsTogetherHaveAnother) {
  SeriesLimits limits({.series = 2, .series_per_org = 2}, SeriesDictionary());
  limits.Added(Identity("acme", "a"));
  limits.Added(Identity("other", "a"));
  EXPECT_EQ(limits.WouldExceed("acme"), SeriesLimit::kTask);
  EXPECT_EQ(limits.OverflowOrg("acme"), "acme");
  EXPECT_EQ(limits.WouldExceed("third"), SeriesLimit::kTask);
  EXPECT_EQ(limits.OverflowOrg("third"), kOverflowName) << "orgs without end must not get a series each";
  limits.Removed(Identity("other", "a"));
  EXPECT_EQ(limits.WouldExceed("third"), SeriesLimit::kNone);
  EXPECT_EQ(limits.OverflowOrg("other"), kOverflowName);
}

TEST(SeriesLimits, OverflowSeriesAreNotCounted) {
  SeriesLimits limits({.series = 1, .series_per_org = 1}, SeriesDictionary());
  limits.Added(Identity("acme", "__overflow__"));
  EXPECT_EQ(limits.WouldExceed("acme"), SeriesLimit::kNone);
  limits.Added(Identity("acme", "a"));
  limits.Removed(Identity("acme", "__overflow__"));
  EXPECT_EQ(limits.WouldExceed("acme"), SeriesLimit::kOrg);
}

TEST(SeriesLimits, BeginsWithTheSeriesThatThereAre) {
  SeriesDictionary series;
  series.Load(Identity("acme", "a"), 1);
  series.Load(Identity("acme", "b"), 2);
  series.Load(Identity("acme", "__overflow__"), 3);
  EXPECT_EQ(SeriesLimits({.series = 10, .series_per_org = 2}, series).WouldExceed("acme"), SeriesLimit::kOrg);
  EXPECT_EQ(SeriesLimits({.series = 10, .series_per_org = 3}, series).WouldExceed("acme"), SeriesLimit::kNone);
  EXPECT_EQ(SeriesLimits({.series = 2, .series_per_org = 3}, series).WouldExceed("other"), SeriesLimit::kTask);
}

}  // namespace
}  // namespace odometer
