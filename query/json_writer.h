// Writes JSON text piece by piece. Numbers go in as the text of their exact digits, which no JSON library keeps at
// 128 bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace odometer {

// Appends to a string that it does not own; sets the commas. The caller closes what it opens. Not thread-safe.
class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(*out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view key);

  // Bytes that are not UTF-8 become U+FFFD.
  JsonWriter& String(std::string_view text);
  JsonWriter& Integer(int64_t value) { return Raw(std::to_string(value)); }
  JsonWriter& Unsigned(uint64_t value) { return Raw(std::to_string(value)); }
  // null when there is none, or it is not finite.
  JsonWriter& Double(std::optional<double> value);
  // One JSON value as text.
  JsonWriter& Raw(std::string_view json);

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Comma();

  std::string& out_;
  bool comma_ = false;
};

}  // namespace odometer
