// Header values that are lists of words.
#pragma once

#include <string>
#include <string_view>

#include "common/http/characters.h"

namespace odometer::http {

inline std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = LowerCase(c);
  return lower;
}

// Without spaces and tabs at its ends.
inline std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether the comma-separated list, in lower case, has that member.
inline bool ListHas(std::string_view list, std::string_view member) {
  while (true) {
    size_t comma = list.find(',');
    if (Trim(list.substr(0, comma)) == member) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace odometer::http
