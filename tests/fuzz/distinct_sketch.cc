// The members of sets: what decodes is spelt in the one way that the encoder spells it, can be counted, and merges with
// others to the same bytes in any order.
#include "common/model/distinct_sketch.h"

#include <algorithm>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

std::string Bytes(const DistinctSketch& sketch) {
  std::string bytes;
  ByteWriter writer(&bytes);
  sketch.Encode(&writer);
  return bytes;
}

DistinctSketch Merged(DistinctSketch a, const DistinctSketch& b) {
  a.Merge(b);
  return a;
}

DistinctSketch SomeSketch(uint64_t members) {
  DistinctSketch sketch;
  for (uint64_t i = 0; i < members; ++i) sketch.Add(i * 0x9E3779B97F4A7C15u);
  return sketch;
}

// The input's own bytes as hashes, eight at a time: added in their order, and in two parts in the opposite order.
void RequireTheSameInAnyOrder(std::string_view input) {
  DistinctSketch in_order, back, front;
  const size_t count = input.size() / sizeof(uint64_t);
  for (size_t i = 0; i < count; ++i) {
    uint64_t hash = 0;
    std::copy_n(input.data() + i * sizeof(hash), sizeof(hash), reinterpret_cast<char*>(&hash));
    in_order.Add(hash);
    (i % 3 == 0 ? front : back).Add(hash);
  }
  if (count == 0) return;
  ODOMETER_FUZZ_REQUIRE(Bytes(Merged(back, front)) == Bytes(in_order));
  ODOMETER_FUZZ_REQUIRE(in_order.Estimate() > 0);
  if (count <= DistinctSketch::kMaxTokens) ODOMETER_FUZZ_REQUIRE(in_order.Estimate() <= count);
}

}  // namespace

void TestInput(std::string_view input) {
  RequireTheSameInAnyOrder(input);
  ByteReader reader(input);
  const std::optional<DistinctSketch> decoded = DistinctSketch::Decode(&reader);
  if (!decoded || !reader.Done()) return;
  const std::string bytes = Bytes(*decoded);
  ODOMETER_FUZZ_REQUIRE(bytes == input);
  ODOMETER_FUZZ_REQUIRE(bytes.size() <= DistinctSketch::kMaxEncodedBytes);
  ODOMETER_FUZZ_REQUIRE(decoded->Estimate() > 0);
  ODOMETER_FUZZ_REQUIRE(Bytes(Merged(*decoded, *decoded)) == bytes);
  for (const uint64_t members : {3u, 4'000u, 10'000u}) {
    const DistinctSketch other = SomeSketch(members);
    const DistinctSketch merged = Merged(*decoded, other);
    ODOMETER_FUZZ_REQUIRE(Bytes(merged) == Bytes(Merged(other, *decoded)));
    ODOMETER_FUZZ_REQUIRE(Bytes(Merged(merged, *decoded)) == Bytes(merged));
  }
}

}  // namespace odometer
