// Gauges of a rules file, and their ticks.
#include <gtest/gtest.h>

#include <string>

#include "rules/rules_file.h"

namespace odometer::rules {
namespace {

// Of a file whose gauges begin in the second line; its rules count the counter orders, the gauge basket and a timer.
std::string Gauges(const std::string& gauges, const std::string& org = "default") {
  const Result<std::shared_ptr<const RuleSet>> rules =
      CompileRules("gauges:\n" + gauges + "\nsources: [{topic: t}]\norg: " + org +
                       "\nevents: [{do: [{incr: {gauge: orders, by: 2}}, {set_value: {gauge: basket, value: 1}}, "
                       "{observe: {timer: wait, value: 1}}]}]\n",
                   "r");
  if (!rules.ok()) return rules.status().message();
  std::string text;
  for (const Gauge& gauge : (*rules)->gauges.gauges) {
    text += std::string(MetricTypeName(gauge.type)) + ' ' + gauge.name + ' ' + gauge.tick.Text() + ' ' +
            gauge.tick.zone().name() + '\n';
  }
  return text + "of " + (*rules)->gauges.org;
}

TEST(Gauges, HaveTicks) {
  EXPECT_EQ(Gauges("  orders: {tick: 1d, timezone: Europe/Berlin}\n  basket: {tick: 5m}"),
            "gauge basket 5m UTC\ncounter orders 1d Europe/Berlin\nof default");
  EXPECT_EQ(Gauges("  orders: {tick: 1w}", "acme"), "counter orders 1w UTC\nof acme");
  EXPECT_EQ(Gauges("  orders: {timezone: Asia/Kolkata, tick: 1mo}"), "counter orders 1mo Asia/Kolkata\nof default");
  EXPECT_EQ(Gauges("  orders: {tick: 1d}"), "counter orders 1d UTC\nof default");
  EXPECT_EQ(Gauges("  {}"), "of default");
}

TEST(Gauges, MistakesAreToldWithTheNearest) {
  EXPECT_EQ(Gauges("  order: {tick: 1d}"), "r:2:3: no rule counts \"order\"; the nearest is orders");
  EXPECT_EQ(Gauges("  wait: {tick: 1d}"), "r:2:3: \"wait\" is a timer in line 5: a gauge is what is incremented or set");
  EXPECT_EQ(Gauges("  orders: {ticks: 1d}"), "r:2:12: no word \"ticks\" in a gauge; the nearest is tick");
  EXPECT_EQ(Gauges("  orders: {timezone: UTC}"), "r:2:11: a gauge has a \"tick\", such as 1h or 1d");
  EXPECT_EQ(Gauges("  orders: {tick: 1d, timezone: Europe/Berln}"),
            "r:2:32: unknown time zone; the nearest is Europe/Berlin");
  EXPECT_EQ(Gauges("  orders: {tick: 1h, timezone: Europe/Berlin}"),
            "r:2:32: \"timezone\" goes with a tick of 1d, 1w or 1mo");
  for (const std::string tick : {"0s", "day", "500ms", "forever", "-1h", "60"}) {
    EXPECT_EQ(Gauges("  orders: {tick: " + tick + "}"),
              "r:2:18: \"" + tick + "\" is no tick: whole seconds, such as 30s, 5m or 1h, or 1d, 1w or 1mo");
  }
  EXPECT_EQ(Gauges("  orders: 1d"), "r:2:11: a gauge is a map of words and values");
}

}  // namespace
}  // namespace odometer::rules
