// How many distinct members a set has: a HyperLogLog, in the variant UltraLogLog (Otmar Ertl: "UltraLogLog: A Practical
// and More Space-Efficient Alternative to HyperLogLog for Approximate Distinct Counting", PVLDB 17(7), 2024), whose
// registers also tell whether the two ranks below the highest one occurred, so that half of them do for the same error.
//
// Small sets are kept as hash tokens of 32 bits, one for each member (Otmar Ertl: "ExaLogLog: Space-Efficient and
// Practical Approximate Distinct Counting up to the Exa-Scale", 2024): they are counted, not estimated. What is kept, and
// so every byte, depends only on the members, not on their order or grouping, nor on how often each came.
// docs/formats/aggregate.md has the hash and the bytes, docs/semantics.md the error as measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"

namespace odometer {

// Not thread-safe; a value type.
class DistinctSketch {
 public:
  static constexpr int kPrecision = 14;
  static constexpr size_t kRegisters = size_t{1} << kPrecision;
  // Up to as many the members are counted by their tokens. Two tokens are equal by chance once in 2^27.6.
  static constexpr size_t kMaxTokens = 4096;
  // Of the estimate above that: sqrt(0.5789 / kRegisters), by the theory of the first paper.
  static constexpr double kStandardError = 0.00595;
  static constexpr size_t kMaxEncodedBytes = 1 + kRegisters;

  // What stands for a member: XXH3 of 64 bits over its bytes, with the seed 0.
  static uint64_t HashOf(std::string_view member);

  void Add(uint64_t hash) { AddToken(TokenOf(hash)); }
  void Merge(const DistinctSketch& other);

  bool empty() const { return tokens_.empty() && registers_.empty(); }
  // To the next whole number. 2^64 - 1 is the highest.
  uint64_t Estimate() const;

  // Requires !empty().
  void Encode(ByteWriter* out) const;
  // On malformed or non-canonical input, and for an empty sketch, nothing is returned.
  static std::optional<DistinctSketch> Decode(ByteReader* in);

  size_t MemoryBytes() const;

  friend bool operator==(const DistinctSketch& a, const DistinctSketch& b) = default;

 private:
  // The highest bits of a hash, then how many zeros follow them: all that any register of it needs.
  static uint32_t TokenOf(uint64_t hash);
  void AddToken(uint32_t token);
  void AddToRegister(uint32_t token);
  void ReplaceTokensByRegisters();
  void EncodeTokens(ByteWriter* out) const;
  static bool DecodeTokens(ByteReader* in, std::vector<uint32_t>* tokens);
  static bool DecodeRegisters(ByteReader* in, std::vector<uint8_t>* registers);

  // One of both is empty.
  std::vector<uint32_t> tokens_;    // ascending, none twice, at most kMaxTokens
  std::vector<uint8_t> registers_;  // kRegisters of them
};

}  // namespace odometer
