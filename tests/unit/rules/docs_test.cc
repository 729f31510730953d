// The examples of docs/rules.md.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "rules/rules_file.h"
#include "tests/unit/rules/rules_under_test.h"

namespace odometer::rules {
namespace {

TEST(Docs, EveryExampleIsValid) {
  std::ifstream file(ODOMETER_SOURCE_DIR "/docs/rules.md");
  std::stringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  constexpr std::string_view kBegin = "```yaml\n";
  int examples = 0;
  for (size_t at = 0; (at = text.find(kBegin, at)) != std::string::npos;) {
    at += kBegin.size();
    const std::string example = text.substr(at, text.find("```", at) - at);
    EXPECT_EQ(RulesUnderTest(example).error(), "") << example;
    ++examples;
  }
  EXPECT_EQ(examples, 6);
}

}  // namespace
}  // namespace odometer::rules
