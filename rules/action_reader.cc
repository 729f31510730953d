#include <fmt/core.h>

#include <algorithm>

#include "common/model/event_decoder.h"
#include "rules/action_reader_internal.h"

namespace odometer::rules {
namespace {

constexpr size_t kMaxActions = 10'000;

void SortByName(std::vector<LabelSource>* labels) {
  std::sort(labels->begin(), labels->end(), [](const LabelSource& a, const LabelSource& b) { return a.name < b.name; });
}

// Those of `own` go before those of the same name.
void PutLabels(std::vector<LabelSource> own, std::vector<LabelSource>* labels) {
  for (LabelSource& label : own) {
    std::erase_if(*labels, [&](const LabelSource& other) { return other.name == label.name; });
    labels->push_back(std::move(label));
  }
  SortByName(labels);
}

}  // namespace

const std::vector<ActionReader::Form>& ActionReader::Forms() {
  // What is added up is a counter, whatever KiloMetric called it: the last value of a gauge is no sum.
  static const auto* const forms = new std::vector<Form>{
      {"incr", {{"counter", MetricType::kCounter}, {"gauge", MetricType::kCounter}}, "by", false},
      {"observe",
       {{"timer", MetricType::kTimer}, {"histogram", MetricType::kTimer}, {"meter", MetricType::kMeter}},
       "value",
       true},
      {"set_value", {{"gauge", MetricType::kGauge}}, "value", true}};
  return *forms;
}

std::vector<Action> ActionReader::ReadActions(const YAML::Node& node, const std::vector<LabelSource>& labels) {
  std::vector<Action> actions;
  yaml_.ReadList(node, "\"do\"", [&](const YAML::Node& item) { ReadAction(item, labels, &actions); });
  return actions;
}

void ActionReader::ReadAction(const YAML::Node& node, const std::vector<LabelSource>& labels,
                              std::vector<Action>* actions) {
  if (actions_read_++ == kMaxActions) yaml_.Mistake(node, fmt::format("over {} actions", kMaxActions));
  if (actions_read_ > kMaxActions) return;
  if (node.IsMap() && node.size() != 1) return yaml_.Mistake(node, "each item of \"do\" is one action");
  std::vector<YamlReader::Word> words;
  for (const Form& form : Forms()) {
    words.push_back({form.word, [&, this](const YAML::Node& value) { ReadForm(value, form, labels, actions); }});
  }
  yaml_.ReadMap(node, "\"do\"", words);
}

void ActionReader::ReadForm(const YAML::Node& node, const Form& form, const std::vector<LabelSource>& labels,
                            std::vector<Action>* actions) {
  Action action;
  action.line = YamlReader::LineOf(node);
  action.value.constant = Number::Of(int64_t{1});
  action.labels = labels;
  if (node.IsScalar() && !form.value_required) {
    ReadMetricName(node, form.names.front(), &action);
    actions->push_back(std::move(action));
    return;
  }
  int names = 0;
  bool has_value = false;
  std::string known;
  std::vector<YamlReader::Word> words;
  for (const NameWord& name : form.names) {
    known += (known.empty() ? "" : ", ") + std::string(name.word);
    words.push_back({name.word, [&, this](const YAML::Node& value) {
                       ++names;
                       ReadMetricName(value, name, &action);
                     }});
  }
  words.push_back({form.value_word, [&](const YAML::Node& value) {
                     has_value = true;
                     action.value = ReadValue(value, form.value_word);
                   }});
  words.push_back({"labels", [&](const YAML::Node& value) { PutLabels(ReadLabels(value), &action.labels); }});
  if (!yaml_.ReadMap(node, fmt::format("\"{}\"", form.word), words)) return;
  if (names != 1) yaml_.Mistake(node, fmt::format("\"{}\" has one of: {}", form.word, known));
  if (form.value_required && !has_value && action.type != MetricType::kMeter) {
    yaml_.Mistake(node, fmt::format("\"{}\" has a \"{}\"", form.word, form.value_word));
  }
  if (action.labels.size() > kMaxLabels) {
    yaml_.Mistake(node, fmt::format("an event has at most {} labels", kMaxLabels));
  }
  actions->push_back(std::move(action));
}

void ActionReader::ReadMetricName(const YAML::Node& node, const NameWord& word, Action* action) {
  std::optional<std::string> name = yaml_.ReadName(node, "the name of a metric");
  if (!name) return;
  action->type = word.type;
  if (*name == kOverflowName) return yaml_.Mistake(node, fmt::format("{} is reserved", kOverflowName));
  if (name->starts_with('/')) {
    const std::string shown = YamlReader::Shown(*name);
    return yaml_.Mistake(
        node, fmt::format("{} is a pointer, and no name; a field is added by {{counter: NAME, by: {}}}", shown, shown));
  }
  const auto [at, is_new] = metrics_.try_emplace(*name, word.type, YamlReader::LineOf(node));
  const auto& [type, line] = at->second;
  if (!is_new && type != word.type) {
    yaml_.Mistake(node, fmt::format("{} is a {} in line {}, and cannot be a {} too", YamlReader::Shown(*name),
                                    MetricTypeName(type), line, MetricTypeName(word.type)));
  }
  action->name = std::move(*name);
}

ValueSource ActionReader::ReadValue(const YAML::Node& node, std::string_view word) {
  if (node.IsMap()) return ReadFieldValue(node);
  ValueSource value;
  std::optional<Constant> constant = yaml_.ReadConstant(node, "a number, a pointer, or a map with \"from\"");
  if (!constant) return value;
  if (constant->kind == Constant::Kind::kNumber) {
    value.constant = constant->number;
  } else if (constant->text.starts_with('/')) {
    value.field = yaml_.ReadPointer(node, &fields_);
  } else {
    std::string shown = YamlReader::Shown(constant->text);
    yaml_.Mistake(node, fmt::format("\"{}\" is a number or a pointer, not {}; {} may be meant", word, shown,
                                    YamlReader::Shown("/" + constant->text)));
  }
  return value;
}

std::optional<Number> ActionReader::ReadNumber(const YAML::Node& node) {
  const std::optional<Constant> constant = yaml_.ReadConstant(node, "a number");
  if (!constant) return std::nullopt;
  if (constant->kind == Constant::Kind::kNumber) return constant->number;
  yaml_.Mistake(node, fmt::format("{} is no number", YamlReader::Shown(constant->text)));
  return std::nullopt;
}

ValueSource ActionReader::ReadFieldValue(const YAML::Node& node) {
  ValueSource value;
  bool has_from = false;
  const std::vector<YamlReader::Word> words = {
      {"from",
       [&](const YAML::Node& from) {
         has_from = true;
         value.field = yaml_.ReadPointer(from, &fields_);
       }},
      {"else", [&](const YAML::Node& otherwise) { value.otherwise = ReadNumber(otherwise); }},
      {"optional", [&](const YAML::Node& optional) {
         value.optional = yaml_.ReadBool(optional, "\"optional\"").value_or(false);
       }}};
  const bool known = yaml_.ReadMap(node, "a value", words);
  if (known && !has_from) yaml_.Mistake(node, "a value has \"from\", a pointer");
  if (value.optional && value.otherwise) yaml_.Mistake(node, "a value is optional or has an \"else\", not both");
  return value;
}

std::vector<LabelSource> ActionReader::ReadLabels(const YAML::Node& node) {
  std::vector<LabelSource> labels;
  yaml_.ReadPairs(node, "\"labels\"", [&](const YAML::Node& key, const YAML::Node& value) {
    const std::optional<std::string> name = yaml_.ReadName(key, "the name of a label");
    LabelSource label = ReadLabel(value);
    if (!name) return;
    label.name = *name;
    labels.push_back(std::move(label));
  });
  if (labels.size() > kMaxLabels) {
    yaml_.Mistake(node, fmt::format("an event has at most {} labels", kMaxLabels));
    labels.clear();
  }
  SortByName(&labels);
  return labels;
}

std::shared_ptr<const std::vector<std::string>> ActionReader::ReadLetThrough(const YAML::Node& node) {
  auto texts = std::make_shared<std::vector<std::string>>();
  yaml_.ReadList(node, "\"in\"", [&](const YAML::Node& item) {
    std::optional<std::string> text = yaml_.ReadName(item, "a label's value");
    if (text) texts->push_back(std::move(*text));
  });
  std::sort(texts->begin(), texts->end());
  return texts;
}

LabelSource ActionReader::ReadLabel(const YAML::Node& node) {
  LabelSource label;
  if (!node.IsMap()) {
    if (node.IsScalar() && node.Scalar().starts_with('/')) {
      label.field = yaml_.ReadPointer(node, &fields_);
    } else if (std::optional<std::string> text = yaml_.ReadName(node, "a pointer, a text, or a map with \"from\"")) {
      label.constant = std::move(*text);
    }
    return label;
  }
  bool has_from = false;
  const std::vector<YamlReader::Word> words = {
      {"from",
       [&](const YAML::Node& from) {
         has_from = true;
         label.field = yaml_.ReadPointer(from, &fields_);
       }},
      {"in", [&](const YAML::Node& in) { label.in = ReadLetThrough(in); }},
      {"else", [&](const YAML::Node& otherwise) { label.otherwise = yaml_.ReadName(otherwise, "a label's value"); }}};
  const bool known = yaml_.ReadMap(node, "a label", words);
  if (known && !has_from) yaml_.Mistake(node, "a label has \"from\", a pointer");
  return label;
}

}  // namespace odometer::rules
