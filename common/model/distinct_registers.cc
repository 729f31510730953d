#include "common/model/distinct_registers.h"

#include <array>
#include <cmath>
#include <limits>

namespace odometer {
namespace {

// By rank. The last one takes all that is left.
std::array<double, kMaxRank + 1> RankProbabilities() {
  std::array<double, kMaxRank + 1> probabilities{};
  for (int rank = 1; rank < kMaxRank; ++rank) probabilities[static_cast<size_t>(rank)] = std::ldexp(1, -rank);
  probabilities[kMaxRank] = std::ldexp(1, -(kMaxRank - 1));
  return probabilities;
}

// With x hashes a register, a rank of the probability q does not occur with the probability exp(-q x). So the logarithm
// of the likelihood is
//   sum over seen ranks of count * ln(1 - exp(-q x))  -  x * sum over unseen ranks of count * q
struct Likelihood {
  std::array<double, kMaxRank + 1> seen{};  // in how many registers, by rank
  double unseen = 0;                        // the sum over unseen ranks
};

void AddRank(size_t rank, bool seen, double registers, const std::array<double, kMaxRank + 1>& probabilities,
             Likelihood* likelihood) {
  if (rank == 0) return;
  if (seen) {
    likelihood->seen[rank] += registers;
  } else {
    likelihood->unseen += registers * probabilities[rank];
  }
}

Likelihood LikelihoodOf(std::span<const uint8_t> registers, const std::array<double, kMaxRank + 1>& probabilities) {
  std::array<uint32_t, kRegisterValues> counts{};
  for (uint8_t value : registers) ++counts[std::min<size_t>(value, kRegisterValues - 1)];
  Likelihood likelihood;
  for (size_t value = 0; value < counts.size(); ++value) {
    if (counts[value] == 0) continue;
    const size_t rank = value >> 2;
    const double count = counts[value];
    // All ranks above the highest one together are as probable as that one.
    if (rank < kMaxRank) likelihood.unseen += count * std::ldexp(1, -static_cast<int>(rank));
    AddRank(rank, true, count, probabilities, &likelihood);
    if (rank >= 2) AddRank(rank - 1, (value & 2) != 0, count, probabilities, &likelihood);
    if (rank >= 3) AddRank(rank - 2, (value & 1) != 0, count, probabilities, &likelihood);
  }
  return likelihood;
}

// y / (e^y - 1) and its derivative, for y >= 0.
struct Bose {
  double value;
  double slope;
};
Bose BoseOf(double y) {
  if (y < 1e-4) return {1 - y / 2 + y * y / 12, -0.5 + y / 6};
  const double e = std::expm1(y);
  if (std::isinf(e)) return {0, 0};
  return {y / e, (1 - y - y / e) / e};
}

}  // namespace

double EstimateDistinct(std::span<const uint8_t> registers) {
  const std::array<double, kMaxRank + 1> probabilities = RankProbabilities();
  const Likelihood likelihood = LikelihoodOf(registers, probabilities);
  if (likelihood.unseen == 0) return std::numeric_limits<double>::infinity();
  // x times the derivative is a sum of y / (e^y - 1), y = q x, less unseen * x. It falls, and is convex: so Newton's
  // method from 0, where it is not negative, comes nearer from below, without ever leaping over the root.
  constexpr int kMaxSteps = 100;
  double x = 0;
  for (int step = 0; step < kMaxSteps; ++step) {
    double value = -likelihood.unseen * x;
    double slope = -likelihood.unseen;
    for (size_t rank = 1; rank < likelihood.seen.size(); ++rank) {
      if (likelihood.seen[rank] == 0) continue;
      const Bose bose = BoseOf(probabilities[rank] * x);
      value += likelihood.seen[rank] * bose.value;
      slope += likelihood.seen[rank] * bose.slope * probabilities[rank];
    }
    const double nearer = x - value / slope;
    if (!(nearer > x * (1 + 1e-12))) break;
    x = nearer;
  }
  return x * static_cast<double>(registers.size());
}

}  // namespace odometer
