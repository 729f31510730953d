#include "common/base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer {
namespace {

using testing::HasSubstr;

TEST(MetricsTest, ServesThePrometheusText) {
  Metrics metrics;
  metrics.Counter("odometer_consumed_total", "Events read.", {{"partition", "3"}}).Increment(5);
  metrics.Gauge("odometer_lag_records", "Records not yet read.").Set(7);
  metrics.Seconds("odometer_commit_seconds", "Duration of commits.").Observe(0.02);
  std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("# HELP odometer_consumed_total Events read.\n# TYPE odometer_consumed_total counter\n"));
  EXPECT_THAT(text, HasSubstr("odometer_consumed_total{partition=\"3\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("odometer_lag_records 7\n"));
  EXPECT_THAT(text, HasSubstr("odometer_commit_seconds_bucket{le=\"0.01\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("odometer_commit_seconds_bucket{le=\"0.025\"} 1\n"));
}

TEST(MetricsTest, TheSameNameAndLabelsGiveTheSameMetric) {
  Metrics metrics;
  EXPECT_EQ(&metrics.Counter("c_total", "C.", {{"a", "1"}}), &metrics.Counter("c_total", "C.", {{"a", "1"}}));
  EXPECT_NE(&metrics.Counter("c_total", "C.", {{"a", "1"}}), &metrics.Counter("c_total", "C.", {{"a", "2"}}));
}

}  // namespace
}  // namespace odometer
