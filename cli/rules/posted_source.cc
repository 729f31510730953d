#include "cli/rules/posted_source.h"

#include <utility>

#include "rules/evaluator.h"

namespace odometer::cli {
namespace {

// One for each thread; another one once the rules have changed.
rules::Evaluator& EvaluatorOf(const std::shared_ptr<const rules::RuleSet>& rules) {
  thread_local std::unique_ptr<rules::Evaluator> evaluator;
  if (evaluator == nullptr || &evaluator->rules() != rules.get()) evaluator = std::make_unique<rules::Evaluator>(rules);
  return *evaluator;
}

class PostedSource final : public EventSource {
 public:
  explicit PostedSource(std::shared_ptr<const rules::RuleSet> rules) : rules_(std::move(rules)) {}

  const std::string& org() const override { return rules_->org; }
  const std::string& topic() const override { return rules_->topics.at(*rules_->posted); }
  EventRefusal Check(std::string_view event, int64_t now_ms) const override {
    rules::Evaluator& evaluator = EvaluatorOf(rules_);
    const RejectReason reason = evaluator.Evaluate(event, now_ms, *rules_->posted);
    return {reason, std::string(evaluator.rejection().pointer)};
  }

 private:
  const std::shared_ptr<const rules::RuleSet> rules_;
};

}  // namespace

std::shared_ptr<const EventSource> PostedSourceOf(std::shared_ptr<const rules::RuleSet> rules) {
  if (rules == nullptr || !rules->posted) return nullptr;
  return std::make_shared<const PostedSource>(std::move(rules));
}

}  // namespace odometer::cli
