#include "processor/current_rules.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/state/rules_history.h"

namespace odometer {

void CurrentRules::Set(std::shared_ptr<const rules::RuleSet> rules) {
  MutexLock lock(mutex_);
  next_ = std::move(rules);
  changed_ = true;
}

void CurrentRules::Refresh() {
  if (!changed_) return;
  std::shared_ptr<const rules::RuleSet> next;
  {
    MutexLock lock(mutex_);
    changed_ = false;
    next = std::move(next_);
  }
  if (next) Take(std::move(next));
}

void CurrentRules::Take(std::shared_ptr<const rules::RuleSet> rules) {
  evaluator_.emplace(std::move(rules));
  LogInfo("rules", "counting by version={} rules={}", RulesVersionText(version()), evaluator_->rules().rules.size());
}

size_t CurrentRules::TopicIndex(std::string_view topic) const {
  const std::vector<std::string>& topics = evaluator_->rules().topics;
  return static_cast<size_t>(std::find(topics.begin(), topics.end(), topic) - topics.begin());
}

}  // namespace odometer
