// Whole numbers from text.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace odometer {

// Digits, with a minus where the type is signed; nothing else, and within the type.
template <typename Integer>
std::optional<Integer> ParseInteger(std::string_view text) {
  Integer value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace odometer
