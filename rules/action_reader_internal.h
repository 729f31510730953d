// What a rule does, as a rules file says it: docs/rules.md, Actions.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/field_table.h"
#include "rules/rule_set.h"
#include "rules/yaml_reader_internal.h"

namespace odometer::rules {

// With mistakes what is returned is of no use.
class ActionReader {
 public:
  // By name: the type, and the line where it was named first.
  using Metrics = std::map<std::string, std::pair<MetricType, int>>;

  ActionReader(YamlReader* yaml, FieldTable* fields) : yaml_(*yaml), fields_(*fields) {}

  // `do`. `labels`: those of the rule, which an action's own go before.
  std::vector<Action> ReadActions(const YAML::Node& node, const std::vector<LabelSource>& labels);
  // Sorted by name.
  std::vector<LabelSource> ReadLabels(const YAML::Node& node);
  // Of all actions that were read.
  const Metrics& metrics() const { return metrics_; }

 private:
  // A word that names the metric, and says of which type it is.
  struct NameWord {
    std::string_view word;
    MetricType type;
  };
  // One action. `value_word`: what the value is called; without it the value is 1, unless it is `required`.
  struct Form {
    std::string_view word;
    std::vector<NameWord> names;
    std::string_view value_word;
    bool value_required;
  };
  static const std::vector<Form>& Forms();

  void ReadAction(const YAML::Node& node, const std::vector<LabelSource>& labels, std::vector<Action>* actions);
  void ReadForm(const YAML::Node& node, const Form& form, const std::vector<LabelSource>& labels,
                std::vector<Action>* actions);
  void ReadMetricName(const YAML::Node& node, const NameWord& word, Action* action);
  ValueSource ReadValue(const YAML::Node& node, std::string_view word);
  ValueSource ReadFieldValue(const YAML::Node& node);
  std::optional<Number> ReadNumber(const YAML::Node& node);
  LabelSource ReadLabel(const YAML::Node& node);
  std::shared_ptr<const std::vector<std::string>> ReadLetThrough(const YAML::Node& node);

  YamlReader& yaml_;
  FieldTable& fields_;
  size_t actions_read_ = 0;
  Metrics metrics_;
};

}  // namespace odometer::rules
