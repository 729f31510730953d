// Small files of lines "word value".
#pragma once

#include <functional>
#include <string_view>

namespace odometer {

// Calls `take` for each line in turn. False when it has refused one, which ends it, or when a line has no blank or no end.
inline bool TakeWordLines(std::string_view text,
                          const std::function<bool(std::string_view word, std::string_view value)>& take) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const size_t blank = line.find(' ');
    if (end == std::string_view::npos || blank == std::string_view::npos) return false;
    if (!take(line.substr(0, blank), line.substr(blank + 1))) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace odometer
