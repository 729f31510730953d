#include "cli/rules_command.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/listener.h"
#include "cli/rules/rules_text.h"
#include "common/base/clock.h"
#include "common/base/nearest_word.h"
#include "rules/rules_file.h"

namespace odometer::cli {
namespace {

// Null, and the mistakes are printed, when the rules are not valid.
std::shared_ptr<const rules::RuleSet> Load(const RulesRequest& request) {
  Result<std::shared_ptr<const rules::RuleSet>> rules = rules::LoadRules(request.file);
  if (rules.ok()) return *rules;
  std::cerr << "odometer: the rules are not valid\n" << rules.status().message() << "\n";
  return nullptr;
}

}  // namespace

int RunRulesCheck(const RulesRequest& request) {
  const std::shared_ptr<const rules::RuleSet> rules = Load(request);
  if (!rules) return kUsageError;
  std::cout << RulesText(*rules);
  return 0;
}

int RunRulesTry(const RulesRequest& request) {
  const std::shared_ptr<const rules::RuleSet> rules = Load(request);
  if (!rules) return kUsageError;
  TryOptions options{.rules_file = request.file, .record_ts_ms = SystemClock().WallMs(), .json = request.json};
  if (!request.topic.empty()) {
    const auto found = std::find(rules->topics.begin(), rules->topics.end(), request.topic);
    if (found == rules->topics.end()) {
      std::cerr << fmt::format("odometer: --topic {}: no source of {}; the nearest is {}\n", request.topic,
                               request.file, NearestWord(request.topic, rules->topics));
      return kUsageError;
    }
    options.topic = static_cast<size_t>(found - rules->topics.begin());
  }
  std::ifstream file;
  if (request.events != "-") {
    file.open(request.events, std::ios::binary);
    if (!file) {
      std::cerr << fmt::format("odometer: {}: cannot be read\n", request.events);
      return kUsageError;
    }
  }
  std::istream& records = request.events == "-" ? std::cin : file;
  const TryCounts counts = TryRules(rules, options, &records, &std::cout, &std::cerr);
  if (records.bad() || !std::cout.flush()) {
    std::cerr << "odometer: reading the records or printing the events failed\n";
    return 1;
  }
  return counts.rejected > 0 ? 1 : 0;
}

}  // namespace odometer::cli
