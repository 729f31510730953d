#include <fmt/core.h>

#include <array>
#include <utility>

#include "common/base/nearest_word.h"
#include "common/model/utf8.h"
#include "rules/condition_reader_internal.h"
#include "rules/json_pointer.h"

namespace odometer::rules {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxPatterns = 1'000;
constexpr size_t kMaxPatternBytes = 4096;
constexpr std::array<std::string_view, 3> kJoiningWords = {"and", "or", "not"};

Condition Not(Condition condition) {
  Condition negated{.kind = Condition::Kind::kNot};
  negated.children.push_back(std::move(condition));
  return negated;
}

}  // namespace

// It would hold for every record, which nobody means who writes one.
void ConditionReader::RefuseEmpty(const YAML::Node& node) {
  if (node.IsMap() && node.size() == 0) yaml_.Mistake(node, "a condition is empty");
}

Condition ConditionReader::ReadWhen(const YAML::Node& node, int depth) {
  Condition all;
  if (depth > kMaxDepth) {
    yaml_.Mistake(node, fmt::format("conditions nest at most {} deep", kMaxDepth));
    return all;
  }
  RefuseEmpty(node);
  yaml_.ReadPairs(node, "a condition", [&](const YAML::Node& key, const YAML::Node& value) {
    const std::string& word = key.Scalar();
    if (word == "and") {
      all.children.push_back(ReadAlternatives(value, Condition::Kind::kAll, word, depth));
    } else if (word == "or") {
      all.children.push_back(ReadAlternatives(value, Condition::Kind::kAny, word, depth));
    } else if (word == "not") {
      all.children.push_back(Not(ReadWhen(value, depth + 1)));
    } else if (word.starts_with('/')) {
      if (std::optional<FieldId> field = yaml_.ReadPointer(key, &fields_)) {
        all.children.push_back(ReadComparisons(value, *field));
      }
    } else {
      const std::string nearest = NearestWord(word, kJoiningWords);
      const bool near = EditDistance(std::string_view(word).substr(0, 64), nearest) <= 1;
      yaml_.Mistake(key, fmt::format("{} is neither and, or, not, nor a pointer; {} may be meant",
                                     YamlReader::Shown(word), near ? nearest : YamlReader::Shown("/" + word)));
    }
  });
  return all;
}

Condition ConditionReader::ReadAlternatives(const YAML::Node& node, Condition::Kind kind, std::string_view word,
                                            int depth) {
  Condition joined{.kind = kind};
  yaml_.ReadList(node, fmt::format("\"{}\"", word),
                 [&](const YAML::Node& item) { joined.children.push_back(ReadWhen(item, depth + 1)); });
  return joined;
}

Condition ConditionReader::ReadMatch(const YAML::Node& node) {
  Condition all;
  RefuseEmpty(node);
  yaml_.ReadPairs(node, "match", [&](const YAML::Node& key, const YAML::Node& value) {
    if (std::optional<FieldId> field = yaml_.ReadPointer(key, &fields_)) {
      all.children.push_back(ReadEqual(value, *field));
    }
  });
  return all;
}

Condition ConditionReader::ReadEqual(const YAML::Node& node, FieldId field) {
  Condition equal{.kind = Condition::Kind::kIn, .field = field};
  auto add = [&](const YAML::Node& item) {
    std::optional<Constant> constant = yaml_.ReadConstant(item, "a text, a number, true or false");
    if (constant) equal.constants.push_back(std::move(*constant));
  };
  if (node.IsSequence()) {
    yaml_.ReadList(node, "a list of values", add);
  } else {
    add(node);
  }
  return equal;
}

Condition ConditionReader::ReadComparisons(const YAML::Node& node, FieldId field) {
  if (!node.IsMap()) return ReadEqual(node, field);
  using Kind = Condition::Kind;
  Condition all;
  RefuseEmpty(node);
  auto limit = [&](Kind kind) {
    return [this, &all, field, kind](const YAML::Node& value) {
      all.children.push_back(ReadLimit(value, kind, field));
    };
  };
  const std::vector<YamlReader::Word> words = {
      {"eq", [&](const YAML::Node& value) { all.children.push_back(ReadEqual(value, field)); }},
      {"ne", [&](const YAML::Node& value) { all.children.push_back(Not(ReadEqual(value, field))); }},
      {"in",
       [&](const YAML::Node& value) {
         if (!value.IsSequence()) yaml_.Mistake(value, "\"in\" is a list");
         all.children.push_back(ReadEqual(value, field));
       }},
      {"ge", limit(Kind::kGreaterOrEqual)},
      {"gt", limit(Kind::kGreater)},
      {"le", limit(Kind::kLessOrEqual)},
      {"lt", limit(Kind::kLess)},
      {"matches", [&](const YAML::Node& value) { all.children.push_back(ReadPattern(value, field)); }},
      {"exists", [&](const YAML::Node& value) {
         Condition exists{.kind = Kind::kExists, .field = field};
         const bool wanted = yaml_.ReadBool(value, "\"exists\"").value_or(true);
         all.children.push_back(wanted ? std::move(exists) : Not(std::move(exists)));
       }}};
  yaml_.ReadMap(node, "a comparison", words);
  return all;
}

Condition ConditionReader::ReadLimit(const YAML::Node& node, Condition::Kind kind, FieldId field) {
  Condition condition{.kind = kind, .field = field};
  std::optional<Constant> constant = yaml_.ReadConstant(node, "a number");
  if (constant && constant->kind != Constant::Kind::kNumber) {
    yaml_.Mistake(node, fmt::format("{} is no number", YamlReader::Shown(constant->text)));
  }
  if (constant) condition.constants.push_back(std::move(*constant));
  return condition;
}

Condition ConditionReader::ReadPattern(const YAML::Node& node, FieldId field) {
  Condition condition{.kind = Condition::Kind::kMatches, .field = field};
  if (!node.IsScalar() || !IsValidUtf8(node.Scalar())) {
    yaml_.Mistake(node, "a regular expression is wanted here");
    return condition;
  }
  if (++patterns_read_ > kMaxPatterns || node.Scalar().size() > kMaxPatternBytes) {
    yaml_.Mistake(node, patterns_read_ > kMaxPatterns ? fmt::format("over {} regular expressions", kMaxPatterns)
                                                      : fmt::format("over {} bytes", kMaxPatternBytes));
    return condition;
  }
  std::string error;
  condition.pattern = CompilePattern(node.Scalar(), &error);
  if (!condition.pattern) {
    yaml_.Mistake(node, fmt::format("{} is no regular expression: {}", YamlReader::Shown(node.Scalar()),
                                    YamlReader::Shown(error)));
  }
  return condition;
}

}  // namespace odometer::rules
