#include "common/model/exact_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace odometer {
namespace {

std::string Encoded(const ExactSum& sum) {
  std::string bytes;
  ByteWriter writer(&bytes);
  sum.Encode(&writer);
  return bytes;
}

std::optional<ExactSum> Decoded(std::string_view bytes) {
  ByteReader reader(bytes);
  std::optional<ExactSum> sum = ExactSum::Decode(&reader);
  return reader.Done() ? sum : std::nullopt;
}

ExactSum SumOf(const std::vector<double>& values) {
  ExactSum sum;
  for (double v : values) sum.Add(Number::Of(v));
  return sum;
}

// Splits at random, sums the parts, and merges them at random: any order and grouping.
ExactSum SumInRandomGroups(std::vector<Number> values, std::mt19937_64* random) {
  std::shuffle(values.begin(), values.end(), *random);
  std::vector<ExactSum> parts(1 + (*random)() % 7);
  for (const Number& v : values) parts[(*random)() % parts.size()].Add(v);
  while (parts.size() > 1) {
    size_t to = (*random)() % (parts.size() - 1);
    parts[to].Merge(parts.back());
    parts.pop_back();
  }
  return parts[0];
}

TEST(ExactSumTest, WholeNumbersSumExactlyBeyond64Bits) {
  ExactSum sum;
  for (int i = 0; i < 1000; ++i) sum.Add(Number::Of(std::numeric_limits<uint64_t>::max()));
  sum.Add(Number::Of(int64_t{-1}));
  EXPECT_TRUE(sum.is_whole());
  EXPECT_EQ(sum.ToJson(), "18446744073709551614999");
}

TEST(ExactSumTest, WholeNumbersGiveTheSameBytesInAnyOrderAndGrouping) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<Number> values;
    Int128 expected = 0;
    for (int i = 0; i < 100; ++i) {
      values.push_back(random() % 2 == 0 ? Number::Of(random()) : Number::Of(static_cast<int64_t>(random())));
      expected += values.back().whole();
    }
    ExactSum sum = SumInRandomGroups(values, &random);
    ASSERT_TRUE(sum.is_whole());
    ASSERT_EQ(Int128ToString(sum.whole()), Int128ToString(expected));
    ASSERT_EQ(Encoded(sum), Encoded(SumInRandomGroups(values, &random)));
  }
}

TEST(ExactSumTest, FractionsAgreeWithinATrillionthOfTheSumOfMagnitudes) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-300, 300);
  for (int round = 0; round < 200; ++round) {
    double spread = round % 2 == 0 ? 1 : 0.02;  // the magnitudes' range, as a part of 1e-300 to 1e300
    std::vector<Number> values;
    double magnitudes = 0;
    for (int i = 0; i < 1000; ++i) {
      double v = std::pow(10, exponent(random) * spread) * (random() % 2 == 0 ? 1 : -1);
      values.push_back(Number::Of(v));
      magnitudes += std::abs(v);
    }
    double one = SumInRandomGroups(values, &random).AsDouble();
    double other = SumInRandomGroups(values, &random).AsDouble();
    ASSERT_LE(std::abs(one - other), 1e-12 * magnitudes);
  }
}

TEST(ExactSumTest, SmallFractionsAreNotLostBesideLargeOnes) {
  ExactSum sum;
  for (int i = 0; i < 100'000; ++i) {
    sum.Add(Number::Of(0.1));
    sum.Add(Number::Of(i % 2 == 0 ? 1e15 + 0.5 : -1e15 - 0.5));
  }
  EXPECT_NEAR(sum.AsDouble(), 10'000, 1e-7);
}

TEST(ExactSumTest, FractionsBesideLargeWholeNumbers) {
  ExactSum sum;
  sum.Add(Number::Of(std::numeric_limits<int64_t>::max()));
  sum.Add(Number::Of(0.25));
  sum.Add(Number::Of(-std::numeric_limits<int64_t>::max()));
  EXPECT_FALSE(sum.is_whole());
  EXPECT_EQ(sum.ToJson(), "0.25");
  sum.Add(Number::Of((int64_t{1} << 53) + 1));
  EXPECT_EQ(sum.AsDouble(), 0x1p53 + 2) << "2^53 + 1.25, rounded once";
}

TEST(ExactSumTest, NeverOverflows) {
  constexpr double kHuge = std::numeric_limits<double>::max();
  EXPECT_EQ(SumOf({kHuge, kHuge}).AsDouble(), kHuge);
  EXPECT_EQ(SumOf({-kHuge, -kHuge, 1.5}).AsDouble(), -kHuge);
  EXPECT_EQ(SumOf({kHuge, kHuge, -kHuge}).AsDouble(), kHuge);
  EXPECT_EQ(SumOf({kHuge, kHuge, -kHuge, -kHuge}).AsDouble(), 0);
  EXPECT_TRUE(SumOf({kHuge, -kHuge}).is_whole());
  ExactSum doubled = SumOf({kHuge, 1e308, 0.5});
  doubled.Merge(doubled);
  doubled.Merge(SumOf({-kHuge, -kHuge, -1e308}));
  EXPECT_NEAR(doubled.AsDouble(), 1e308, 1e308 * 1e-12);
}

TEST(ExactSumTest, MergesWithItself) {
  ExactSum sum = SumOf({0.1, 1e17 + 0.5, 3, -0.7});
  ExactSum twice = sum;
  twice.Merge(sum);
  sum.Merge(sum);
  EXPECT_EQ(sum, twice);
}

TEST(ExactSumTest, DecodesWhatItEncodes) {
  for (const ExactSum& sum : {ExactSum(), SumOf({1, 2, -9e18}), SumOf({0.1, 0.2, 1e20}), SumOf({1e308, 1e308, 0.3}),
                              SumOf({1e301, -1e301, 0.3}), SumOf({-1e-300})}) {
    std::string bytes = Encoded(sum);
    std::optional<ExactSum> decoded = Decoded(bytes);
    ASSERT_TRUE(decoded) << sum.ToJson();
    EXPECT_EQ(*decoded, sum);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(Decoded(bytes.substr(0, size)));
  }
}

TEST(ExactSumTest, RefusesASecondSpelling) {
  std::string zero_fraction = Encoded(ExactSum());
  zero_fraction[0] = 1;
  zero_fraction.append(16, '\0');
  EXPECT_FALSE(Decoded(zero_fraction));
  std::string not_finite;
  ByteWriter writer(&not_finite);
  writer.U8(1);
  writer.SignedVarint128(0);
  writer.Double(std::numeric_limits<double>::quiet_NaN());
  writer.Double(0.5);
  EXPECT_FALSE(Decoded(not_finite));
  EXPECT_FALSE(Decoded(std::string("\x03\x00", 2)));
}

}  // namespace
}  // namespace odometer
