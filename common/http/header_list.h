// Header values that are lists of words.
#pragma once

#include <string>
#include <string_view>

#include "common/base/ascii.h"

namespace odometer::http {

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
