#include "common/model/big_integers.h"

#include <charconv>
#include <cstdint>

namespace odometer {
namespace {

bool IsNumberCharacter(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

template <typename T>
bool Overflows(std::string_view token) {
  T value;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  return error == std::errc::result_out_of_range && end == token.data() + token.size();
}

bool IsBigInteger(std::string_view token) {
  return token.front() == '-' ? Overflows<int64_t>(token) : Overflows<uint64_t>(token);
}

}  // namespace

std::string MarkBigIntegers(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 16);
  bool in_string = false;
  for (size_t i = 0; i < json.size();) {
    size_t start = i;
    if (!in_string && IsNumberCharacter(json[i])) {
      while (i < json.size() && IsNumberCharacter(json[i])) ++i;
      std::string_view token = json.substr(start, i - start);
      out += token;
      if (IsBigInteger(token)) out += ".0";
      continue;
    }
    if (json[i] == '"') in_string = !in_string;
    if (in_string && json[i] == '\\') ++i;  // what is escaped ends no string
    ++i;
    out += json.substr(start, i - start);
  }
  return out;
}

}  // namespace odometer
