// SHA-256 and what is made of it, by OpenSSL. Thread-safe. Where OpenSSL fails, which is for want of memory, or of
// randomness, these throw a std::runtime_error.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace odometer::auth {

using Digest = std::array<uint8_t, 32>;

Digest Sha256(std::string_view bytes);
Digest HmacSha256(std::string_view key, std::string_view message);
// For keys: not to be guessed.
Digest RandomDigest();

// In a time that tells nothing about where they differ. Different sizes are told at once.
bool SameBytes(std::string_view a, std::string_view b);

inline std::string_view BytesOf(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Lower-case hexadecimal digits, and back from any case; nothing for what is none.
std::string ToHex(std::string_view bytes);
std::optional<std::string> FromHex(std::string_view digits);

}  // namespace odometer::auth
