#include "rules/json_pointer.h"

#include <fmt/core.h>

namespace odometer::rules {

Result<std::vector<std::string>> ParseJsonPointer(std::string_view text) {
  if (!text.starts_with('/')) return Status::Invalid("a pointer begins with /");
  std::vector<std::string> tokens;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      if (tokens.size() == kMaxPointerTokens) {
        return Status::Invalid(fmt::format("a pointer has at most {} parts", kMaxPointerTokens));
      }
      tokens.emplace_back();
    } else if (text[i] != '~') {
      tokens.back() += text[i];
    } else if (++i < text.size() && (text[i] == '0' || text[i] == '1')) {
      tokens.back() += text[i] == '0' ? '~' : '/';
    } else {
      return Status::Invalid("in a pointer ~ is written as ~0, and / in a name as ~1");
    }
  }
  return tokens;
}

std::string EscapePointerToken(std::string_view token) {
  std::string escaped;
  for (char c : token) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace odometer::rules
