// What is found in a rules file: where, and what it may mean.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/rules_file.h"

namespace odometer::rules {
namespace {

std::string Mistakes(const std::string& yaml) {
  const Result<std::shared_ptr<const RuleSet>> rules = CompileRules(yaml, "r");
  return rules.ok() ? "none" : rules.status().message();
}

// What is wrong with a file of one rule that has this, in its third line.
std::string InRule(const std::string& line) {
  return Mistakes("sources: [{topic: t}]\nevents:\n  - " + line + "\n    do: [{incr: n}]\n");
}

// The same of one action, in the fourth line.
std::string InAction(const std::string& action) {
  return Mistakes("sources: [{topic: t}]\nevents:\n  - do:\n    - " + action + "\n");
}

struct Case {
  const char* text;
  const char* mistakes;
};

TEST(Mistakes, OfTheFile) {
  const Case kCases[] = {
      {"", "r:1:1: the file is empty"},
      {"a: 1\nb: c: d", "r:2:5: not YAML: illegal map value"},
      {"- a", "r:1:1: a rules file is a map of words and values"},
      {"sources: [{topic: t}]", "r:1:1: \"events\" is missing: what to do for which records"},
      {"events: [{do: [{incr: n}]}]", "r:1:1: \"sources\" is missing: the topics whose records are read"},
      {"source: [{topic: t}]\nevents: [{do: [{incr: n}]}]",
       "r:1:1: no word \"source\" in a rules file; the nearest is sources"},
      {"sources: [{topic: t}]\nevents: []", "r:2:9: \"events\" is empty"},
      {"sources: [{topic: t}]\nevents:", "r:2:1: \"events\" has no value"},
      {"sources: t\nevents: [{do: [{incr: n}]}]", "r:1:10: \"sources\" is a list"},
      {"sources: [{topics: t}]\nevents: [{do: [{incr: n}]}]",
       "r:1:12: no word \"topics\" in a source; the nearest is topic"},
      {"sources: [{topic: t, post: 1}]\nevents: [{do: [{incr: n}]}]", "r:1:28: \"post\" is true or false, not \"1\""},
      {"sources: [{topic: t, post: true}, {topic: u, post: true}]\nevents: [{do: [{incr: n}]}]",
       "r:1:52: another source has \"post\" already: events go to one"},
      {"sources: [{topic: a b}]\nevents: [{do: [{incr: n}]}]",
       "r:1:19: a topic has at most 249 letters of A-Z, a-z, 0-9, . _ -"},
      {"sources: [{topic: t}, {topic: t}]\nevents: [{do: [{incr: n}]}]", "r:1:31: \"t\" is a source already"},
      {"sources: [{topic: t}]\nsources: [{topic: t}]\nevents: [{do: [{incr: n}]}]",
       "r:2:1: \"sources\" stands twice in a rules file"},
      {"org: __overflow__\nsources: [{topic: t}]\nevents: [{do: [{incr: n}]}]", "r:1:6: __overflow__ is reserved"},
      {"sources: [{topic: t}]\nevents: [{do: [{incr: n}]}]\n---\na: 1", "r:1:1: more than one document"},
      {",, ", "r:1:1: more than one document"},
      {"sources: [{topic: \xff}]", "r:1:1: the file is not UTF-8, or has a NUL"},
      {"time: created_at\nsources: [{topic: t}]\nevents: [{do: [{incr: n}]}]",
       "r:1:7: \"created_at\" is no pointer: a pointer begins with /; \"/created_at\" may be meant"},
      {"time: {from: /t, unit: min}\nsources: [{topic: t}]\nevents: [{do: [{incr: n}]}]",
       "r:1:24: \"unit\" is s or ms, not \"min\""},
      {"time: {unit: s}\nsources: [{topic: t}]\nevents: [{do: [{incr: n}]}]",
       "r:1:7: \"time\" has \"from\", a pointer"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Mistakes(c.text), c.mistakes) << c.text;
}

TEST(Mistakes, OfARule) {
  const Case kCases[] = {
      {"onn: x", "r:3:5: no word \"onn\" in an item of \"events\"; the nearest is on"},
      {"on:", "r:3:5: \"on\" has no value"},
      {"on: {a: b}", "r:3:9: a text, a number, true or false is wanted here"},
      {"match: {status: paid}", "r:3:13: \"status\" is no pointer: a pointer begins with /; \"/status\" may be meant"},
      {"match: {/a~b: paid}",
       "r:3:13: \"/a~b\" is no pointer: in a pointer ~ is written as ~0, and / in a name as ~1"},
      {"topic: tt", "r:3:12: \"tt\" is none of \"sources\"; the nearest is t"},
      {"when: {amount: 1}", "r:3:12: \"amount\" is neither and, or, not, nor a pointer; \"/amount\" may be meant"},
      {"when: {an: [{/a: 1}]}", "r:3:12: \"an\" is neither and, or, not, nor a pointer; and may be meant"},
      {"when: {or: {/a: 1}}", "r:3:16: \"or\" is a list"},
      {"when: {/a: {gte: 1}}", "r:3:17: no word \"gte\" in a comparison; the nearest is ge"},
      {"when: {/a: {match: x}}", "r:3:17: no word \"match\" in a comparison; the nearest is matches"},
      {"when: {/a: {gt: many}}", "r:3:21: \"many\" is no number"},
      {"when: {/a: {gt: '5'}}", "r:3:21: \"5\" is no number"},
      {"when: {/a: {in: x}}", "r:3:21: \"in\" is a list"},
      {"when: {/a: {in: []}}", "r:3:21: a list of values is empty"},
      {"when: {/a: {exists: yes}}", "r:3:25: \"exists\" is true or false, not \"yes\""},
      {"when: {/a: {matches: 'a('}}", "r:3:26: \"a(\" is no regular expression: \"missing ): a(\""},
      {"when: {/a: null}", "r:3:12: \"/a\" has no value"},
      {"when: {}", "r:3:11: a condition is empty"},
      {"when: {/a: {}}", "r:3:16: a condition is empty"},
      {"when: {not: {}}", "r:3:17: a condition is empty"},
      {"match: {}", "r:3:12: a condition is empty"},
      {"when: [{/a: 1}]", "r:3:11: a condition is a map of words and values"},
      {"labels: {a: [x]}", "r:3:17: a pointer, a text, or a map with \"from\" is wanted here"},
  };
  for (const Case& c : kCases) EXPECT_EQ(InRule(c.text), c.mistakes) << c.text;
}

TEST(Mistakes, OfAnAction) {
  const Case kCases[] = {
      {"incrr: n", "r:4:7: no word \"incrr\" in \"do\"; the nearest is incr"},
      {"set: {gauge: n, value: 1}", "r:4:7: no word \"set\" in \"do\"; the nearest is set_value"},
      {"{incr: n, observe: {timer: m, value: 1}}", "r:4:7: each item of \"do\" is one action"},
      {"incr", "r:4:7: \"do\" is a map of words and values"},
      {"incr: /amount",
       "r:4:13: \"/amount\" is a pointer, and no name; a field is added by {counter: NAME, by: \"/amount\"}"},
      {"incr: __overflow__", "r:4:13: __overflow__ is reserved"},
      {"incr: ''", "r:4:13: the name of a metric must not be empty"},
      {"incr: {counter: n, bye: 1}", "r:4:26: no word \"bye\" in \"incr\"; the nearest is by"},
      {"incr: {by: 1}", "r:4:13: \"incr\" has one of: counter, gauge"},
      {"incr: {counter: n, gauge: m}", "r:4:13: \"incr\" has one of: counter, gauge"},
      {"incr: {counter: n, by: amount}",
       "r:4:30: \"by\" is a number or a pointer, not \"amount\"; \"/amount\" may be meant"},
      {"incr: {counter: n, by: {form: /a}}", "r:4:31: no word \"form\" in a value; the nearest is from"},
      {"incr: {counter: n, by: {else: 1}}", "r:4:30: a value has \"from\", a pointer"},
      {"incr: {counter: n, by: {from: /a, else: none}}", "r:4:47: \"none\" is no number"},
      {"incr: {counter: n, by: {from: /a, else: 1, optional: true}}",
       "r:4:30: a value is optional or has an \"else\", not both"},
      {"observe: {timr: n, value: /a}", "r:4:17: no word \"timr\" in \"observe\"; the nearest is timer"},
      {"observe: {timer: n}", "r:4:16: \"observe\" has a \"value\""},
      {"observe: n", "r:4:16: \"observe\" is a map of words and values"},
      {"set_value: {gauge: n}", "r:4:18: \"set_value\" has a \"value\""},
      {"incr: {counter: n, labels: {c: {from: /c, int: [a]}}}",
       "r:4:49: no word \"int\" in a label; the nearest is in"},
      {"incr: {counter: n, labels: {c: {in: [a]}}}", "r:4:38: a label has \"from\", a pointer"},
      {"incr: {counter: n, labels: {c: {from: /c, in: a}}}", "r:4:53: \"in\" is a list"},
  };
  for (const Case& c : kCases) EXPECT_EQ(InAction(c.text), c.mistakes) << c.text;
}

TEST(Mistakes, ANameHasOneType) {
  EXPECT_EQ(Mistakes(R"(sources: [{topic: t}]
events:
  - do:
    - incr: {gauge: revenue, by: /a}
    - set_value: {gauge: revenue, value: /a}
    - incr: {counter: revenue}
)"),
            "r:5:26: \"revenue\" is a counter in line 4, and cannot be a gauge too");
}

TEST(Mistakes, AllAreToldInTheOrderOfTheFile) {
  EXPECT_EQ(Mistakes(R"(events:
  - onn: a
    do: [{incrr: n}]
source: x
)"),
            "r:2:5: no word \"onn\" in an item of \"events\"; the nearest is on\n"
            "r:3:11: no word \"incrr\" in \"do\"; the nearest is incr\n"
            "r:4:1: no word \"source\" in a rules file; the nearest is sources");
}

TEST(Mistakes, FilesWithoutEnd) {
  EXPECT_EQ(Mistakes(std::string((1 << 20) + 1, ' ')), "r:1:1: the file has over 1048576 bytes");
  std::string deep = "{/a: 1}";
  for (int i = 0; i < 20; ++i) deep = "{not: " + deep + "}";
  EXPECT_EQ(InRule("when: " + deep), "r:3:107: conditions nest at most 16 deep");
  // Each condition stands four times in the next one.
  std::string bomb = "sources: [{topic: t}]\nevents:\n  - do: [{incr: n}]\n    when: {and: [&c0 {/a: 1}";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*c" + std::to_string(i - 1);
    bomb += ", &c" + std::to_string(i) + " {and: [" + last + ", " + last + ", " + last + ", " + last + "]}";
  }
  EXPECT_NE(Mistakes(bomb + "]}\n").find("over 100000 values"), std::string::npos);
}

TEST(LoadRules, WhatCannotBeRead) {
  for (const std::string path : {"/nonexistent/rules.yaml", "/proc"}) {
    const auto rules = LoadRules(path);
    ASSERT_FALSE(rules.ok());
    EXPECT_EQ(rules.status().message(), path + ": cannot be read");
  }
}

}  // namespace
}  // namespace odometer::rules
