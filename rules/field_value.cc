#include "rules/field_value.h"

#include <charconv>
#include <cmath>

#include "common/base/parse_integer.h"

namespace odometer::rules {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits off the front; false when there are none.
bool TakeDigits(std::string_view* text) {
  size_t digits = 0;
  while (digits < text->size() && IsDigit((*text)[digits])) ++digits;
  text->remove_prefix(digits);
  return digits > 0;
}

// RFC 8259, 6. `*whole`: without fraction and exponent.
bool IsJsonNumber(std::string_view text, bool* whole) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && IsDigit(text[1])) return false;
  if (!TakeDigits(&text)) return false;
  *whole = text.empty();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!TakeDigits(&text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!TakeDigits(&text)) return false;
  }
  return text.empty();
}

}  // namespace

std::optional<Number> ParseJsonNumber(std::string_view text) {
  bool whole = false;
  if (!IsJsonNumber(text, &whole)) return std::nullopt;
  if (whole) {
    if (auto value = ParseInteger<int64_t>(text)) return Number::Of(*value);
    if (auto value = ParseInteger<uint64_t>(text)) return Number::Of(*value);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && std::isfinite(value)) return Number::Of(value);
  return std::nullopt;
}

std::optional<Number> FieldValue::AsNumber() const {
  switch (kind) {
    case Kind::kNumber: return number;
    case Kind::kText: return ParseJsonNumber(text);
    case Kind::kBool: return Number::Of(int64_t{boolean ? 1 : 0});
    case Kind::kMissing:
    case Kind::kContainer: break;
  }
  return std::nullopt;
}

std::optional<bool> FieldValue::AsBool() const {
  if (kind == Kind::kBool) return boolean;
  if (kind == Kind::kText && text == "true") return true;
  if (kind == Kind::kText && text == "false") return false;
  return std::nullopt;
}

std::optional<std::string_view> FieldValue::AsText(std::string* buffer) const {
  switch (kind) {
    case Kind::kText: return text;
    case Kind::kBool: return boolean ? "true" : "false";
    case Kind::kNumber:
      // Not a move: a buffer that has the same text already stays where it is, and views into it valid.
      buffer->assign(std::string_view(number.ToJson()));
      return *buffer;
    case Kind::kMissing:
    case Kind::kContainer: break;
  }
  return std::nullopt;
}

}  // namespace odometer::rules
