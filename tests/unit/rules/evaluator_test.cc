// Which events a record gives.
#include "rules/evaluator.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/rules/rules_under_test.h"

namespace odometer::rules {
namespace {

constexpr const char* kShop = R"(
sources:
  - topic: shop.orders
events:
  - on: order_placed
    do:
      - incr: orders
      - incr: {gauge: revenue, by: /amount}
      - observe: {timer: checkout_ms, value: /timing/checkout, labels: {country: /address/country}}
      - set_value: {gauge: last_basket, value: /items/length}
)";

// A rule with one action; the action is on line 4.
std::string OneAction(const std::string& action) {
  return "sources: [{topic: t}]\nevents:\n  - do:\n      - " + action + "\n";
}

struct Case {
  std::string action;
  std::string record;
  std::string given;
};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    RulesUnderTest rules(OneAction(c.action));
    EXPECT_EQ(rules.Give(c.record), c.given) << c.action << " " << c.record;
  }
}

TEST(Evaluator, AShop) {
  RulesUnderTest rules(kShop);
  EXPECT_EQ(rules.Give(R"({"_type":"order_placed","amount":19.9,"timing":{"checkout":41},)"
                       R"("address":{"country":"de"},"items":[{"sku":1},{"sku":2}]})"),
            "counter orders 1\n"
            "counter revenue 19.9\n"
            "timer checkout_ms 41 {country=de}\n"
            "gauge last_basket 2");
  EXPECT_EQ(rules.Give(R"({"_type":"order_paid"})"), "");
}

TEST(Evaluator, Actions) {
  Check({
      {"incr: n", "{}", "counter n 1"},
      {"incr: {counter: n}", "{}", "counter n 1"},
      {"incr: {counter: n, by: 5}", "{}", "counter n 5"},
      {"incr: {gauge: n, by: -2.5}", "{}", "counter n -2.5"},
      {"incr: {counter: n, by: /a}", R"({"a":18446744073709551615})", "counter n 18446744073709551615"},
      {"observe: {timer: n, value: /a}", R"({"a":1.25})", "timer n 1.25"},
      {"observe: {histogram: n, value: /a}", R"({"a":1.25})", "timer n 1.25"},
      {"observe: {meter: n}", "{}", "meter n 1"},
      {"observe: {meter: n, value: /a}", R"({"a":3})", "meter n 3"},
      {"set_value: {gauge: n, value: /a}", R"({"a":0})", "gauge n 0"},
  });
}

TEST(Evaluator, Values) {
  const std::string bad = "rejected: bad_value /a, line 4";
  Check({
      {"incr: {counter: n, by: /a}", R"({"a":"12.5"})", "counter n 12.5"},
      {"incr: {counter: n, by: /a}", R"({"a":true})", "counter n 1"},
      {"incr: {counter: n, by: /a}", R"({"a":"many"})", bad},
      {"incr: {counter: n, by: /a}", R"({"a":null})", bad},
      {"incr: {counter: n, by: /a}", R"({"a":[1]})", bad},
      {"incr: {counter: n, by: /a}", R"({})", bad},
      {"incr: {counter: n, by: {from: /a}}", R"({"a":2})", "counter n 2"},
      {"incr: {counter: n, by: {from: /a}}", R"({})", bad},
      {"incr: {counter: n, by: {from: /a, else: 7}}", R"({"a":2})", "counter n 2"},
      {"incr: {counter: n, by: {from: /a, else: 7}}", R"({"a":"many"})", "counter n 7"},
      {"incr: {counter: n, by: {from: /a, else: 7}}", R"({})", "counter n 7"},
      {"incr: {counter: n, by: {from: /a, optional: true}}", R"({"a":2})", "counter n 2"},
      {"incr: {counter: n, by: {from: /a, optional: true}}", R"({})", ""},
      {"incr: {counter: n, by: {from: /a, optional: false}}", R"({})", bad},
  });
}

TEST(Evaluator, Labels) {
  const std::string limited = "incr: {counter: n, labels: {c: {from: /c, in: [de, at, 1]}}}";
  const std::string other = "incr: {counter: n, labels: {c: {from: /c, in: [de, at], else: other}}}";
  const std::string long_text(kMaxNameBytes + 1, 'x');
  Check({
      {"incr: {counter: n, labels: {b: /b, a: x}}", R"({"b":"y"})", "counter n 1 {a=x,b=y}"},
      {"incr: {counter: n, labels: {a: 1}}", "{}", "counter n 1 {a=1}"},
      {"incr: {counter: n, labels: {a: /a}}", R"({"a":404})", "counter n 1 {a=404}"},
      {"incr: {counter: n, labels: {a: /a, b: /a}}", R"({"a":18446744073709551615})",
       "counter n 1 {a=18446744073709551615,b=18446744073709551615}"},
      {"incr: {counter: n, labels: {a: /a}}", R"({"a":false})", "counter n 1 {a=false}"},
      {"incr: {counter: n, labels: {a: /a}}", R"({"a":null})", "counter n 1"},
      {"incr: {counter: n, labels: {a: /a}}", "{}", "counter n 1"},
      {"incr: {counter: n, labels: {a: /a}}", R"({"a":{}})", "rejected: bad_labels /a, line 4"},
      {"incr: {counter: n, labels: {a: /a}}", R"({"a":")" + long_text + "\"}", "rejected: bad_labels /a, line 4"},
      {limited, R"({"c":"de"})", "counter n 1 {c=de}"},
      {limited, R"({"c":1})", "counter n 1 {c=1}"},
      {limited, R"({"c":"fr"})", "counter n 1"},
      {limited, R"({"c":")" + long_text + "\"}", "counter n 1"},
      {limited, "{}", "counter n 1"},
      {other, R"({"c":"at"})", "counter n 1 {c=at}"},
      {other, R"({"c":"fr"})", "counter n 1 {c=other}"},
      {other, "{}", "counter n 1 {c=other}"},
      {"incr: {counter: n, labels: {a: {from: /a, else: none}}}", R"({"a":""})", "counter n 1 {a=}"},
  });
}

