#include "common/model/distinct_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace odometer {
namespace {

std::string Encoded(const DistinctSketch& sketch) {
  std::string bytes;
  ByteWriter writer(&bytes);
  sketch.Encode(&writer);
  return bytes;
}

std::optional<DistinctSketch> Decoded(std::string_view bytes) {
  ByteReader reader(bytes);
  std::optional<DistinctSketch> sketch = DistinctSketch::Decode(&reader);
  return reader.Done() ? sketch : std::nullopt;
}

DistinctSketch SketchOf(const std::vector<uint64_t>& hashes) {
  DistinctSketch sketch;
  for (uint64_t hash : hashes) sketch.Add(hash);
  return sketch;
}

std::vector<uint64_t> RandomHashes(size_t count, std::mt19937_64* random) {
  std::vector<uint64_t> hashes(count);
  for (uint64_t& hash : hashes) hash = (*random)();
  return hashes;
}

// Hashes in random order, some of them twice, added to random parts, which are merged pair by pair in random order.
DistinctSketch InRandomGroups(std::vector<uint64_t> hashes, std::mt19937_64* random) {
  for (size_t twice = hashes.size() / 3; twice > 0; --twice) hashes.push_back(hashes[(*random)() % hashes.size()]);
  std::shuffle(hashes.begin(), hashes.end(), *random);
  std::vector<DistinctSketch> parts(1 + (*random)() % 8);
  // Uneven, so that small parts meet large ones.
  for (uint64_t hash : hashes) parts[std::min((*random)() % parts.size(), (*random)() % parts.size())].Add(hash);
  while (parts.size() > 1) {
    const size_t to = (*random)() % (parts.size() - 1);
    parts[to].Merge(parts.back());
    parts.pop_back();
  }
  return parts[0];
}

// Of one set that grows: the estimate's relative error each time the set has grown by a tenth.
void ForEachError(size_t most, const std::function<uint64_t(size_t)>& hash_of,
                  const std::function<void(size_t, double)>& visit) {
  DistinctSketch sketch;
  size_t next = 1;
  for (size_t size = 1; size <= most; ++size) {
    sketch.Add(hash_of(size));
    if (size < next && size != most) continue;
    visit(size, static_cast<double>(sketch.Estimate()) / static_cast<double>(size) - 1);
    next = std::max(size + 1, size * 11 / 10);
  }
}

TEST(DistinctSketchTest, TheHashIsThePublishedOne) {
  // XXH3_64bits with the seed 0, from xxHash's own test vectors.
  EXPECT_EQ(DistinctSketch::HashOf(""), 0x2d06800538d394c2u);
  EXPECT_EQ(DistinctSketch::HashOf("a"), 0xe6c632b61e964e1fu);
  EXPECT_EQ(DistinctSketch::HashOf("abc"), 0x78af5f94892f3950u);
}

TEST(DistinctSketchTest, SmallSetsAreCounted) {
  std::mt19937_64 random(51);
  for (int round = 0; round < 200; ++round) {
    DistinctSketch sketch;
    for (uint64_t size = 1; size <= 500; ++size) {
      sketch.Add(random());
      ASSERT_EQ(sketch.Estimate(), size) << "round " << round;
    }
  }
  EXPECT_EQ(DistinctSketch().Estimate(), 0u);
}

TEST(DistinctSketchTest, WhatComesAgainChangesNothing) {
  std::mt19937_64 random(52);
  for (size_t size : {1, 100, 4'096, 4'097, 40'000}) {
    const std::vector<uint64_t> hashes = RandomHashes(size, &random);
    DistinctSketch sketch = SketchOf(hashes);
    const std::string before = Encoded(sketch);
    for (uint64_t hash : hashes) sketch.Add(hash);
    sketch.Merge(DistinctSketch(sketch));
    sketch.Merge(sketch);
    sketch.Merge(DistinctSketch());
    EXPECT_EQ(Encoded(sketch), before);
    DistinctSketch empty;
    empty.Merge(sketch);
    EXPECT_EQ(Encoded(empty), before);
  }
}

TEST(DistinctSketchTest, MergeGivesTheSameBytesInAnyOrderAndGrouping) {
  std::mt19937_64 random(53);
  for (int round = 0; round < 150; ++round) {
    // Around the size at which registers take the tokens' place, too.
    const size_t size = round % 3 == 0 ? 4'000 + random() % 200 : size_t{1} << (random() % 16);
    const std::vector<uint64_t> hashes = RandomHashes(size, &random);
    const DistinctSketch expected = SketchOf(hashes);
    const DistinctSketch merged = InRandomGroups(hashes, &random);
    ASSERT_EQ(Encoded(merged), Encoded(expected)) << size << " members, round " << round;
    ASSERT_EQ(merged.Estimate(), expected.Estimate());
  }
}

TEST(DistinctSketchTest, HashesThatAgreeInManyBitsMergeTheSame) {
  // Few registers, every rank: what random hashes never reach.
  std::mt19937_64 random(54);
  for (int round = 0; round < 100; ++round) {
    std::vector<uint64_t> hashes;
    for (int i = 0; i < 6'000; ++i) {
      const uint64_t register_number = random() % 40;
      hashes.push_back(register_number << 50 | (random() >> 14) >> (random() % 51));
    }
    ASSERT_EQ(Encoded(InRandomGroups(hashes, &random)), Encoded(SketchOf(hashes))) << "round " << round;
  }
}

TEST(DistinctSketchTest, TheErrorIsThatOfTheTheory) {
  // 300 sets of 300,000 members: the root of the mean square of the error at each size, and how far its mean is from 0.
  constexpr int kSets = 300;
  std::mt19937_64 random(55);
  struct Errors {
    double sum = 0, squares = 0;
    int over_two_percent = 0;
  };
  std::map<size_t, Errors> by_size;
  for (int set = 0; set < kSets; ++set) {
    ForEachError(300'000, [&](size_t) { return random(); }, [&](size_t size, double error) {
      Errors& errors = by_size[size];
      errors.sum += error;
      errors.squares += error * error;
      errors.over_two_percent += std::abs(error) > 0.02;
    });
  }
  for (const auto& [size, errors] : by_size) {
    const double root_mean_square = std::sqrt(errors.squares / kSets);
    // Three standard deviations of what is measured with so many sets.
    EXPECT_LE(root_mean_square, DistinctSketch::kStandardError * (1 + 3 / std::sqrt(2.0 * kSets))) << size;
    EXPECT_LE(std::abs(errors.sum / kSets), 3.5 * DistinctSketch::kStandardError / std::sqrt(kSets)) << size;
    EXPECT_LE(errors.over_two_percent, kSets / 100) << size;
    if (size <= DistinctSketch::kMaxTokens) {
      EXPECT_LE(root_mean_square, 3e-4) << size << ": they are counted";
    }
  }
}

TEST(DistinctSketchTest, TenMillionMembersWithinTwoPercent) {
  for (uint64_t seed : {56, 57, 58}) {
    std::mt19937_64 random(seed);
    ForEachError(10'000'000, [&](size_t) { return random(); },
                 [&](size_t size, double error) { EXPECT_LE(std::abs(error), 0.02) << size << ", seed " << seed; });
  }
}

TEST(DistinctSketchTest, TheTextsOfAnyKindWithinTwoPercent) {
  // Texts that differ in little: a hash that were not good would show here.
  const std::pair<const char*, std::function<std::string(size_t)>> kinds[] = {
      {"numbers", [](size_t i) { return std::to_string(i); }},
      {"numbers of one length", [](size_t i) { return std::to_string(1'000'000'000'000 + i); }},
      {"multiples of 4096", [](size_t i) { return std::to_string(i * 4096); }},
      {"user names", [](size_t i) { return "user-" + std::to_string(i) + "@example.com"; }},
      {"addresses",
       [](size_t i) {
         return "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
       }},
      {"bytes", [](size_t i) { return std::string(reinterpret_cast<const char*>(&i), sizeof(i)); }},
      {"long texts", [](size_t i) { return std::string(300, 'x') + std::to_string(i) + std::string(100, 'y'); }},
  };
  for (const auto& [kind, text_of] : kinds) {
    ForEachError(300'000, [&](size_t i) { return DistinctSketch::HashOf(text_of(i)); },
                 [&](size_t size, double error) { EXPECT_LE(std::abs(error), 0.02) << size << " " << kind; });
  }
}

TEST(DistinctSketchTest, FrequenciesDoNotMatter) {
  // Zipf's distribution: a few members make most of the stream.
  std::mt19937_64 random(59);
  std::vector<bool> seen(2'000'000);
  size_t distinct = 0;
  DistinctSketch sketch;
  for (int i = 0; i < 2'000'000; ++i) {
    const double u = std::uniform_real_distribution<double>(0, 1)(random);
    const size_t member = static_cast<size_t>(std::pow(static_cast<double>(seen.size()), u)) - 1;
    if (!seen[member]) ++distinct;
    seen[member] = true;
    sketch.Add(DistinctSketch::HashOf(std::to_string(member)));
  }
  ASSERT_GT(distinct, 100'000u);
  EXPECT_NEAR(static_cast<double>(sketch.Estimate()) / static_cast<double>(distinct), 1, 0.02);
}

TEST(DistinctSketchTest, ItsSizeIsBounded) {
  std::mt19937_64 random(60);
  DistinctSketch sketch;
  EXPECT_LE(Encoded(SketchOf({random()})).size(), 7u);
  size_t most = 0;
  for (size_t size = 1; size <= 5'000; ++size) {
    sketch.Add(random());
    if (size == 100) {
      EXPECT_LE(Encoded(sketch).size(), 300u);
      EXPECT_LE(sketch.MemoryBytes(), 1'000u);
    }
    most = std::max(most, size % 64 == 0 ? Encoded(sketch).size() : 0);
    ASSERT_LE(sketch.MemoryBytes(), DistinctSketch::kRegisters + 100);
  }
  EXPECT_EQ(most, DistinctSketch::kMaxEncodedBytes);

  // Tokens chosen to be written as long as any can be.
  DistinctSketch worst;
  for (uint64_t i = 0; i < DistinctSketch::kMaxTokens; ++i) worst.Add(i << 52 | (i % 7));
  EXPECT_LT(Encoded(worst).size(), DistinctSketch::kMaxEncodedBytes);
}

std::vector<DistinctSketch> Samples() {
  std::mt19937_64 random(61);
  std::vector<DistinctSketch> samples;
  for (size_t size : {1, 2, 3, 7, 64, 100, 1'000, 4'095, 4'096, 4'097, 30'000}) {
    samples.push_back(SketchOf(RandomHashes(size, &random)));
  }
  samples.push_back(SketchOf({0}));
  samples.push_back(SketchOf({UINT64_MAX}));
  samples.push_back(SketchOf({0, 1, 2, 3, uint64_t{1} << 37, uint64_t{1} << 38, uint64_t{1} << 50, UINT64_MAX}));
  return samples;
}

TEST(DistinctSketchTest, DecodesWhatItEncodes) {
  for (const DistinctSketch& sketch : Samples()) {
    std::optional<DistinctSketch> decoded = Decoded(Encoded(sketch));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, sketch);
    EXPECT_EQ(decoded->Estimate(), sketch.Estimate());
  }
}

TEST(DistinctSketchTest, RefusesEveryTruncationAndExtension) {
  for (const DistinctSketch& sketch : Samples()) {
    const std::string bytes = Encoded(sketch);
    const size_t step = 1 + bytes.size() / 500;
    for (size_t size = 0; size < bytes.size(); size += step) {
      // A copy of exactly that size, so that the address sanitizer sees any read beyond it.
      std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_FALSE(Decoded({cut.data(), cut.size()})) << "cut to " << size << " bytes";
    }
    ASSERT_FALSE(Decoded(bytes + '\0'));
  }
}

TEST(DistinctSketchTest, WhateverDecodesIsTheOneSpelling) {
  std::mt19937_64 random(62);
  auto expect_refused_or_canonical = [](const std::string& bytes) {
    std::optional<DistinctSketch> decoded = Decoded(bytes);
    if (!decoded) return false;
    EXPECT_EQ(Encoded(*decoded), bytes);
    EXPECT_GT(decoded->Estimate(), 0u);
    return true;
  };
  int accepted = 0;
  for (const DistinctSketch& sketch : Samples()) {
    const std::string bytes = Encoded(sketch);
    for (int round = 0; round < 300; ++round) {
      std::string damaged = bytes;
      for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
        const size_t at = round % 2 == 0 ? random() % damaged.size() : random() % std::min<size_t>(4, damaged.size());
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
      }
      accepted += expect_refused_or_canonical(damaged);
    }
  }
  EXPECT_GT(accepted, 0);
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (bytes.size() > 2 && i % 8 != 0) {
      bytes[0] = 0;  // tokens
      bytes[1] &= 0x07;
    }
    expect_refused_or_canonical(bytes);
  }
}

TEST(DistinctSketchTest, RefusesWhatNobodyWrites) {
  EXPECT_FALSE(Decoded(std::string("\x00\x00", 2))) << "no tokens";
  EXPECT_FALSE(Decoded(std::string("\x02\x01\x00\x00\x00\x80", 6))) << "an unknown form";
  std::string registers(1 + DistinctSketch::kRegisters, '\0');
  registers[0] = 1;
  EXPECT_FALSE(Decoded(registers)) << "no register was hit";
  registers[5] = 1 << 2;
  EXPECT_TRUE(Decoded(registers));
  registers[5] = (1 << 2) + 2;
  EXPECT_FALSE(Decoded(registers)) << "there is no rank 0 that could have occurred";
  registers[5] = static_cast<char>(52 << 2);
  EXPECT_FALSE(Decoded(registers)) << "a rank that no hash has";
  std::fill(registers.begin() + 1, registers.end(), static_cast<char>(51 << 2 | 3));
  ASSERT_TRUE(Decoded(registers));
  EXPECT_EQ(Decoded(registers)->Estimate(), UINT64_MAX) << "every register is full";
}

}  // namespace
}  // namespace odometer
