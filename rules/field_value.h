// What a record has where a rule looks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/number.h"

namespace odometer::rules {

struct FieldValue {
  enum class Kind : uint8_t { kMissing, kBool, kNumber, kText, kContainer };  // null is missing

  Kind kind = Kind::kMissing;
  bool boolean = false;
  Number number;
  std::string_view text;  // valid as long as what it was read from

  static FieldValue OfBool(bool value) { return {Kind::kBool, value, {}, {}}; }
  static FieldValue OfNumber(const Number& value) { return {Kind::kNumber, false, value, {}}; }
  static FieldValue OfText(std::string_view value) { return {Kind::kText, false, {}, value}; }
  static FieldValue Container() { return {Kind::kContainer, false, {}, {}}; }

  bool missing() const { return kind == Kind::kMissing; }

  // Taken as another type. A number: of text that is a JSON number, and nothing besides; 1 and 0 of true and false.
  std::optional<Number> AsNumber() const;
  // A boolean: of the texts "true" and "false".
  std::optional<bool> AsBool() const;
  // Text: of numbers their shortest JSON, of true and false these words. `*buffer` may hold it,
  // and may be used again for the same value: views of it stay valid.
  std::optional<std::string_view> AsText(std::string* buffer) const;
};

// The text as a finite number, when it is a JSON number and nothing besides.
std::optional<Number> ParseJsonNumber(std::string_view text);

}  // namespace odometer::rules
