// Reading of varints that accepts only the shortest form, the one that ByteWriter writes: formats that are compared as
// bytes must have one spelling per value.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/bytes.h"

namespace odometer {

namespace canonical_internal {

// The last byte of the varint that starts `before` and ends where `in` stands, within what `max_bytes` can carry.
inline bool IsShortest(std::string_view before, const ByteReader& in, size_t max_bytes, uint8_t max_last_byte) {
  if (in.failed()) return false;
  size_t size = before.size() - in.rest().size();
  uint8_t last = static_cast<uint8_t>(before[size - 1]);
  return (size == 1 || last != 0) && (size < max_bytes || last <= max_last_byte);
}

}  // namespace canonical_internal

// False on a read past the end, and for any but the shortest form.
inline bool ReadVarint(ByteReader* in, uint64_t* value) {
  std::string_view before = in->rest();
  *value = in->Varint();
  return canonical_internal::IsShortest(before, *in, 10, 0x01);
}

inline bool ReadSignedVarint(ByteReader* in, int64_t* value) {
  std::string_view before = in->rest();
  *value = in->SignedVarint();
  return canonical_internal::IsShortest(before, *in, 10, 0x01);
}

inline bool ReadSignedVarint128(ByteReader* in, Int128* value) {
  std::string_view before = in->rest();
  *value = in->SignedVarint128();
  return canonical_internal::IsShortest(before, *in, 19, 0x03);
}

inline bool ReadBlob(ByteReader* in, std::string_view* value) {
  uint64_t size = 0;
  if (!ReadVarint(in, &size)) return false;
  *value = in->Raw(size);
  return !in->failed();
}

}  // namespace odometer
