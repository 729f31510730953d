// Which records a rule applies to.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/rules/rules_under_test.h"

namespace odometer::rules {
namespace {

struct Case {
  const char* condition;
  const char* record;
  bool holds;
};

bool Holds(const std::string& key, const Case& c) {
  RulesUnderTest rules("sources: [{topic: t}]\nevents:\n  - " + key + ": " + c.condition + "\n    do: [{incr: n}]\n");
  EXPECT_EQ(rules.error(), "") << c.condition;
  return rules.error().empty() && rules.Give(c.record) == "counter n 1";
}

TEST(Conditions, On) {
  const Case kCases[] = {
      {"placed", R"({"_type":"placed"})", true},
      {"placed", R"({"_type":"paid"})", false},
      {"placed", R"({"type":"placed"})", false},
      {"placed", R"({"_type":null})", false},
      {"[placed, paid]", R"({"_type":"paid"})", true},
      {"[placed, paid]", R"({"_type":"sent"})", false},
      {"7", R"({"_type":7})", true},
      {"'7'", R"({"_type":7})", true},
  };
  for (const Case& c : kCases) EXPECT_EQ(Holds("on", c), c.holds) << c.condition << " " << c.record;
}

TEST(Conditions, Match) {
  const Case kCases[] = {
      {"{/status: paid}", R"({"status":"paid"})", true},
      {"{/status: paid}", R"({"status":"Paid"})", false},
      {"{/a/b: 1, /c: [x, y]}", R"({"a":{"b":1},"c":"y"})", true},
      {"{/a/b: 1, /c: [x, y]}", R"({"a":{"b":1},"c":"z"})", false},
      {"{/a: 1}", R"({"a":1.0})", true},
      {"{/a: 1}", R"({"a":"1"})", true},
      {"{/a: 1}", R"({"a":"one"})", false},
      {"{/a: '1'}", R"({"a":1})", true},
      {"{/a: '1.0'}", R"({"a":1.0})", false},
      {"{/a: true}", R"({"a":true})", true},
      {"{/a: true}", R"({"a":"true"})", true},
      {"{/a: true}", R"({"a":1})", false},
      {"{/a: 'true'}", R"({"a":true})", true},
      {"{/a: no}", R"({"a":"no"})", true},
      {"{/a: ''}", R"({"a":""})", true},
      {"{/a: x}", R"({"a":["x"]})", false},
      {"{/a: 9007199254740993}", R"({"a":9007199254740993})", true},
      {"{/a: 9007199254740993}", R"({"a":9007199254740992})", false},
  };
  for (const Case& c : kCases) EXPECT_EQ(Holds("match", c), c.holds) << c.condition << " " << c.record;
}

TEST(Conditions, When) {
  const Case kCases[] = {
      {"{/a: 1}", R"({"a":1})", true},
      {"{/a: {eq: x}}", R"({"a":"x"})", true},
      {"{/a: {ne: x}}", R"({"a":"x"})", false},
      {"{/a: {ne: x}}", R"({"a":"y"})", true},
      {"{/a: {ne: x}}", R"({})", true},
      {"{/a: {lt: 2}}", R"({"a":1.9})", true},
      {"{/a: {lt: 2}}", R"({"a":2})", false},
      {"{/a: {le: 2}}", R"({"a":2})", true},
      {"{/a: {le: 2}}", R"({"a":2.1})", false},
      {"{/a: {gt: 2}}", R"({"a":"2.5"})", true},
      {"{/a: {gt: 2}}", R"({"a":2})", false},
      {"{/a: {gt: 2}}", R"({"a":"many"})", false},
      {"{/a: {gt: 2}}", R"({})", false},
      {"{/a: {lt: 2}}", R"({"a":null})", false},
      {"{/a: {ge: 2, lt: 4}}", R"({"a":2})", true},
      {"{/a: {ge: 2, lt: 4}}", R"({"a":4})", false},
      {"{/a: {gt: 9007199254740992}}", R"({"a":9007199254740993})", true},
      {"{/a: {in: [de, at]}}", R"({"a":"at"})", true},
      {"{/a: {in: [de, at]}}", R"({"a":"ch"})", false},
      {"{/a: {in: [1, x, true]}}", R"({"a":1})", true},
      {"{/a: {in: [1, x, true]}}", R"({"a":true})", true},
      {"{/a: {exists: true}}", R"({"a":{}})", true},
      {"{/a: {exists: true}}", R"({"a":null})", false},
      {"{/a: {exists: false}}", R"({"b":1})", true},
      {"{/a: {matches: '^/api/'}}", R"({"a":"/api/x"})", true},
      {"{/a: {matches: '^/api/'}}", R"({"a":"x/api/"})", false},
      {"{/a: {matches: api}}", R"({"a":"x/api/"})", true},
      {"{/a: {matches: '^5..$'}}", R"({"a":503})", true},
      {"{/a: {matches: '^.$'}}", R"({"a":"é"})", true},
      {"{/a: {matches: '(?i)^de$'}}", R"({"a":"DE"})", true},
      {"{/a: {matches: '.'}}", R"({"b":1})", false},
      {"{/a: 1, /b: 2}", R"({"a":1,"b":2})", true},
      {"{/a: 1, /b: 2}", R"({"a":1,"b":3})", false},
      {"{or: [{/a: 1}, {/b: 2}]}", R"({"b":2})", true},
      {"{or: [{/a: 1}, {/b: 2}]}", R"({"b":3})", false},
      {"{and: [{/a: 1}, {or: [{/b: 2}, {/c: 3}]}]}", R"({"a":1,"c":3})", true},
      {"{and: [{/a: 1}, {or: [{/b: 2}, {/c: 3}]}]}", R"({"c":3})", false},
      {"{not: {/a: 1}}", R"({"a":2})", true},
      {"{not: {/a: 1, /b: 2}}", R"({"a":1,"b":2})", false},
      {"{/c: 3, not: {/a: 1}}", R"({"a":2})", false},
  };
  for (const Case& c : kCases) EXPECT_EQ(Holds("when", c), c.holds) << c.condition << " " << c.record;
}

TEST(Conditions, AllPartsOfARuleMustHold) {
  RulesUnderTest rules(R"(
sources: [{topic: t}]
events:
  - on: placed
    match: {/status: paid}
    when: {/amount: {gt: 10}}
    do: [{incr: n}]
)");
  EXPECT_EQ(rules.Give(R"({"_type":"placed","status":"paid","amount":11})"), "counter n 1");
  EXPECT_EQ(rules.Give(R"({"_type":"sent","status":"paid","amount":11})"), "");
  EXPECT_EQ(rules.Give(R"({"_type":"placed","status":"open","amount":11})"), "");
  EXPECT_EQ(rules.Give(R"({"_type":"placed","status":"paid","amount":10})"), "");
}

// One that backtracks takes time without end here, and one that recurses the stack.
TEST(Conditions, PatternsTakeNoTimeThatARecordDecides) {
  RulesUnderTest rules("sources: [{topic: t}]\nevents:\n  - when: {/a: {matches: '^(a|a)*$'}}\n    do: [{incr: n}]\n");
  EXPECT_EQ(rules.Give(R"({"a":")" + std::string(500'000, 'a') + "\"}"), "counter n 1");
  EXPECT_EQ(rules.Give(R"({"a":")" + std::string(500'000, 'a') + "b\"}"), "");
}

}  // namespace
}  // namespace odometer::rules
