// A JSON number that stays what it was: a whole number in [-2^63, 2^64) exactly, anything else a finite double.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "common/base/bytes.h"

namespace odometer {

// Canonical: a double that is a whole number inside the exact range becomes that whole number (-0.0 becomes 0), so two
// Numbers of equal value have equal representation. A value type.
class Number {
 public:
  constexpr Number() = default;  // 0
  static Number Of(int64_t v) { return {Kind::kSigned, static_cast<uint64_t>(v)}; }
  static Number Of(uint64_t v) { return {v > kMaxSigned ? Kind::kUnsigned : Kind::kSigned, v}; }
  // Requires a finite v.
  static Number Of(double v) {
    if (v >= -0x1p63 && v < 0x1p63) {
      int64_t truncated = static_cast<int64_t>(v);
      if (static_cast<double>(truncated) == v) return Of(truncated);
    } else if (v >= 0x1p63 && v < 0x1p64) {
      return Of(static_cast<uint64_t>(v));
    }
    return {Kind::kDouble, std::bit_cast<uint64_t>(v)};
  }

  bool is_whole() const { return kind_ != Kind::kDouble; }
  // Requires is_whole().
  Int128 whole() const {
    return kind_ == Kind::kSigned ? static_cast<Int128>(static_cast<int64_t>(bits_)) : static_cast<Int128>(bits_);
  }
  // The nearest double.
  double AsDouble() const {
    switch (kind_) {
      case Kind::kSigned: return static_cast<double>(static_cast<int64_t>(bits_));
      case Kind::kUnsigned: return static_cast<double>(bits_);
      case Kind::kDouble: break;
    }
    return std::bit_cast<double>(bits_);
  }

  // By value, exactly, whatever the representations.
  friend bool operator==(const Number& a, const Number& b) { return a.kind_ == b.kind_ && a.bits_ == b.bits_; }
  friend bool operator<(const Number& a, const Number& b) {
    if (a.kind_ == Kind::kSigned && b.kind_ == Kind::kSigned) {
      return static_cast<int64_t>(a.bits_) < static_cast<int64_t>(b.bits_);
    }
    return LessMixed(a, b);
  }

  // Shortest JSON text that reads back as the same number: digits for whole numbers.
  std::string ToJson() const;

  // One byte of kind, then a varint or eight bytes.
  void Encode(ByteWriter* out) const;
  // On malformed or non-canonical input nothing is returned.
  static std::optional<Number> Decode(ByteReader* in);

 private:
  // The values are stored; never renumber.
  enum class Kind : uint8_t { kSigned = 0, kUnsigned = 1, kDouble = 2 };  // kUnsigned only above INT64_MAX
  static constexpr uint64_t kMaxSigned = std::numeric_limits<int64_t>::max();

  constexpr Number(Kind kind, uint64_t bits) : bits_(bits), kind_(kind) {}
  static bool LessMixed(const Number& a, const Number& b);

  uint64_t bits_ = 0;
  Kind kind_ = Kind::kSigned;
};

// The decimal digits of v.
std::string Int128ToString(Int128 v);
// A finite double as JSON, shortest text that reads back the same.
std::string DoubleToJson(double v);

}  // namespace odometer
