#include "cli/rules/rules_text.h"

#include <fmt/core.h>

#include <istream>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <tuple>
#include <utility>

#include "common/model/views.h"
#include "common/state/rules_history.h"
#include "rules/evaluator.h"

namespace odometer::cli {
namespace {

std::string Quoted(std::string_view text) { return nlohmann::json(text).dump(); }

// Whether it can be shown as it is.
bool IsWord(std::string_view text) {
  constexpr std::string_view kCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";
  return !text.empty() && text.find_first_not_of(kCharacters) == std::string_view::npos;
}

std::string Shown(std::string_view text) { return IsWord(text) ? std::string(text) : Quoted(text); }

std::string LabelsText(const std::vector<Label>& labels) {
  std::string text;
  for (const Label& label : labels) text += (text.empty() ? "" : ",") + Shown(label.name) + '=' + Shown(label.value);
  return text.empty() ? text : " {" + text + '}';
}

// What the events of a series add up to: its type's view, as far as it needs no time.
std::string AggregateText(MetricType type, const Aggregate& aggregate) {
  switch (type) {
    case MetricType::kCounter: return fmt::format("sum {}", aggregate.sum().ToJson());
    case MetricType::kGauge: return fmt::format("last {}", aggregate.last().ToJson());
    case MetricType::kTimer:
      return fmt::format("min {}, mean {}, max {}", aggregate.min().ToJson(), DoubleToJson(aggregate.Mean()),
                         aggregate.max().ToJson());
    default: return fmt::format("sum {}", aggregate.sum().ToJson());
  }
}

// Prints what each record gives, and adds it up.
class Trial {
 public:
  Trial(std::shared_ptr<const rules::RuleSet> rules, const TryOptions& options, std::ostream* out, std::ostream* errors)
      : evaluator_(std::move(rules)), options_(options), out_(*out), errors_(*errors) {}

  void Try(std::string_view record, uint64_t line) {
    ++counts_.records;
    if (evaluator_.Evaluate(record, options_.record_ts_ms, options_.topic) != RejectReason::kNone) {
      ++counts_.rejected;
      (options_.json ? errors_ : out_) << fmt::format("line {}: rejected: {}\n", line, RejectionText());
      return;
    }
    ++(evaluator_.events().empty() ? counts_.no_events : counts_.counted);
    if (!options_.json) out_ << fmt::format("line {}:{}\n", line, evaluator_.events().empty() ? " no events" : "");
    for (const Event& event : evaluator_.events()) {
      out_ << (options_.json ? "" : "  ") << EventJson(event) << '\n';
      if (!options_.json) Add(event, line);
    }
  }

  void PrintSums() const {
    out_ << fmt::format("\n{} records: {} counted, {} without events, {} rejected\n", counts_.records, counts_.counted,
                        counts_.no_events, counts_.rejected);
    for (const auto& [series, aggregate] : sums_) {
      const auto& [name, type, labels] = series;
      out_ << fmt::format("{} {}{}: count {}, {}\n", MetricTypeName(type), Shown(name), labels, aggregate.count(),
                          AggregateText(type, aggregate));
    }
  }

  const TryCounts& counts() const { return counts_; }

 private:
  std::string RejectionText() const {
    const rules::Rejection& rejection = evaluator_.rejection();
    std::string text(RejectReasonName(rejection.reason));
    if (!rejection.pointer.empty()) text += fmt::format(": {}", Shown(rejection.pointer));
    if (rejection.line > 0) text += fmt::format(" ({}:{})", options_.rules_file, rejection.line);
    return text;
  }

  void Add(const Event& event, uint64_t line) {
    Aggregate& sum = sums_[{std::string(event.name), event.type, LabelsText(event.labels)}];
    sum.Add(event.value, event.ts_ms, {0, static_cast<int64_t>(line)}, /*with_sketch=*/false);
  }

  rules::Evaluator evaluator_;
  const TryOptions& options_;
  std::ostream& out_;
  std::ostream& errors_;
  TryCounts counts_;
  std::map<std::tuple<std::string, MetricType, std::string>, Aggregate> sums_;
};

}  // namespace

std::string RulesText(const rules::RuleSet& rules) {
  std::map<std::pair<std::string, MetricType>, std::set<std::string>> labels_of;
  for (const rules::Rule& rule : rules.rules) {
    for (const rules::Action& action : rule.actions) {
      std::set<std::string>& labels = labels_of[{action.name, action.type}];
      for (const rules::LabelSource& label : action.labels) labels.insert(label.name);
    }
  }
  std::string text;
  for (const auto& [metric, labels] : labels_of) {
    std::string names;
    for (const std::string& label : labels) names += (names.empty() ? " {" : ",") + Shown(label);
    if (!names.empty()) names += '}';
    text += fmt::format("{} {}{}\n", MetricTypeName(metric.second), Shown(metric.first), names);
  }
  text += "version " + RulesVersionText(rules.version) + '\n';
  return text;
}

std::string EventJson(const Event& event) {
  std::string json = fmt::format("{{\"name\":{},\"type\":\"{}\",\"value\":{},\"ts\":{}", Quoted(event.name),
                                 MetricTypeName(event.type), event.value.ToJson(), event.ts_ms);
  if (event.org != kDefaultOrg) json += ",\"org\":" + Quoted(event.org);
  std::string labels;
  for (const Label& label : event.labels) {
    labels += (labels.empty() ? "" : ",") + Quoted(label.name) + ':' + Quoted(label.value);
  }
  if (!labels.empty()) json += ",\"labels\":{" + labels + '}';
  return json + '}';
}

TryCounts TryRules(std::shared_ptr<const rules::RuleSet> rules, const TryOptions& options, std::istream* records,
                   std::ostream* out, std::ostream* errors) {
  Trial trial(std::move(rules), options, out, errors);
  std::string record;
  for (uint64_t line = 1; std::getline(*records, record); ++line) {
    if (record.find_first_not_of(" \t\r") != std::string::npos) trial.Try(record, line);
  }
  if (!options.json) trial.PrintSums();
  return trial.counts();
}

}  // namespace odometer::cli
