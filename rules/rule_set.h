// A rules file, compiled: what rules_file.h makes and evaluator.h follows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/model/event.h"
#include "common/model/gauge.h"
#include "rules/condition.h"
#include "rules/field_table.h"

namespace odometer::rules {

// A number: a constant, or of a field.
struct ValueSource {
  std::optional<FieldId> field;
  Number constant;                // without a field
  std::optional<Number> otherwise;  // where the field has no number
  bool optional = false;            // where it has none, the action is left out
};

// A label: a constant, or of a field.
struct LabelSource {
  std::string name;
  std::optional<FieldId> field;
  std::string constant;                        // without a field
  std::shared_ptr<const std::vector<std::string>> in;  // sorted: the values that are let through; null: all
  std::optional<std::string> otherwise;        // where the field is missing, or its value not let through
};

struct TimeSource {
  std::optional<FieldId> field;  // none: the record's own timestamp
  bool seconds = false;          // numbers are seconds since 1970, else ms
};

// One event.
struct Action {
  int line = 0;
  MetricType type = MetricType::kCounter;
  std::string name;
  ValueSource value;
  std::vector<LabelSource> labels;  // sorted by name, no name twice
};

struct Rule {
  int line = 0;
  std::optional<size_t> topic;  // index into RuleSet::topics; none: those of all
  Condition condition;
  TimeSource time;
  std::vector<Action> actions;
};

// Immutable once made: any thread may read it.
struct RuleSet {
  std::vector<std::string> topics;
  std::optional<size_t> posted;  // index of the topic that takes events by HTTP
  std::string org{kDefaultOrg};
  FieldTable fields;
  std::vector<Rule> rules;  // in the file's order
  GaugeList gauges;         // of the same org
  uint64_t version = 0;     // XXH3 of the file's bytes
};

}  // namespace odometer::rules
