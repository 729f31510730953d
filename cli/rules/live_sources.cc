#include "cli/rules/live_sources.h"

#include <algorithm>
#include <utility>

namespace odometer::cli {

bool LiveSources::Refresh() {
  std::shared_ptr<const rules::RuleSet> now = rules_->current();
  if (now == nullptr) {
    evaluator_.reset();
  } else if (!evaluator_ || &evaluator_->rules() != now.get()) {
    evaluator_.emplace(std::move(now));
  }
  return evaluator_.has_value();
}

std::vector<std::string> LiveSources::Topics() {
  return Refresh() ? evaluator_->rules().topics : std::vector<std::string>{};
}

void LiveSources::Read(const RecordView& record, std::vector<LiveChange>* changes) {
  if (!record.has_value || !Refresh()) return;
  const std::vector<std::string>& topics = evaluator_->rules().topics;
  const auto topic = std::find(topics.begin(), topics.end(), record.topic);
  if (topic == topics.end()) return;
  const size_t index = static_cast<size_t>(topic - topics.begin());
  if (evaluator_->Evaluate(record.value, record.timestamp_ms, index) != RejectReason::kNone) return;
  for (const Event& event : evaluator_->events()) {
    LiveChange& change = changes->emplace_back(ChangeOf(record, event));
    change.source = *topic;
  }
}

}  // namespace odometer::cli
