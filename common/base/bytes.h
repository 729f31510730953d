// Reading and writing the binary formats (docs/formats/): big-endian fixed-width integers, which sort as bytes as
// they do as numbers, and LEB128 varints, with zigzag for signed values.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace odometer {

using Int128 = __int128;
using UInt128 = unsigned __int128;

// Appends to a string that it does not own.
class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(*out) {}

  void U8(uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void U16(uint16_t v) { BigEndian(v); }
  void U32(uint32_t v) { BigEndian(v); }
  void U64(uint64_t v) { BigEndian(v); }
  // Sorts as the signed number does: the sign bit is flipped.
  void SortableI64(int64_t v) { U64(static_cast<uint64_t>(v) ^ (uint64_t{1} << 63)); }
  void Double(double v) { U64(std::bit_cast<uint64_t>(v)); }
  void Varint(uint64_t v) {
    while (v >= 0x80) {
      U8(static_cast<uint8_t>(v) | 0x80);
      v >>= 7;
    }
    U8(static_cast<uint8_t>(v));
  }
  void SignedVarint(int64_t v) { Varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63)); }
  void SignedVarint128(Int128 v) {
    UInt128 u = (static_cast<UInt128>(v) << 1) ^ static_cast<UInt128>(v >> 127);
    while (u >= 0x80) {
      U8(static_cast<uint8_t>(u) | 0x80);
      u >>= 7;
    }
    U8(static_cast<uint8_t>(u));
  }
  void Raw(std::string_view bytes) { out_.append(bytes); }
  // A varint length, then the bytes.
  void Blob(std::string_view bytes) {
    Varint(bytes.size());
    Raw(bytes);
  }

 private:
  template <typename T>
  void BigEndian(T v) {
    char buffer[sizeof(T)];
    for (size_t i = 0; i < sizeof(T); ++i) buffer[i] = static_cast<char>(v >> (8 * (sizeof(T) - 1 - i)));
    out_.append(buffer, sizeof(T));
  }

  std::string& out_;
};

// Reads what ByteWriter wrote. After the first read past the end, or a varint that is too long, failed() stays true
// and every further read gives 0 or empty: check once, at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  bool failed() const { return failed_; }
  // Everything was read and nothing failed.
  bool Done() const { return !failed_ && in_.empty(); }
  std::string_view rest() const { return in_; }

  uint8_t U8() { return static_cast<uint8_t>(BigEndian<uint8_t>()); }
  uint16_t U16() { return BigEndian<uint16_t>(); }
  uint32_t U32() { return BigEndian<uint32_t>(); }
  uint64_t U64() { return BigEndian<uint64_t>(); }
  int64_t SortableI64() { return static_cast<int64_t>(U64() ^ (uint64_t{1} << 63)); }
  double Double() { return std::bit_cast<double>(U64()); }
  uint64_t Varint() { return AnyVarint<uint64_t>(64); }
  int64_t SignedVarint() {
    uint64_t u = Varint();
    return static_cast<int64_t>(u >> 1) ^ -static_cast<int64_t>(u & 1);
  }
  Int128 SignedVarint128() {
    UInt128 u = AnyVarint<UInt128>(128);
    return static_cast<Int128>(u >> 1) ^ -static_cast<Int128>(u & 1);
  }
  std::string_view Raw(size_t size) {
    if (failed_ || size > in_.size()) {
      failed_ = true;
      return {};
    }
    std::string_view bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return bytes;
  }
  std::string_view Blob() {
    uint64_t size = Varint();
    return Raw(size);
  }

 private:
  template <typename T>
  T BigEndian() {
    std::string_view bytes = Raw(sizeof(T));
    uint64_t v = 0;
    for (char c : bytes) v = (v << 8) | static_cast<uint8_t>(c);
    return static_cast<T>(v);
  }
  template <typename T>
  T AnyVarint(int bits) {
    T v = 0;
    for (int shift = 0; shift < bits; shift += 7) {
      uint8_t byte = U8();
      v |= static_cast<T>(byte & 0x7f) << shift;
      if (byte < 0x80) return failed_ ? T{0} : v;
    }
    failed_ = true;
    return 0;
  }

  std::string_view in_;
  bool failed_ = false;
};

}  // namespace odometer
