// Reading rules.yaml: docs/rules.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "rules/rule_set.h"

namespace odometer::rules {

// kInvalid: each mistake on a line of its own, as "name:line:column: what is wrong", in the order of the text.
Result<std::shared_ptr<const RuleSet>> CompileRules(std::string_view yaml, const std::string& name);

// The same of a file; the name is its path.
Result<std::shared_ptr<const RuleSet>> LoadRules(const std::string& path);

}  // namespace odometer::rules
