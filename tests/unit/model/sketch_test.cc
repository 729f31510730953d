#include "common/model/sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace odometer {
namespace {

constexpr double kQuantiles[] = {0.5, 0.75, 0.9, 0.95, 0.99, 0.999};
constexpr double kPromisedError = 0.01;

std::string Encoded(const Sketch& sketch) {
  std::string bytes;
  ByteWriter writer(&bytes);
  sketch.Encode(&writer);
  return bytes;
}

std::optional<Sketch> Decoded(std::string_view bytes) {
  ByteReader reader(bytes);
  std::optional<Sketch> sketch = Sketch::Decode(&reader);
  return reader.Done() ? sketch : std::nullopt;
}

void ExpectQuantilesWithinPromise(std::vector<double> values) {
  Sketch sketch;
  for (double v : values) sketch.Add(v);
  ASSERT_EQ(sketch.count(), values.size());
  EXPECT_LE(Encoded(sketch).size(), Sketch::kMaxEncodedBytes);
  std::sort(values.begin(), values.end());
  for (double q : kQuantiles) {
    double exact = values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
    EXPECT_LE(std::abs(*sketch.Quantile(q) - exact), kPromisedError * std::abs(exact)) << "at " << q;
  }
}

std::vector<double> Values(size_t count, const std::function<double(std::mt19937_64*)>& draw) {
  std::mt19937_64 random(7);
  std::vector<double> values(count);
  for (double& v : values) v = draw(&random);
  return values;
}

TEST(SketchTest, EveryBucketIsNarrowEnough) {
  // The ends of every bucket, found by walking from one magnitude to the next that is 0.05 % greater.
  for (double v = 1e-307; v < 1e308; v *= 1.0005) {
    Sketch sketch;
    sketch.Add(v);
    ASSERT_LE(std::abs(*sketch.Quantile(0.5) - v), Sketch::kRelativeError * v) << v;
  }
}

TEST(SketchTest, EveryBucketOfOneOctaveHonoursTheErrorAtItsEnds) {
  // From 1 to 2 in steps small against a bucket: wherever the answer changes, a bucket ends.
  double before = 1;
  double before_answer = 0;
  int buckets = 0;
  for (int i = 0; i < 200'000; ++i) {
    double v = 1 + i / 200'000.0;
    Sketch sketch;
    sketch.Add(v);
    double answer = *sketch.Quantile(0);
    if (answer != before_answer) {
      ++buckets;
      if (i > 0) {
        ASSERT_LE(before - before_answer, Sketch::kRelativeError * before);
      }
      ASSERT_LE(answer - v, Sketch::kRelativeError * v);
    }
    before = v;
    before_answer = answer;
  }
  EXPECT_EQ(buckets, 36);
}

TEST(SketchTest, ExtremeMagnitudes) {
  for (double v : {std::numeric_limits<double>::max(), std::numeric_limits<double>::min(), 1.0, 0x1p1023, 0x1p-1022}) {
    for (double sign : {1.0, -1.0}) {
      Sketch sketch;
      sketch.Add(sign * v);
      EXPECT_NEAR(*sketch.Quantile(1) / (sign * v), 1, Sketch::kRelativeError);
      EXPECT_TRUE(Decoded(Encoded(sketch)));
    }
  }
  Sketch subnormal;
  subnormal.Add(5e-324);
  EXPECT_EQ(subnormal.Quantile(0.5), 0.0);
}

TEST(SketchTest, UniformWithinPromise) {
  std::uniform_real_distribution<double> uniform(-1e9, 1e9);
  ExpectQuantilesWithinPromise(Values(1'000'000, [&](auto* random) { return uniform(*random); }));
}

TEST(SketchTest, LogNormalWithinPromise) {
  std::lognormal_distribution<double> log_normal(3.5, 5);  // about 1e-6 to 1e9 and beyond
  ExpectQuantilesWithinPromise(
      Values(1'000'000, [&](auto* random) { return std::clamp(log_normal(*random), 1e-6, 1e9); }));
}

TEST(SketchTest, BimodalWithNegativesAndZerosWithinPromise) {
  std::normal_distribution<double> low(-250, 40);
  std::normal_distribution<double> high(90'000, 12'000);
  ExpectQuantilesWithinPromise(Values(1'200'000, [&](auto* random) {
    switch ((*random)() % 8) {
      case 0: return 0.0;
      case 1: case 2: case 3: return low(*random);
      default: return high(*random);
    }
  }));
}

TEST(SketchTest, EveryMagnitudeFromMillionthsToBillionsWithinPromise) {
  std::uniform_real_distribution<double> exponent(-6, 9);
  ExpectQuantilesWithinPromise(Values(2'000'000, [&](auto* random) { return std::pow(10, exponent(*random)); }));
}

TEST(SketchTest, RanksAreThoseOfTheSortedValues) {
  Sketch sketch;
  EXPECT_EQ(sketch.Quantile(0.5), std::nullopt);
  for (double v : {-100.0, -1.0, 0.0, 1.0, 100.0}) sketch.Add(v);
  EXPECT_NEAR(*sketch.Quantile(0), -100, 1);
  EXPECT_NEAR(*sketch.Quantile(0.25), -1, 0.01);
  EXPECT_EQ(*sketch.Quantile(0.5), 0);
  EXPECT_NEAR(*sketch.Quantile(0.74), 0, 0.01);
  EXPECT_NEAR(*sketch.Quantile(0.75), 1, 0.01);
  EXPECT_NEAR(*sketch.Quantile(1), 100, 1);
}

// Values of every sign and magnitude with counts up to the largest: more than fits, so that much is folded.
struct Weighted {
  double value;
  uint64_t count;
};
std::vector<Weighted> WideData(size_t size, std::mt19937_64* random) {
  std::uniform_real_distribution<double> exponent(-300, 300);
  std::vector<Weighted> data;
  for (size_t i = 0; i < size; ++i) {
    double magnitude = std::pow(10, exponent(*random));
    double value = (*random)() % 50 == 0 ? 0 : (*random)() % 2 == 0 ? magnitude : -magnitude;
    data.push_back({value, ((*random)() >> ((*random)() % 64)) | 1});
  }
  return data;
}

TEST(SketchTest, WhatIsKeptDependsOnlyOnTheValues) {
  std::mt19937_64 random(11);
  for (size_t size : {300u, 1000u, 3000u, 9000u}) {
    for (int round = 0; round < 6; ++round) {
      std::vector<Weighted> data = WideData(size, &random);
      Sketch one_by_one;
      for (const Weighted& w : data) {
        one_by_one.Add(w.value, w.count);
      }
      std::string expected = Encoded(one_by_one);
      ASSERT_LE(expected.size(), Sketch::kMaxEncodedBytes);

      std::shuffle(data.begin(), data.end(), random);
      std::vector<Sketch> parts(1 + random() % 9);
      for (const Weighted& w : data) parts[random() % parts.size()].Add(w.value, w.count);
      while (parts.size() > 1) {
        size_t to = random() % (parts.size() - 1);
        // Through its bytes, as a stored partial aggregate would come.
        parts[to].Merge(*Decoded(Encoded(parts.back())));
        parts.pop_back();
      }
      ASSERT_EQ(Encoded(parts[0]), expected) << size << " values, round " << round;
      ASSERT_EQ(parts[0], one_by_one);
    }
  }
}

TEST(SketchTest, ASmallPartMergedLateIsFoldedWhereALargeOneWas) {
  std::mt19937_64 random(12);
  std::vector<Weighted> large = WideData(9000, &random);
  std::vector<Weighted> small = {{1e-290, 3}, {-1e-280, 4}, {1e299, 5}, {-1e200, 1}};
  Sketch a;
  for (const Weighted& w : large) a.Add(w.value, w.count);
  Sketch b;
  for (const Weighted& w : small) b.Add(w.value, w.count);
  Sketch all = b;
  for (const Weighted& w : large) all.Add(w.value, w.count);
  Sketch ab = a;
  ab.Merge(b);
  Sketch ba = b;
  ba.Merge(a);
  EXPECT_EQ(ab, all);
  EXPECT_EQ(ba, all);
}

TEST(SketchTest, FoldingKeepsTheLargeMagnitudesWithinPromise) {
  std::mt19937_64 random(13);
  std::uniform_real_distribution<double> exponent(-300, 300);
  Sketch sketch;
  std::vector<double> values;
  for (int i = 0; i < 200'000; ++i) {
    values.push_back(std::pow(10, exponent(random)) * (i % 2 == 0 ? 1 : -1));
    sketch.Add(values.back());
  }
  std::sort(values.begin(), values.end());
  EXPECT_LE(Encoded(sketch).size(), Sketch::kMaxEncodedBytes);
  EXPECT_EQ(sketch.count(), values.size());
  for (double q : {0.0, 0.01, 0.99, 1.0}) {
    double exact = values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
    EXPECT_LE(std::abs(*sketch.Quantile(q) - exact), kPromisedError * std::abs(exact)) << q;
  }
}

TEST(SketchTest, MergesWithItself) {
  std::mt19937_64 random(14);
  Sketch sketch;
  for (const Weighted& w : WideData(5000, &random)) sketch.Add(w.value, w.count >> 1);
  Sketch twice = sketch;
  twice.Merge(Sketch(sketch));
  sketch.Merge(sketch);
  EXPECT_EQ(sketch, twice);
}

TEST(SketchTest, CountsStopAtTheirLargest) {
  Sketch sketch;
  sketch.Add(1, std::numeric_limits<uint64_t>::max());
  sketch.Add(1, 5);
  sketch.Add(-2, 5);
  EXPECT_EQ(sketch.count(), std::numeric_limits<uint64_t>::max());
  EXPECT_NEAR(*sketch.Quantile(1), 1, 0.01);
  EXPECT_EQ(*Decoded(Encoded(sketch)), sketch);
}

TEST(SketchTest, DecodesWhatItEncodes) {
  std::mt19937_64 random(15);
  for (size_t size : {0u, 1u, 2u, 100u, 5000u}) {
    Sketch sketch;
    for (const Weighted& w : WideData(size, &random)) sketch.Add(w.value, w.count);
    std::string bytes = Encoded(sketch);
    ASSERT_TRUE(Decoded(bytes));
    EXPECT_EQ(*Decoded(bytes), sketch);
    for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(Decoded(bytes.substr(0, cut)));
  }
}

TEST(SketchTest, RefusesASecondSpelling) {
  auto bytes = [](std::initializer_list<int> values) { return std::string(values.begin(), values.end()); };
  EXPECT_TRUE(Decoded(bytes({0, 0, 1, 0, 2}))) << "one value in the lowest bucket";
  EXPECT_FALSE(Decoded(bytes({0, 0, 1, 0, 0}))) << "a count of zero";
  EXPECT_FALSE(Decoded(bytes({0, 0, 1, 0, 1, 0}))) << "a gap of zero";
  EXPECT_FALSE(Decoded(bytes({5, 0, 1, 0, 1, 9}))) << "folded, yet nothing in the zero bucket";
  EXPECT_TRUE(Decoded(bytes({5, 1, 1, 0, 1, 9})));
  EXPECT_FALSE(Decoded(bytes({5, 1, 1, 0, 1, 4}))) << "a bucket below the fold";
  EXPECT_FALSE(Decoded(bytes({0, 0, 0x81, 0, 0, 2}))) << "a size with a needless byte";
  EXPECT_FALSE(Decoded(bytes({0, 0, 1, 0, 1, 0xff, 0xff, 0x7f}))) << "beyond the largest double";
}

}  // namespace
}  // namespace odometer
