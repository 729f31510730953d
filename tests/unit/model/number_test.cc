#include "common/model/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace odometer {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr uint64_t kUnsignedMax = std::numeric_limits<uint64_t>::max();

std::string Encoded(const Number& number) {
  std::string bytes;
  ByteWriter writer(&bytes);
  number.Encode(&writer);
  return bytes;
}

std::optional<Number> Decoded(std::string_view bytes) {
  ByteReader reader(bytes);
  std::optional<Number> number = Number::Decode(&reader);
  return reader.Done() ? number : std::nullopt;
}

// Ascending, each greater than the one before.
std::vector<Number> AscendingNumbers() {
  return {Number::Of(-std::numeric_limits<double>::max()),
          Number::Of(-0x1.0000000000001p63),
          Number::Of(kMin),
          Number::Of(kMin + 1),
          Number::Of(-9007199254740993),
          Number::Of(-4503599627370495.5),
          Number::Of(int64_t{-2}),
          Number::Of(-1.5),
          Number::Of(int64_t{-1}),
          Number::Of(-0.5),
          Number::Of(-5e-324),
          Number::Of(int64_t{0}),
          Number::Of(5e-324),
          Number::Of(0.5),
          Number::Of(int64_t{1}),
          Number::Of(1.5),
          Number::Of(int64_t{9007199254740992}),
          Number::Of(int64_t{9007199254740993}),
          Number::Of(kMax - 1),
          Number::Of(kMax),
          Number::Of(uint64_t{1} << 63),
          Number::Of(kUnsignedMax - 1),
          Number::Of(kUnsignedMax),
          Number::Of(0x1p64),
          Number::Of(std::numeric_limits<double>::max())};
}

TEST(NumberTest, EqualValuesHaveOneRepresentation) {
  EXPECT_EQ(Number::Of(3.0), Number::Of(int64_t{3}));
  EXPECT_EQ(Number::Of(uint64_t{3}), Number::Of(int64_t{3}));
  EXPECT_EQ(Number::Of(-0.0), Number());
  EXPECT_EQ(Number::Of(-0x1p63), Number::Of(kMin));
  EXPECT_EQ(Number::Of(0x1p63), Number::Of(uint64_t{1} << 63));
  EXPECT_FALSE(Number::Of(kMin) == Number::Of(uint64_t{1} << 63));
  EXPECT_FALSE(Number::Of(0x1p64).is_whole());
  EXPECT_FALSE(Number::Of(0.1).is_whole());
}

TEST(NumberTest, ComparesByValueAcrossRepresentations) {
  std::vector<Number> numbers = AscendingNumbers();
  for (size_t i = 0; i < numbers.size(); ++i) {
    for (size_t j = 0; j < numbers.size(); ++j) {
      EXPECT_EQ(numbers[i] < numbers[j], i < j) << numbers[i].ToJson() << " < " << numbers[j].ToJson();
      EXPECT_EQ(numbers[i] == numbers[j], i == j) << numbers[i].ToJson() << " == " << numbers[j].ToJson();
    }
  }
}

TEST(NumberTest, KeepsWholeNumbersExactly) {
  EXPECT_EQ(Number::Of(kUnsignedMax).whole(), static_cast<Int128>(kUnsignedMax));
  EXPECT_EQ(Number::Of(kMin).whole(), static_cast<Int128>(kMin));
  EXPECT_EQ(Number::Of(kUnsignedMax).AsDouble(), 0x1p64);
  EXPECT_EQ(Number::Of(int64_t{-7}).AsDouble(), -7.0);
}

TEST(NumberTest, WritesTheShortestJson) {
  EXPECT_EQ(Number::Of(kUnsignedMax).ToJson(), "18446744073709551615");
  EXPECT_EQ(Number::Of(kMin).ToJson(), "-9223372036854775808");
  EXPECT_EQ(Number::Of(0.1).ToJson(), "0.1");
  EXPECT_EQ(Number::Of(-1e300).ToJson(), "-1e+300");
  EXPECT_EQ(Number::Of(2.50).ToJson(), "2.5");
  EXPECT_EQ(Int128ToString(static_cast<Int128>(static_cast<UInt128>(1) << 127)), "-170141183460469231731687303715884105728");
  EXPECT_EQ(Int128ToString(0), "0");
}

TEST(NumberTest, DecodesWhatItEncodes) {
  for (const Number& number : AscendingNumbers()) {
    std::optional<Number> decoded = Decoded(Encoded(number));
    ASSERT_TRUE(decoded) << number.ToJson();
    EXPECT_EQ(*decoded, number);
  }
}

TEST(NumberTest, RefusesTruncatedBytes) {
  for (const Number& number : AscendingNumbers()) {
    std::string bytes = Encoded(number);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(Decoded(bytes.substr(0, size))) << number.ToJson() << " cut to " << size;
    }
  }
}

TEST(NumberTest, RefusesASecondSpelling) {
  auto kind_and_double = [](double v) {
    std::string bytes;
    ByteWriter writer(&bytes);
    writer.U8(2);
    writer.Double(v);
    return bytes;
  };
  EXPECT_TRUE(Decoded(kind_and_double(0.5)));
  EXPECT_FALSE(Decoded(kind_and_double(3.0)));
  EXPECT_FALSE(Decoded(kind_and_double(-0.0)));
  EXPECT_FALSE(Decoded(kind_and_double(std::numeric_limits<double>::infinity())));
  EXPECT_FALSE(Decoded(kind_and_double(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_FALSE(Decoded(std::string("\x01\x05", 2))) << "an unsigned that fits the signed kind";
  EXPECT_FALSE(Decoded(std::string("\x00\x82\x00", 3))) << "a varint with a needless byte";
  EXPECT_FALSE(Decoded(std::string("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x03", 11))) << "bits beyond 64";
  EXPECT_TRUE(Decoded(std::string("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11)));
  EXPECT_FALSE(Decoded(std::string("\x03\x00", 2))) << "an unknown kind";
}

}  // namespace
}  // namespace odometer
