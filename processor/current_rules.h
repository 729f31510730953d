// The rules that the tasks of sources count by, and how they are exchanged while it runs.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>

#include "common/base/mutex.h"
#include "rules/evaluator.h"

namespace odometer {

class CurrentRules {
 public:
  // Without rules there are no sources either.
  explicit CurrentRules(std::shared_ptr<const rules::RuleSet> rules) { Take(std::move(rules)); }

  // Any thread. Rules of the same sources; the consuming thread follows them from its next Refresh on.
  void Set(std::shared_ptr<const rules::RuleSet> rules);

  // The rest: the consuming thread only.
  // Between two batches: takes what was set meanwhile.
  void Refresh();
  uint64_t version() const { return evaluator_->rules().version; }
  // Requires a topic that is a source.
  size_t TopicIndex(std::string_view topic) const;
  rules::Evaluator& evaluator() { return *evaluator_; }

 private:
  void Take(std::shared_ptr<const rules::RuleSet> rules);

  std::optional<rules::Evaluator> evaluator_;
  std::atomic<bool> changed_{false};
  Mutex mutex_;
  std::shared_ptr<const rules::RuleSet> next_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer
