// Bits in bytes, the highest bit of a byte first; what is left of the last byte is zeros.
#pragma once

#include <cstdint>

#include "common/base/bytes.h"

namespace odometer {

// Writes to a ByteWriter, which must outlive it. Finish() before anything else is written there. Not thread-safe.
class BitWriter {
 public:
  explicit BitWriter(ByteWriter* out) : out_(*out) {}

  // The lowest `count` bits of `bits`, the highest first. 0 <= count <= 32.
  void Bits(uint32_t bits, int count) {
    pending_ = pending_ << count | (bits & ((uint64_t{1} << count) - 1));
    pending_count_ += count;
    while (pending_count_ >= 8) {
      pending_count_ -= 8;
      out_.U8(static_cast<uint8_t>(pending_ >> pending_count_));
    }
  }
  // So many zeros, then a one.
  void Unary(uint32_t zeros) {
    for (; zeros >= 32; zeros -= 32) Bits(0, 32);
    Bits(0, static_cast<int>(zeros));
    Bits(1, 1);
  }
  void Finish() {
    if (pending_count_ > 0) Bits(0, 8 - pending_count_);
  }

 private:
  ByteWriter& out_;
  uint64_t pending_ = 0;
  int pending_count_ = 0;  // below 8 between calls
};

// Reads from a ByteReader, which must outlive it, and takes no byte that it does not need. A read past the end gives
// zeros; the ByteReader has then failed. Not thread-safe.
class BitReader {
 public:
  explicit BitReader(ByteReader* in) : in_(*in) {}

  // 0 <= count <= 32.
  uint32_t Bits(int count) {
    while (pending_count_ < count) {
      pending_ = pending_ << 8 | in_.U8();
      pending_count_ += 8;
    }
    pending_count_ -= count;
    return static_cast<uint32_t>(pending_ >> pending_count_ & ((uint64_t{1} << count) - 1));
  }
  // How many zeros come before the next one; more than `max` when there is none among max + 1 bits.
  uint32_t Unary(uint32_t max) {
    uint32_t zeros = 0;
    while (zeros <= max && Bits(1) == 0) ++zeros;
    return zeros;
  }
  // Whether the rest of the last byte is zeros.
  bool Finish() { return Bits(pending_count_) == 0; }

 private:
  ByteReader& in_;
  uint64_t pending_ = 0;
  int pending_count_ = 0;
};

}  // namespace odometer
