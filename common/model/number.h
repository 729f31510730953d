// A JSON number that stays what it was: a whole number in [-2^63, 2^64) exactly, anything else a finite double.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"

namespace odometer {

// Canonical: a double that is a whole number inside the exact range becomes that whole number (-0.0 becomes 0), so two
// Numbers of equal value have equal representation. A value type.
class Number {
 public:
  constexpr Number() = default;  // 0
  static Number Of(int64_t v);
  static Number Of(uint64_t v);
  // Requires a finite v.
  static Number Of(double v);

  bool is_whole() const { return kind_ != Kind::kDouble; }
  // Requires is_whole().
  Int128 whole() const;
  // The nearest double.
  double AsDouble() const;

  // By value, exactly, whatever the representations.
  friend bool operator==(const Number& a, const Number& b) { return a.kind_ == b.kind_ && a.bits_ == b.bits_; }
  friend bool operator<(const Number& a, const Number& b) { return Less(a, b); }

  // Shortest JSON text that reads back as the same number: digits for whole numbers.
  std::string ToJson() const;

  // One byte of kind, then a varint or eight bytes.
  void Encode(ByteWriter* out) const;
  // On malformed or non-canonical input nothing is returned.
  static std::optional<Number> Decode(ByteReader* in);

 private:
  enum class Kind : uint8_t { kSigned, kUnsigned, kDouble };  // kUnsigned only above INT64_MAX
  constexpr Number(Kind kind, uint64_t bits) : bits_(bits), kind_(kind) {}
  static bool Less(const Number& a, const Number& b);

  uint64_t bits_ = 0;
  Kind kind_ = Kind::kSigned;
};

// The decimal digits of v.
std::string Int128ToString(Int128 v);
// A finite double as JSON, shortest text that reads back the same.
std::string DoubleToJson(double v);

}  // namespace odometer
