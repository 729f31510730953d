#include "common/model/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/model/canonical_reader.h"

namespace odometer {

bool Number::LessMixed(const Number& a, const Number& b) {
  if (a.is_whole() && b.is_whole()) return a.whole() < b.whole();
  if (!a.is_whole() && !b.is_whole()) return a.AsDouble() < b.AsDouble();
  // One double among them: beyond the range of whole numbers, or between two of them, never equal to one.
  double fraction = a.is_whole() ? b.AsDouble() : a.AsDouble();
  bool fraction_is_greater;
  if (fraction >= 0x1p64) {
    fraction_is_greater = true;
  } else if (fraction < -0x1p63) {
    fraction_is_greater = false;
  } else {
    Int128 whole = a.is_whole() ? a.whole() : b.whole();
    fraction_is_greater = static_cast<Int128>(std::floor(fraction)) >= whole;
  }
  return a.is_whole() ? fraction_is_greater : !fraction_is_greater;
}

std::string Number::ToJson() const { return is_whole() ? Int128ToString(whole()) : DoubleToJson(AsDouble()); }

void Number::Encode(ByteWriter* out) const {
  out->U8(static_cast<uint8_t>(kind_));
  switch (kind_) {
    case Kind::kSigned: out->SignedVarint(static_cast<int64_t>(bits_)); break;
    case Kind::kUnsigned: out->Varint(bits_); break;
    case Kind::kDouble: out->U64(bits_); break;
  }
}

std::optional<Number> Number::Decode(ByteReader* in) {
  uint8_t kind = in->U8();
  if (in->failed()) return std::nullopt;
  switch (kind) {
    case static_cast<uint8_t>(Kind::kSigned): {
      int64_t v = 0;
      if (!ReadSignedVarint(in, &v)) return std::nullopt;
      return Of(v);
    }
    case static_cast<uint8_t>(Kind::kUnsigned): {
      uint64_t v = 0;
      if (!ReadVarint(in, &v) || v <= kMaxSigned) return std::nullopt;
      return Of(v);
    }
    case static_cast<uint8_t>(Kind::kDouble): {
      double v = in->Double();
      if (in->failed() || !std::isfinite(v)) return std::nullopt;
      Number number = Of(v);
      if (number.is_whole()) return std::nullopt;
      return number;
    }
    default: return std::nullopt;
  }
}

std::string Int128ToString(Int128 v) {
  UInt128 magnitude = v < 0 ? -static_cast<UInt128>(v) : static_cast<UInt128>(v);
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    magnitude /= 10;
  } while (magnitude != 0);
  if (v < 0) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string DoubleToJson(double v) {
  char buffer[32];
  std::to_chars_result result = std::to_chars(buffer, buffer + sizeof(buffer), v);
  return {buffer, result.ptr};
}

}  // namespace odometer
