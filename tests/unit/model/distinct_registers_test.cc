#include "common/model/distinct_registers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <vector>

namespace odometer {
namespace {

// What a register is by definition.
uint8_t RegisterOfRanks(const std::set<int>& ranks) {
  if (ranks.empty()) return 0;
  const int highest = *ranks.rbegin();
  return static_cast<uint8_t>(4 * highest + 2 * static_cast<int>(ranks.count(highest - 1)) +
                              static_cast<int>(ranks.count(highest - 2)));
}

std::set<int> RandomRanks(std::mt19937_64* random) {
  std::set<int> ranks;
  for (uint64_t left = (*random)() % 5; left > 0; --left) {
    ranks.insert(1 + static_cast<int>((*random)() % ((*random)() % 2 == 0 ? 6 : kMaxRank)));
  }
  return ranks;
}

TEST(DistinctRegistersTest, MergeIsTheRegisterOfAllRanks) {
  std::mt19937_64 random(71);
  for (int round = 0; round < 200'000; ++round) {
    const std::set<int> a = RandomRanks(&random);
    const std::set<int> b = RandomRanks(&random);
    std::set<int> both = a;
    both.insert(b.begin(), b.end());
    ASSERT_EQ(MergeRegisters(RegisterOfRanks(a), RegisterOfRanks(b)), RegisterOfRanks(both));
    ASSERT_EQ(MergeRegisters(RegisterOfRanks(b), RegisterOfRanks(a)), RegisterOfRanks(both));
    ASSERT_TRUE(IsRegister(RegisterOfRanks(both)));
  }
}

TEST(DistinctRegistersTest, OneRankAfterTheOther) {
  for (int first = 1; first <= kMaxRank; ++first) {
    for (int second = 1; second <= kMaxRank; ++second) {
      EXPECT_EQ(MergeRegisters(RegisterOf(first), RegisterOf(second)), RegisterOfRanks({first, second}));
    }
  }
}

TEST(DistinctRegistersTest, NoOtherValueIsARegister) {
  std::set<uint8_t> possible = {0};
  for (int highest = 1; highest <= kMaxRank; ++highest) {
    for (int bits = 0; bits < 4; ++bits) {
      std::set<int> ranks = {highest};
      if ((bits & 2) != 0 && highest > 1) ranks.insert(highest - 1);
      if ((bits & 1) != 0 && highest > 2) ranks.insert(highest - 2);
      possible.insert(RegisterOfRanks(ranks));
    }
  }
  for (int value = 0; value < 256; ++value) {
    EXPECT_EQ(IsRegister(static_cast<uint8_t>(value)), possible.contains(static_cast<uint8_t>(value))) << value;
  }
}

double ProbabilityOf(int rank) { return std::ldexp(1, -std::min(rank, kMaxRank - 1)); }

// By definition, register by register and rank by rank.
double LogLikelihood(const std::vector<uint8_t>& registers, double distinct) {
  const double each = distinct / static_cast<double>(registers.size());
  double sum = 0;
  for (uint8_t value : registers) {
    const int highest = value >> 2;
    for (int rank = std::max(1, highest - 2); rank <= kMaxRank; ++rank) {
      const bool seen = rank == highest || (rank == highest - 1 && (value & 2) != 0) ||
                        (rank == highest - 2 && (value & 1) != 0);
      const double absent = std::exp(-each * ProbabilityOf(rank));
      sum += std::log(seen ? 1 - absent : absent);
    }
  }
  return sum;
}

TEST(DistinctRegistersTest, TheEstimateIsWhereTheLikelihoodIsHighest) {
  std::mt19937_64 random(72);
  std::geometric_distribution<int> zeros(0.5);
  for (size_t hashes : {1, 3, 50, 200, 1'000, 20'000}) {
    std::vector<uint8_t> registers(64);
    for (size_t i = 0; i < hashes; ++i) {
      uint8_t& value = registers[random() % registers.size()];
      value = MergeRegisters(value, RegisterOf(std::min(1 + zeros(random), kMaxRank)));
    }
    const double estimate = EstimateDistinct(registers);
    const double highest = LogLikelihood(registers, estimate);
    EXPECT_GT(highest, LogLikelihood(registers, estimate * 0.999)) << hashes;
    EXPECT_GT(highest, LogLikelihood(registers, estimate * 1.001)) << hashes;
    EXPECT_NEAR(estimate / static_cast<double>(hashes), 1, 0.35) << hashes;
  }
}

TEST(DistinctRegistersTest, TheEnds) {
  EXPECT_EQ(EstimateDistinct(std::vector<uint8_t>(64, 0)), 0);
  EXPECT_TRUE(std::isinf(EstimateDistinct(std::vector<uint8_t>(64, 4 * kMaxRank + 3))));
  // Anything else is finite, whatever hashes could have made it.
  std::vector<uint8_t> registers(64, 4 * kMaxRank + 3);
  registers[0] = 4 * kMaxRank + 2;
  EXPECT_TRUE(std::isfinite(EstimateDistinct(registers)));
  EXPECT_GT(EstimateDistinct(registers), 0x1p50);
}

}  // namespace
}  // namespace odometer
