#include "cli/rules/rules_text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "common/model/event_decoder.h"
#include "common/state/rules_history.h"
#include "rules/rules_file.h"

namespace odometer::cli {
namespace {

const std::string kFolder = ODOMETER_SOURCE_DIR "/tests/unit/cli/rules/";

std::shared_ptr<const rules::RuleSet> Shop() {
  auto rules = rules::LoadRules(kFolder + "shop.yaml");
  EXPECT_TRUE(rules.ok()) << rules.status().ToString();
  return *rules;
}

struct Tried {
  TryCounts counts;
  std::string out, errors;
};

Tried TryShop(bool json) {
  std::ifstream records(kFolder + "orders.jsonl");
  std::ostringstream out, errors;
  const TryOptions options{.rules_file = "shop.yaml", .record_ts_ms = 1'800'000'000'000, .json = json};
  const TryCounts counts = TryRules(Shop(), options, &records, &out, &errors);
  return {counts, out.str(), errors.str()};
}

TEST(RulesText, NamesEveryMetricWithItsLabels) {
  EXPECT_EQ(RulesText(*Shop()),
            "timer checkout_ms {country}\n"
            "gauge last_basket {country}\n"
            "counter orders {country}\n"
            "counter revenue {country}\n"
            "version " + RulesVersionText(Shop()->version) + "\n");
}

TEST(TryRules, PrintsWhatEachRecordGivesAndWhatItAddsUpTo) {
  const Tried tried = TryShop(/*json=*/false);
  EXPECT_EQ(tried.out,
            R"(line 1:
  {"name":"orders","type":"counter","value":1,"ts":1767323045000,"labels":{"country":"de"}}
  {"name":"revenue","type":"counter","value":19.5,"ts":1767323045000,"labels":{"country":"de"}}
  {"name":"checkout_ms","type":"timer","value":41,"ts":1767323045000,"labels":{"country":"de"}}
  {"name":"last_basket","type":"gauge","value":2,"ts":1767323045000,"labels":{"country":"de"}}
line 2:
  {"name":"orders","type":"counter","value":1,"ts":1767323046000,"labels":{"country":"other"}}
  {"name":"revenue","type":"counter","value":0.5,"ts":1767323046000,"labels":{"country":"other"}}
  {"name":"last_basket","type":"gauge","value":1,"ts":1767323046000,"labels":{"country":"other"}}
line 4: no events
line 5: rejected: bad_value: /amount (shop.yaml:10)

4 records: 2 counted, 1 without events, 1 rejected
timer checkout_ms {country=de}: count 1, min 41, mean 41, max 41
gauge last_basket {country=de}: count 1, last 2
gauge last_basket {country=other}: count 1, last 1
counter orders {country=de}: count 1, sum 1
counter orders {country=other}: count 1, sum 1
counter revenue {country=de}: count 1, sum 19.5
counter revenue {country=other}: count 1, sum 0.5
)");
  EXPECT_EQ(tried.errors, "");
  EXPECT_EQ(tried.counts.records, 4u);
  EXPECT_EQ(tried.counts.counted, 2u);
  EXPECT_EQ(tried.counts.no_events, 1u);
  EXPECT_EQ(tried.counts.rejected, 1u);
}

TEST(TryRules, JsonIsEventsOnly) {
  const Tried tried = TryShop(/*json=*/true);
  std::istringstream lines(tried.out);
  std::string line;
  EventDecoder decoder;
  Event event;
  int events = 0;
  for (; std::getline(lines, line); ++events) {
    EXPECT_EQ(decoder.Decode(line, 1'800'000'000'000, &event), RejectReason::kNone) << line;
  }
  EXPECT_EQ(events, 7);
  EXPECT_EQ(tried.errors, "line 5: rejected: bad_value: /amount (shop.yaml:10)\n");
}

TEST(EventJson, IsReadBackTheSame) {
  Event event;
  event.org = "acme";
  event.name = "a\"b\n\u00e9";
  event.type = MetricType::kTimer;
  event.value = Number::Of(uint64_t{18446744073709551615u});
  event.ts_ms = 5;
  event.labels = {{"a", "x"}, {"level", "web\\"}};
  EventDecoder decoder;
  Event again;
  const std::string json = EventJson(event);
  ASSERT_EQ(decoder.Decode(json, 5, &again), RejectReason::kNone) << json;
  EXPECT_EQ(again.org, event.org);
  EXPECT_EQ(again.name, event.name);
  EXPECT_EQ(again.type, event.type);
  EXPECT_EQ(again.value, event.value);
  EXPECT_EQ(again.ts_ms, event.ts_ms);
  EXPECT_EQ(again.labels, event.labels);
}

}  // namespace
}  // namespace odometer::cli
