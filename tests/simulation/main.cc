// odometer_simulation: see --help.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "tests/simulation/simulation.h"

namespace odometer {
namespace {

// So many seeds that every kind of event is among them.
constexpr uint64_t kEnoughForAllKinds = 1000;

class Totals {
 public:
  void Add(uint64_t seed, const SimulationReport& report) {
    MutexLock lock(mutex_);
    ++seeds_;
    records_ += report.records;
    commits_ += report.commits;
    for (const auto& [kind, count] : report.events) events_[kind] += count;
    if (report.failure.empty()) return;
    ++failed_;
    fmt::print("seed {}: {}\n  to see it again: odometer_simulation --seed {}\n", seed, report.failure, seed);
  }

  uint64_t failed() const {
    MutexLock lock(mutex_);
    return failed_;
  }
  // The kinds of events of which there was none: a simulation without them shows nothing about them.
  std::string Missing() const {
    MutexLock lock(mutex_);
    std::string missing;
    for (const auto& [kind, count] : events_) {
      if (count == 0) missing += (missing.empty() ? "" : "; ") + kind;
    }
    return missing;
  }
  void Print() const {
    MutexLock lock(mutex_);
    for (const auto& [kind, count] : events_) fmt::print("{:>10}  {}\n", count, kind);
    fmt::print("{} seeds, {} records, {} batches written, {} failed\n", seeds_, records_, commits_, failed_);
  }

 private:
  mutable Mutex mutex_;
  uint64_t seeds_ ODOMETER_GUARDED_BY(mutex_) = 0;
  uint64_t records_ ODOMETER_GUARDED_BY(mutex_) = 0;
  uint64_t commits_ ODOMETER_GUARDED_BY(mutex_) = 0;
  uint64_t failed_ ODOMETER_GUARDED_BY(mutex_) = 0;
  std::map<std::string, uint64_t> events_ ODOMETER_GUARDED_BY(mutex_);
};

// One seed per line, up to a blank; # begins a comment.
std::vector<uint64_t> ReadSeeds(const std::string& path) {
  std::vector<uint64_t> seeds;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
  }
  return seeds;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "Lives of a simulated cluster, each decided by its seed: crashes at any step, lost answers, zombies,\n"
      "rebalances. Ends with 0 when everything was counted exactly in each of them.\n\n"
      "Examples:\n"
      "  odometer_simulation                       the first 2,000 seeds\n"
      "  odometer_simulation --seeds 100000        more\n"
      "  odometer_simulation --seed 4711           one, with all that happens in it"};
  uint64_t count = 2000, first = 0;
  std::string seeds_file;
  bool expect_failure = false;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  auto* count_option = app.add_option("--seeds", count, "How many")->capture_default_str();
  auto* first_option = app.add_option("--seed", first, "The first one; alone: only this one");
  app.add_option("--seeds-from", seeds_file, "A file of more seeds, which come first")->check(CLI::ExistingFile);
  app.add_flag("--expect-failure", expect_failure, "Ends with 0 as soon as a seed fails, with 1 when none does");
  app.add_option("--threads", threads, "At once")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const bool one = first_option->count() > 0 && count_option->count() == 0;
  std::vector<uint64_t> seeds = ReadSeeds(seeds_file);
  for (uint64_t i = 0; i < (one ? 1 : count); ++i) seeds.push_back(first + i);
  if (Status set = SetLogLevel(one ? "info" : "off"); !set.ok()) return 2;

  Totals totals;
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t i = next++; i < seeds.size(); i = next++) {
      if (expect_failure && totals.failed() > 0) return;
      totals.Add(seeds[i], Simulate(seeds[i], one));
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < (one ? 1 : threads); ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  totals.Print();
  if (expect_failure) return totals.failed() > 0 ? 0 : 1;
  const std::string missing = totals.Missing();
  if (seeds.size() >= kEnoughForAllKinds && !missing.empty()) {
    fmt::print("never happened: {}\n", missing);
    return 1;
  }
  return totals.failed() > 0 ? 1 : 0;
}

}  // namespace
}  // namespace odometer

int main(int argc, char** argv) { return odometer::Main(argc, argv); }
