#include "common/model/aggregate_codec.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/unit/model/random_aggregate.h"

namespace odometer {
namespace {

std::vector<Aggregate> SampleAggregates() {
  std::mt19937_64 random(31);
  std::vector<Aggregate> aggregates;
  aggregates.emplace_back();
  for (int i = 0; i < 60; ++i) {
    RandomNumber draw = i % 2 == 0 ? RandomWhole : RandomFraction;
    aggregates.push_back(AggregateOf(RandomObservations(1 + random() % 30, draw, &random), i % 3 == 0));
    aggregates.push_back(SetOf(RandomObservations(1 + random() % 30, RandomWhole, &random)));
  }
  Aggregate::Parts parts;
  parts.count = 7;
  parts.first_ts_ms = INT64_MAX;
  parts.last_ts_ms = INT64_MIN;
  parts.last_origin = {INT32_MIN, INT64_MIN};
  aggregates.push_back(Aggregate::FromParts(parts));
  return aggregates;
}

// Whatever is decoded must be the one spelling of what was decoded.
void ExpectRefusedOrCanonical(const std::string& bytes) {
  Result<Aggregate> decoded = AggregateCodec::Decode(bytes);
  if (decoded.ok()) {
    ASSERT_EQ(Encoded(*decoded), bytes);
  } else {
    ASSERT_EQ(decoded.status().kind(), ErrorKind::kInvalid);
    ASSERT_FALSE(decoded.status().message().empty());
  }
}

TEST(AggregateCodecTest, DecodesWhatItEncodes) {
  for (const Aggregate& aggregate : SampleAggregates()) {
    std::string bytes = Encoded(aggregate);
    Result<Aggregate> decoded = AggregateCodec::Decode(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(decoded->count(), aggregate.count());
    EXPECT_EQ(decoded->sum(), aggregate.sum());
    EXPECT_EQ(decoded->min(), aggregate.min());
    EXPECT_EQ(decoded->max(), aggregate.max());
    EXPECT_EQ(decoded->last(), aggregate.last());
    EXPECT_EQ(decoded->first_ts_ms(), aggregate.first_ts_ms());
    EXPECT_EQ(decoded->last_ts_ms(), aggregate.last_ts_ms());
    EXPECT_EQ(decoded->last_origin().partition, aggregate.last_origin().partition);
    EXPECT_EQ(decoded->last_origin().offset, aggregate.last_origin().offset);
    ASSERT_EQ(decoded->sketch() == nullptr, aggregate.sketch() == nullptr);
    if (aggregate.sketch() != nullptr) {
      EXPECT_EQ(*decoded->sketch(), *aggregate.sketch());
    }
    ASSERT_EQ(decoded->members() == nullptr, aggregate.members() == nullptr);
    if (aggregate.members() != nullptr) {
      EXPECT_EQ(*decoded->members(), *aggregate.members());
    }
    EXPECT_EQ(Encoded(*decoded), bytes);
  }
}

TEST(AggregateCodecTest, ACounterOfOneValueIsSmall) {
  Aggregate aggregate;
  aggregate.Add(Number::Of(int64_t{1}), 1'700'000'000'000, {3, 1'234'567'890}, false);
  EXPECT_LE(Encoded(aggregate).size(), 20u);
}

TEST(AggregateCodecTest, ASetOfOneMemberIsSmall) {
  Aggregate aggregate;
  aggregate.AddMember(DistinctSketch::HashOf("ann"), 1'700'000'000'000, {3, 1'234'567'890});
  EXPECT_LE(Encoded(aggregate).size(), 26u);
}

TEST(AggregateCodecTest, EncodeAppends) {
  std::string bytes = "before";
  AggregateCodec::Encode(Aggregate(), &bytes);
  EXPECT_EQ(bytes, std::string("before\x01\x00\x00", 9));
}

TEST(AggregateCodecTest, RefusesEveryTruncationAndEveryExtension) {
  for (const Aggregate& aggregate : SampleAggregates()) {
    std::string bytes = Encoded(aggregate);
    for (size_t size = 0; size < bytes.size(); ++size) {
      // A copy of exactly that size, so that the address sanitizer sees any read beyond it.
      std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_FALSE(AggregateCodec::Decode({cut.data(), cut.size()}).ok()) << "cut to " << size << " bytes";
    }
    ASSERT_FALSE(AggregateCodec::Decode(bytes + '\0').ok());
  }
}

TEST(AggregateCodecTest, AFlippedBitIsRefusedOrIsAnotherAggregate) {
  for (const Aggregate& aggregate : SampleAggregates()) {
    std::string bytes = Encoded(aggregate);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      ExpectRefusedOrCanonical(flipped);
    }
  }
}

TEST(AggregateCodecTest, RandomBytesAreRefusedOrCanonical) {
  std::mt19937_64 random(32);
  for (int i = 0; i < 300'000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    // Mostly past the version, the flags and the count.
    if (bytes.size() > 3 && i % 8 != 0) {
      bytes[0] = AggregateCodec::kVersion;
      bytes[1] &= 0x1f;
      bytes[2] &= 0x7f;
    }
    ExpectRefusedOrCanonical(bytes);
  }
}

TEST(AggregateCodecTest, NamesWhatIsWrong) {
  EXPECT_EQ(AggregateCodec::Decode(std::string("\x02\x00\x00", 3)).status().message(),
            "aggregate of unknown version 2");
  EXPECT_EQ(AggregateCodec::Decode(std::string("\x01\x20\x01", 3)).status().message(),
            "malformed aggregate: unknown flags");
  EXPECT_EQ(AggregateCodec::Decode(std::string("\x01\x00\x01\x07", 4)).status().message(),
            "malformed aggregate: bad last value");
}

}  // namespace
}  // namespace odometer
