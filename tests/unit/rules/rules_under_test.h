// Rules as text in, events as text out.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "rules/evaluator.h"
#include "rules/rules_file.h"

namespace odometer::rules {

inline constexpr int64_t kRecordMs = 1'700'000'000'000;

// "counter orders 3 @-5000 {country=de}" for each event, one per line. The time is shown as the ms to that of the
// record, where they differ.
inline std::string ToText(const Event& event, int64_t record_ms = kRecordMs) {
  std::string text(MetricTypeName(event.type));
  text += ' ' + std::string(event.name) + ' ' + event.value.ToJson();
  if (event.ts_ms != record_ms) text += " @" + std::to_string(event.ts_ms - record_ms);
  std::string labels;
  for (const Label& label : event.labels) {
    labels += (labels.empty() ? "" : ",") + std::string(label.name) + '=' + std::string(label.value);
  }
  if (!labels.empty()) text += " {" + labels + '}';
  if (event.org != kDefaultOrg) text += " of " + std::string(event.org);
  return text;
}

class RulesUnderTest {
 public:
  // What is wrong with the rules is what every record then gives.
  explicit RulesUnderTest(std::string_view yaml) {
    Result<std::shared_ptr<const RuleSet>> rules = CompileRules(yaml, "rules.yaml");
    if (rules.ok()) {
      evaluator_ = std::make_unique<Evaluator>(*rules);
    } else {
      error_ = rules.status().message();
    }
  }

  const std::string& error() const { return error_; }
  Evaluator& evaluator() { return *evaluator_; }

  // The events as text, or "rejected: bad_value /amount, line 4".
  std::string Give(std::string_view record, size_t topic = 0) {
    if (!evaluator_) return error_;
    const RejectReason reason = evaluator_->Evaluate(record, kRecordMs, topic);
    const Rejection& rejection = evaluator_->rejection();
    std::string text;
    if (reason != RejectReason::kNone) {
      text = "rejected: " + std::string(RejectReasonName(reason));
      if (!rejection.pointer.empty()) text += ' ' + std::string(rejection.pointer);
      if (rejection.line > 0) text += ", line " + std::to_string(rejection.line);
    }
    for (const Event& event : evaluator_->events()) text += (text.empty() ? "" : "\n") + ToText(event);
    return text;
  }

 private:
  std::unique_ptr<Evaluator> evaluator_;
  std::string error_;
};

}  // namespace odometer::rules
