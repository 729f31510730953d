// Tokens as they are configured, and what each is good for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace odometer::auth {

enum class Scope : uint8_t { kRead = 1, kWrite = 2, kAll = 3 };

inline bool Includes(Scope scope, Scope needed) {
  return (static_cast<uint8_t>(scope) & static_cast<uint8_t>(needed)) == static_cast<uint8_t>(needed);
}

struct Grant {
  std::string org;
  Scope scope = Scope::kAll;
  friend bool operator==(const Grant&, const Grant&) = default;
};

struct ConfiguredToken {
  std::string text;  // the token itself, or kHashPrefix and the 64 hexadecimal digits of its SHA-256
  Grant grant;
};
inline constexpr std::string_view kHashPrefix = "sha256:";

// A JSON object: {"TOKEN": "ORG", "sha256:HEX": {"org": "ORG", "scope": "read"}, …}. A token is 1 to 512 visible ASCII
// characters, an org 1 to 512 bytes of UTF-8 and not the reserved name; the scope is read, write or all, by default all.
// kInvalid says which entry is wrong, counted from 1, and never shows a token.
Result<std::vector<ConfiguredToken>> ParseTokens(std::string_view json);

}  // namespace odometer::auth
