// When a rule applies to a record.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/field_table.h"
#include "rules/field_value.h"

namespace re2 {
class RE2;
}

namespace odometer::rules {

// A constant of the rules file. Its type says as what a field is taken that is compared with it.
struct Constant {
  enum class Kind : uint8_t { kText, kNumber, kBool };
  Kind kind = Kind::kText;
  std::string text;
  Number number;
  bool boolean = false;
};

// Immutable once made. A field that is missing, or cannot be taken as what it is compared with, is equal to nothing,
// neither less nor greater, in no list, and matches nothing.
struct Condition {
  enum class Kind : uint8_t {
    kAll,      // of `children`; without any it always holds
    kAny,      // of `children`
    kNot,      // the one of `children`
    kExists,   // the field, unless it is null
    kIn,       // equal to one of `constants`
    kLess, kLessOrEqual, kGreater, kGreaterOrEqual,  // than the first of `constants`, a number
    kMatches,  // `pattern` is found in it
  };
  Kind kind = Kind::kAll;
  FieldId field = 0;
  std::vector<Constant> constants;
  std::shared_ptr<const re2::RE2> pattern;
  std::vector<Condition> children;

  // `values`: by field. `buffer`: scratch.
  bool Holds(const std::vector<FieldValue>& values, std::string* buffer) const;
};

// Null, and *error, when it is no regular expression in RE2's syntax.
std::shared_ptr<const re2::RE2> CompilePattern(std::string_view text, std::string* error);

}  // namespace odometer::rules
