// Conditions of a rules file: docs/rules.md, Conditions.
#pragma once

#include <yaml-cpp/yaml.h>

#include "rules/condition.h"
#include "rules/field_table.h"
#include "rules/yaml_reader_internal.h"

namespace odometer::rules {

// With mistakes what is returned is of no use.
class ConditionReader {
 public:
  ConditionReader(YamlReader* yaml, FieldTable* fields) : yaml_(*yaml), fields_(*fields) {}

  // `when`: pointers with comparisons, `and`, `or`, `not`. All of them must hold.
  Condition ReadWhen(const YAML::Node& node) { return ReadWhen(node, 1); }
  // `match`: pointers with values. All of them must hold.
  Condition ReadMatch(const YAML::Node& node);
  // Equal to the value, or to one of a list.
  Condition ReadEqual(const YAML::Node& node, FieldId field);

 private:
  void RefuseEmpty(const YAML::Node& node);
  Condition ReadWhen(const YAML::Node& node, int depth);
  Condition ReadAlternatives(const YAML::Node& node, Condition::Kind kind, std::string_view word, int depth);
  Condition ReadComparisons(const YAML::Node& node, FieldId field);
  Condition ReadLimit(const YAML::Node& node, Condition::Kind kind, FieldId field);
  Condition ReadPattern(const YAML::Node& node, FieldId field);

  YamlReader& yaml_;
  FieldTable& fields_;
  size_t patterns_read_ = 0;
};

}  // namespace odometer::rules
