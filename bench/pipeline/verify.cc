// Compares every aggregate that a system has committed with the oracle. Exits with 0 when all are equal, 1 when not, 2 when
// it could not tell.
#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <unordered_map>

#include "bench/pipeline/changelog.h"
#include "bench/pipeline/formats.h"

namespace bench {
namespace {

constexpr uint64_t kMaxShown = 10;

struct Hash {
  size_t operator()(const WindowOf& window) const {
    return std::hash<std::string>()(window.name) * 31 + std::hash<int64_t>()(window.start_ms);
  }
};
using Aggregates = std::unordered_map<WindowOf, Aggregate, Hash>;

Aggregates ReadOracle(const std::string& path) {
  std::ifstream in(path);
  if (!in) Fail("cannot read " + path);
  Aggregates expected;
  for (std::string line; std::getline(in, line);) {
    size_t comma = line.find(',');
    if (comma == std::string::npos) Fail(path + ": " + line);
    WindowOf window{line.substr(0, comma), 0};
    Aggregate a;
    if (std::sscanf(line.c_str() + comma,
                    ",%" SCNd64 ",%" SCNd64 ",%" SCNd64 ",%" SCNd64 ",%" SCNd64 ",%" SCNd64 ",%" SCNd64,
                    &window.start_ms, &a.count, &a.sum, &a.min, &a.max, &a.last_ts_ms, &a.last) != 7) {
      Fail(path + ": " + line);
    }
    if (!expected.emplace(std::move(window), a).second) Fail(path + ": twice: " + line);
  }
  if (expected.empty()) Fail(path + " is empty");
  return expected;
}

std::string Text(const Aggregate& a) {
  return "count " + std::to_string(a.count) + " sum " + std::to_string(a.sum) + " min " + std::to_string(a.min) +
         " max " + std::to_string(a.max) + " last " + std::to_string(a.last) + " at " + std::to_string(a.last_ts_ms);
}

// Counts differences and shows the first ones.
class Differences {
 public:
  void Add(const WindowOf& window, const std::string& what) {
    if (++count_ > kMaxShown) return;
    std::printf("  %s at %" PRId64 ": %s\n", window.name.c_str(), window.start_ms, what.c_str());
  }
  uint64_t count() const { return count_; }

 private:
  uint64_t count_ = 0;
};

struct Options {
  std::string bootstrap;
  std::string system;
  std::string application;
  std::string topic;
  std::string oracle_path;
};

int Verify(const Options& options) {
  Aggregates expected = ReadOracle(options.oracle_path);
  size_t total = expected.size();
  Differences differences;
  // What was seen is taken out of `expected`, so a second aggregate of one window shows as unexpected.
  auto compare = [&](const WindowOf& window, const Aggregate& actual) {
    auto found = expected.find(window);
    if (found == expected.end()) {
      differences.Add(window, "unexpected: " + Text(actual));
      return;
    }
    if (found->second != actual) differences.Add(window, Text(actual) + ", expected " + Text(found->second));
    expected.erase(found);
  };
  if (options.system == "odometer") {
    ReadOdometer(options.bootstrap, options.application, options.topic, compare);
  } else {
    ReadKafkaStreams(options.bootstrap, options.application, compare);
  }
  for (const auto& [window, aggregate] : expected) differences.Add(window, "missing: " + Text(aggregate));
  std::printf("%zu aggregates expected, %" PRIu64 " differences\n", total, differences.count());
  return differences.count() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  CLI::App app("Compares every committed aggregate with the oracle");
  bench::Options options;
  app.add_option("--bootstrap", options.bootstrap, "broker address")->required();
  app.add_option("--system", options.system, "who wrote the changelogs")
      ->required()
      ->check(CLI::IsMember({"odometer", "kafka-streams"}));
  app.add_option("--application", options.application, "the prefix of the changelogs")->required();
  app.add_option("--topic", options.topic, "the input topic")->required();
  app.add_option("--oracle", options.oracle_path, "the generator's file")->required();
  CLI11_PARSE(app, argc, argv);
  return bench::Verify(options);
}
