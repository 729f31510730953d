// Aggregates: what decodes is spelt in the one way that the encoder spells it, and can be merged, read and shown.
#include "common/model/aggregate_codec.h"

#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

std::string Bytes(const Aggregate& aggregate) {
  std::string bytes;
  AggregateCodec::Encode(aggregate, &bytes);
  return bytes;
}

Aggregate Merged(Aggregate a, const Aggregate& b) {
  a.Merge(b);
  return a;
}

Aggregate SomeTimer() {
  Aggregate timer;
  int64_t offset = 0;
  for (double value : {12.5, -3.0, 0.0, 1e300, 7.0}) {
    timer.Add(Number::Of(value), 1'700'000'000'000, {.partition = 1, .offset = ++offset}, /*with_sketch=*/true);
  }
  return timer;
}

Aggregate SomeSet() {
  Aggregate set;
  int64_t offset = 0;
  for (const char* member : {"ann", "bob", "cid"}) {
    set.AddMember(DistinctSketch::HashOf(member), 1'700'000'000'000, {.partition = 1, .offset = ++offset});
  }
  return set;
}

// Of what a processor may have written. Numbers that contradict each other are taken as they are.
void RequireReadable(const Aggregate& aggregate) {
  if (aggregate.empty()) return;
  ODOMETER_FUZZ_REQUIRE(!aggregate.sum().ToJson().empty());
  ODOMETER_FUZZ_REQUIRE(!aggregate.min().ToJson().empty() && !aggregate.max().ToJson().empty());
  ODOMETER_FUZZ_REQUIRE(aggregate.members() == nullptr || aggregate.members()->Estimate() > 0);
  if (aggregate.sketch() == nullptr) return;
  ODOMETER_FUZZ_REQUIRE(aggregate.sketch()->count() > 0);
  for (double q : {0.0, 0.5, 0.99, 1.0}) ODOMETER_FUZZ_REQUIRE(aggregate.sketch()->Quantile(q).has_value());
}

}  // namespace

void TestInput(std::string_view input) {
  Result<Aggregate> decoded = AggregateCodec::Decode(input);
  if (!decoded.ok()) {
    ODOMETER_FUZZ_REQUIRE(decoded.status().Is(ErrorKind::kInvalid));
    return;
  }
  const Aggregate& aggregate = *decoded;
  ODOMETER_FUZZ_REQUIRE(Bytes(aggregate) == input);
  RequireReadable(aggregate);
  ODOMETER_FUZZ_REQUIRE(Bytes(Merged(aggregate, Aggregate())) == input);

  // Of fractions only the value is the same in any order, not the bytes.
  const bool whole = aggregate.sum().is_whole();
  if (whole) ODOMETER_FUZZ_REQUIRE(Bytes(Merged(Aggregate(), aggregate)) == input);
  for (const Aggregate& other : {aggregate, SomeTimer(), SomeSet()}) {
    const Aggregate merged = Merged(aggregate, other);
    RequireReadable(merged);
    const std::string bytes = Bytes(merged);
    Result<Aggregate> again = AggregateCodec::Decode(bytes);
    ODOMETER_FUZZ_REQUIRE(!again.ok() || Bytes(*again) == bytes);
    // Bytes can hold fractions that no values add up to, and whose sum is then out of range.
    ODOMETER_FUZZ_REQUIRE(again.ok() || !whole);
    if (whole) ODOMETER_FUZZ_REQUIRE(Bytes(Merged(other, aggregate)) == bytes);
  }
}

}  // namespace odometer