TEST(Evaluator, AnActionsLabelsGoBeforeThoseOfItsRule) {
  RulesUnderTest rules(R"(
sources: [{topic: t}]
events:
  - labels: {country: /country, level: shop}
    do:
      - incr: orders
      - incr: {counter: special, labels: {country: any, a: /a}}
)");
  EXPECT_EQ(rules.Give(R"({"country":"de","a":"x"})"),
            "counter orders 1 {country=de,level=shop}\n"
            "counter special 1 {a=x,country=any,level=shop}");
}

TEST(Evaluator, Times) {
  struct TimeCase {
    const char* time;
    const char* record;
    const char* given;
  };
  const TimeCase kCases[] = {
      {"/t", R"({"t":1699999999000})", "counter n 1 @-1000"},
      {"/t", R"({"t":"1699999999000"})", "counter n 1 @-1000"},
      {"/t", R"({"t":"2023-11-14T22:13:19Z"})", "counter n 1 @-1000"},
      {"/t", R"({"t":"2023-11-14T23:13:19.5+01:00"})", "counter n 1 @-500"},
      {"{from: /t, unit: ms}", R"({"t":1699999999000})", "counter n 1 @-1000"},
      {"{from: /t, unit: s}", R"({"t":1699999999})", "counter n 1 @-1000"},
      {"{from: /t, unit: s}", R"({"t":1699999999.123})", "counter n 1 @-877"},
      {"{from: /t, unit: s}", R"({"t":"2023-11-14T22:13:19Z"})", "counter n 1 @-1000"},
      {"/t", "{}", "counter n 1"},
      {"/t", R"({"t":null})", "counter n 1"},
      {"/t", R"({"t":"yesterday"})", "rejected: bad_timestamp /t, line 4"},
      {"/t", R"({"t":""})", "rejected: bad_timestamp /t, line 4"},
      {"/t", R"({"t":true})", "rejected: bad_timestamp /t, line 4"},
      {"/t", R"({"t":{}})", "rejected: bad_timestamp /t, line 4"},
      {"/t", R"({"t":1e300})", "rejected: bad_timestamp /t, line 4"},
      {"/t", R"({"t":253402300800000})", "rejected: bad_timestamp /t, line 4"},
      {"/t", R"({"t":1700000300000})", "counter n 1 @300000"},
      {"/t", R"({"t":1700000300001})", "rejected: from_the_future /t, line 4"},
  };
  for (const TimeCase& c : kCases) {
    RulesUnderTest rules("sources: [{topic: t}]\ntime: " + std::string(c.time) + "\nevents:\n  - do: [{incr: n}]\n");
    EXPECT_EQ(rules.Give(c.record), c.given) << c.time << " " << c.record;
  }
}

TEST(Evaluator, ARuleMayHaveATimeOfItsOwn) {
  RulesUnderTest rules(R"(
time: /t
sources: [{topic: t}]
events:
  - do: [{incr: a}]
  - time: {from: /paid, unit: s}
    do: [{incr: b}]
)");
  EXPECT_EQ(rules.Give(R"({"t":1699999999000,"paid":1699999998})"), "counter a 1 @-1000\ncounter b 1 @-2000");
}

TEST(Evaluator, ARecordGivesTheEventsOfAllRulesOrOfNone) {
  RulesUnderTest rules(R"(
sources: [{topic: t}]
events:
  - do: [{incr: all}]
  - match: {/a: 1}
    do: [{incr: ones}, {incr: {counter: sum, by: /b}}]
)");
  EXPECT_EQ(rules.Give(R"({"a":1,"b":2})"), "counter all 1\ncounter ones 1\ncounter sum 2");
  EXPECT_EQ(rules.Give(R"({"a":2})"), "counter all 1");
  EXPECT_EQ(rules.Give(R"({"a":1})"), "rejected: bad_value /b, line 6");
  EXPECT_EQ(rules.Give("nonsense"), "rejected: malformed");
  EXPECT_EQ(rules.Give(R"({"a":1,"b":3})"), "counter all 1\ncounter ones 1\ncounter sum 3") << "nothing is left over";
}

TEST(Evaluator, ARuleMayBeForOneTopic) {
  RulesUnderTest rules(R"(
sources: [{topic: shop.orders}, {topic: shop.clicks}]
org: acme
events:
  - topic: shop.clicks
    do: [{incr: clicks}]
  - do: [{incr: records}]
)");
  EXPECT_EQ(rules.Give("{}", 0), "counter records 1 of acme");
  EXPECT_EQ(rules.Give("{}", 1), "counter clicks 1 of acme\ncounter records 1 of acme");
}

}  // namespace
}  // namespace odometer::rules
