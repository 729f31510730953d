// Records of any content under rules that use every word: events that the input topic takes, and the same ones
// whatever the evaluator has seen before.
#include "rules/rules_file.h"
#include "tests/fuzz/rules_events.h"

namespace odometer {
namespace {

constexpr std::string_view kRules = R"(
sources: [{topic: a}, {topic: b}]
org: acme
time: /t
events:
  - on: [order, 7]
    match: {/status: paid, /n: [1, x, true]}
    labels: {level: shop, country: {from: /address/country, in: [de, at], else: other}}
    do:
      - incr: orders
      - incr: {gauge: revenue, by: /amount, labels: {sku: /items/0/sku}}
  - time: {from: /s, unit: s}
    do:
      - observe: {timer: checkout, value: {from: /v, else: 3}, labels: {x: /x, y: /x}}
      - observe: {meter: seen}
      - set_value: {gauge: basket, value: {from: /items/length, optional: true}}
  - topic: b
    when:
      or:
        - {/a~1b: {matches: '^(a|b)+$'}, not: {/n: {exists: true}}}
        - and: [{/amount: {ge: 1, lt: 10}}, {"/": {ne: ''}}]
    do: [{incr: rare}]
)";

}  // namespace

void TestInput(std::string_view record) {
  static const std::shared_ptr<const rules::RuleSet> rules = [] {
    auto compiled = rules::CompileRules(kRules, "rules");
    ODOMETER_FUZZ_REQUIRE(compiled.ok());
    return *compiled;
  }();
  static rules::Evaluator used(rules);
  for (size_t topic = 0; topic < 2; ++topic) {
    rules::Evaluator evaluator(rules);
    RequireEvents(&evaluator, record, topic);
    RequireEvents(&used, record, topic);
    ODOMETER_FUZZ_REQUIRE(used.events().size() == evaluator.events().size());
    for (size_t i = 0; i < used.events().size(); ++i) {
      ODOMETER_FUZZ_REQUIRE(cli::EventJson(used.events()[i]) == cli::EventJson(evaluator.events()[i]));
    }
  }
}

}  // namespace odometer
