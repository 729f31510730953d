#include "rules/condition.h"

#include <re2/re2.h>

#include <algorithm>

namespace odometer::rules {
namespace {

// What a pattern's automata may take, which are made as they are needed: a pattern cannot fill the memory.
constexpr int64_t kPatternMemoryBytes = 1 << 20;

bool Equals(const FieldValue& value, const Constant& constant, std::string* buffer) {
  switch (constant.kind) {
    case Constant::Kind::kNumber: return value.AsNumber() == constant.number;
    case Constant::Kind::kBool: return value.AsBool() == constant.boolean;
    case Constant::Kind::kText: break;
  }
  return value.AsText(buffer) == std::string_view(constant.text);
}

bool IsIn(const FieldValue& value, const std::vector<Constant>& constants, std::string* buffer) {
  return std::any_of(constants.begin(), constants.end(),
                     [&](const Constant& constant) { return Equals(value, constant, buffer); });
}

bool Compares(Condition::Kind kind, const FieldValue& value, const Number& limit) {
  const std::optional<Number> number = value.AsNumber();
  if (!number) return false;
  switch (kind) {
    case Condition::Kind::kLess: return *number < limit;
    case Condition::Kind::kLessOrEqual: return !(limit < *number);
    case Condition::Kind::kGreater: return limit < *number;
    default: return !(*number < limit);
  }
}

bool Matches(const FieldValue& value, const re2::RE2& pattern, std::string* buffer) {
  const std::optional<std::string_view> text = value.AsText(buffer);
  return text && re2::RE2::PartialMatch(re2::StringPiece(text->data(), text->size()), pattern);
}

}  // namespace

bool Condition::Holds(const std::vector<FieldValue>& values, std::string* buffer) const {
  const auto holds = [&](const Condition& child) { return child.Holds(values, buffer); };
  switch (kind) {
    case Kind::kAll: return std::all_of(children.begin(), children.end(), holds);
    case Kind::kAny: return std::any_of(children.begin(), children.end(), holds);
    case Kind::kNot: return !holds(children.front());
    case Kind::kExists: return !values[field].missing();
    case Kind::kIn: return IsIn(values[field], constants, buffer);
    case Kind::kMatches: return Matches(values[field], *pattern, buffer);
    default: return Compares(kind, values[field], constants.front().number);
  }
}

std::shared_ptr<const re2::RE2> CompilePattern(std::string_view text, std::string* error) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kPatternMemoryBytes);
  auto pattern = std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (pattern->ok()) return pattern;
  *error = pattern->error();
  return nullptr;
}

}  // namespace odometer::rules
