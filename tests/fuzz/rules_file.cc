// A rules file of any content: mistakes, each with its place, or rules whose events the input topic takes.
#include "rules/rules_file.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/rules_events.h"

namespace odometer {
namespace {

constexpr std::string_view kRecord =
    R"({"_type":"order_placed","status":"paid","amount":19.5,"t":1699999999000,"n":"7","b":true,)"
    R"("address":{"country":"de"},"items":[{"sku":"a"},2],"a/b":{"":null}})";

// "name:line:column: what"
void RequirePlace(std::string_view mistake) {
  ODOMETER_FUZZ_REQUIRE(mistake.starts_with("rules:"));
  mistake.remove_prefix(6);
  for (int i = 0; i < 2; ++i) {
    const size_t digits = mistake.find(':');
    ODOMETER_FUZZ_REQUIRE(digits != std::string_view::npos && digits > 0 && mistake.front() != '0');
    ODOMETER_FUZZ_REQUIRE(mistake.substr(0, digits).find_first_not_of("0123456789") == std::string_view::npos);
    mistake.remove_prefix(digits + 1);
  }
  ODOMETER_FUZZ_REQUIRE(mistake.size() > 2 && mistake.front() == ' ');
}

}  // namespace

void TestInput(std::string_view input) {
  Result<std::shared_ptr<const rules::RuleSet>> compiled = rules::CompileRules(input, "rules");
  if (!compiled.ok()) {
    const Status status = compiled.status();
    ODOMETER_FUZZ_REQUIRE(status.Is(ErrorKind::kInvalid));
    std::string_view message = status.message();
    while (!message.empty()) {
      const size_t end = std::min(message.find('\n'), message.size());
      RequirePlace(message.substr(0, end));
      message.remove_prefix(std::min(end + 1, message.size()));
    }
    return;
  }
  ODOMETER_FUZZ_REQUIRE(!(*compiled)->topics.empty() && !(*compiled)->rules.empty());
  ODOMETER_FUZZ_REQUIRE(!cli::RulesText(**compiled).empty());
  rules::Evaluator evaluator(*compiled);
  for (size_t topic = 0; topic < std::min<size_t>(2, (*compiled)->topics.size()); ++topic) {
    RequireEvents(&evaluator, kRecord, topic);
    RequireEvents(&evaluator, "{}", topic);
  }
}

}  // namespace odometer
