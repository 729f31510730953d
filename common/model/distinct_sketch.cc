#include "common/model/distinct_sketch.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>

#include "common/model/bit_stream.h"
#include "common/model/canonical_reader.h"
#include "common/model/distinct_registers.h"

namespace odometer {
namespace {

// How the members are written; never renumber.
enum Form : uint8_t { kTokens = 0, kRegisters14 = 1 };

// Of a token: so many bits of the hash, and in 6 more how many zeros come next.
constexpr int kPrefixBits = 26;
constexpr int kZerosBits = 6;
constexpr int kRestBits = 64 - kPrefixBits;  // the most zeros
// Of its prefix behind the register's number.
constexpr int kRankBits = kPrefixBits - DistinctSketch::kPrecision;

uint32_t PrefixOf(uint32_t token) { return token >> kZerosBits; }
uint32_t ZerosOf(uint32_t token) { return token & ((1u << kZerosBits) - 1); }
int RankOf(uint32_t token) {
  const uint32_t bits = PrefixOf(token) & ((1u << kRankBits) - 1);
  if (bits != 0) return std::countl_zero(bits) - (32 - kRankBits) + 1;
  return kRankBits + static_cast<int>(ZerosOf(token)) + 1;
}

// Of the gaps between the prefixes of so many tokens as many low bits are written as they are (Golomb and Rice's code):
// what is above is 1 to 2 on average.
int LowBits(size_t tokens) { return kPrefixBits - std::bit_width(tokens); }

}  // namespace

uint64_t DistinctSketch::HashOf(std::string_view member) { return XXH3_64bits(member.data(), member.size()); }

uint32_t DistinctSketch::TokenOf(uint64_t hash) {
  const uint64_t rest = hash << kPrefixBits | uint64_t{1} << (kPrefixBits - 1);  // the mark ends the zeros
  return static_cast<uint32_t>(hash >> kRestBits) << kZerosBits | static_cast<uint32_t>(std::countl_zero(rest));
}

void DistinctSketch::AddToken(uint32_t token) {
  if (!registers_.empty()) return AddToRegister(token);
  const auto place = std::lower_bound(tokens_.begin(), tokens_.end(), token);
  if (place != tokens_.end() && *place == token) return;
  if (tokens_.size() < kMaxTokens) {
    tokens_.insert(place, token);
  } else {
    ReplaceTokensByRegisters();
    AddToRegister(token);
  }
}

void DistinctSketch::AddToRegister(uint32_t token) {
  uint8_t& value = registers_[PrefixOf(token) >> kRankBits];
  value = MergeRegisters(value, RegisterOf(RankOf(token)));
}

void DistinctSketch::ReplaceTokensByRegisters() {
  registers_.resize(kRegisters);
  for (uint32_t token : tokens_) AddToRegister(token);
  tokens_ = std::vector<uint32_t>();  // its memory, too
}

void DistinctSketch::Merge(const DistinctSketch& other) {
  if (registers_.empty() && other.registers_.empty()) {
    // The delta of a commit is mostly small against what is there.
    if (this != &other && other.tokens_.size() * 16 < tokens_.size()) {
      for (uint32_t token : other.tokens_) AddToken(token);
      return;
    }
    std::vector<uint32_t> both;
    both.reserve(std::min(tokens_.size() + other.tokens_.size(), kMaxTokens));
    std::set_union(tokens_.begin(), tokens_.end(), other.tokens_.begin(), other.tokens_.end(),
                   std::back_inserter(both));
    tokens_ = std::move(both);
    if (tokens_.size() > kMaxTokens) ReplaceTokensByRegisters();
    return;
  }
  if (registers_.empty()) ReplaceTokensByRegisters();
  for (uint32_t token : other.tokens_) AddToRegister(token);
  for (size_t i = 0; i < other.registers_.size(); ++i) {
    registers_[i] = MergeRegisters(registers_[i], other.registers_[i]);
  }
}

uint64_t DistinctSketch::Estimate() const {
  if (registers_.empty()) return tokens_.size();
  const double estimate = std::floor(EstimateDistinct(registers_) + 0.5);
  return estimate < 0x1p64 ? static_cast<uint64_t>(estimate) : std::numeric_limits<uint64_t>::max();
}

void DistinctSketch::Encode(ByteWriter* out) const {
  if (registers_.empty()) return EncodeTokens(out);
  out->U8(kRegisters14);
  out->Raw({reinterpret_cast<const char*>(registers_.data()), registers_.size()});
}

// The zeros, of which there are z with the probability 2^-(z+1), in Elias' gamma code of z + 1.
void DistinctSketch::EncodeTokens(ByteWriter* out) const {
  out->U8(kTokens);
  out->Varint(tokens_.size());
  BitWriter bits(out);
  const int low_bits = LowBits(tokens_.size());
  uint32_t previous = 0;
  for (uint32_t token : tokens_) {
    const uint32_t gap = PrefixOf(token) - previous;
    bits.Unary(gap >> low_bits);
    bits.Bits(gap, low_bits);
    const uint32_t zeros = ZerosOf(token) + 1;
    const int more = std::bit_width(zeros) - 1;
    bits.Unary(static_cast<uint32_t>(more));
    bits.Bits(zeros, more);
    previous = PrefixOf(token);
  }
  bits.Finish();
}

std::optional<DistinctSketch> DistinctSketch::Decode(ByteReader* in) {
  DistinctSketch sketch;
  const uint8_t form = in->U8();
  if (in->failed()) return std::nullopt;
  const bool decoded = (form == kTokens && DecodeTokens(in, &sketch.tokens_)) ||
                       (form == kRegisters14 && DecodeRegisters(in, &sketch.registers_));
  if (!decoded) return std::nullopt;
  return sketch;
}

bool DistinctSketch::DecodeTokens(ByteReader* in, std::vector<uint32_t>* tokens) {
  uint64_t size = 0;
  if (!ReadVarint(in, &size) || size == 0 || size > kMaxTokens) return false;
  tokens->reserve(size);
  BitReader bits(in);
  const int low_bits = LowBits(size);
  uint64_t prefix = 0;
  for (uint64_t i = 0; i < size; ++i) {
    const uint64_t gap = uint64_t{bits.Unary(1u << (kPrefixBits - low_bits))} << low_bits;
    prefix += gap | bits.Bits(low_bits);
    if (prefix >> kPrefixBits != 0) return false;
    const uint32_t more = bits.Unary(kZerosBits);
    if (more >= kZerosBits) return false;
    const uint32_t zeros = (1u << more | bits.Bits(static_cast<int>(more))) - 1;
    if (in->failed() || zeros > kRestBits) return false;
    const uint32_t token = static_cast<uint32_t>(prefix) << kZerosBits | zeros;
    if (i > 0 && token <= tokens->back()) return false;
    tokens->push_back(token);
  }
  return bits.Finish();
}

bool DistinctSketch::DecodeRegisters(ByteReader* in, std::vector<uint8_t>* registers) {
  const std::string_view bytes = in->Raw(kRegisters);
  if (in->failed()) return false;
  registers->assign(bytes.begin(), bytes.end());
  if (!std::all_of(registers->begin(), registers->end(), IsRegister)) return false;
  return std::any_of(registers->begin(), registers->end(), [](uint8_t value) { return value != 0; });
}

size_t DistinctSketch::MemoryBytes() const {
  return sizeof(DistinctSketch) + tokens_.capacity() * sizeof(uint32_t) + registers_.capacity();
}

}  // namespace odometer
