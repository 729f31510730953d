// How far the distinct count of a set is from the truth: the relative error in % over many random sets, at sizes up to
// ten million, as a table in Markdown. Usage: odometer_bench_distinct [sets [members]].
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "common/model/distinct_sketch.h"

namespace odometer {
namespace {

// 1, 2, 5, 10, 20, 50, … of a set that grows.
std::vector<uint64_t> Sizes(uint64_t most) {
  std::vector<uint64_t> sizes;
  for (uint64_t decade = 1; decade <= most; decade *= 10) {
    for (uint64_t step : {1, 2, 5}) {
      if (step * decade <= most) sizes.push_back(step * decade);
    }
  }
  return sizes;
}

// Random hashes, which is what a good hash makes of members.
void Measure(uint64_t sets, uint64_t most) {
  std::map<uint64_t, std::vector<double>> errors;
  for (uint64_t seed = 1; seed <= sets; ++seed) {
    std::mt19937_64 random(seed);
    DistinctSketch sketch;
    uint64_t members = 0;
    for (uint64_t size : Sizes(most)) {
      for (; members < size; ++members) sketch.Add(random());
      errors[size].push_back(100 * (static_cast<double>(sketch.Estimate()) / static_cast<double>(size) - 1));
    }
  }
  std::printf("| members | mean | standard | 50 of 100 within | 99 of 100 within | largest |\n");
  std::printf("|---|---|---|---|---|---|\n");
  for (auto& [size, of_size] : errors) {
    double sum = 0, squares = 0;
    for (double& error : of_size) {
      sum += error;
      squares += error * error;
      error = std::abs(error);
    }
    std::sort(of_size.begin(), of_size.end());
    const auto count = static_cast<double>(of_size.size());
    auto quantile = [&](double q) { return of_size[static_cast<size_t>(q * (count - 1))]; };
    std::printf("| %llu | %.2f | %.2f | %.2f | %.2f | %.2f |\n", static_cast<unsigned long long>(size), sum / count,
                std::sqrt(squares / count), quantile(0.5), quantile(0.99), of_size.back());
  }
}

}  // namespace
}  // namespace odometer

int main(int argc, char** argv) {
  const uint64_t sets = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 400;
  const uint64_t members = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
  if (sets == 0 || members == 0) {
    std::fprintf(stderr, "usage: odometer_bench_distinct [sets [members]]\n");
    return 2;
  }
  odometer::Measure(sets, members);
  return 0;
}
