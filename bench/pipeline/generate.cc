// Fills a topic with one set of events and writes what the aggregates of it must be.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/pipeline/oracle.h"
#include "bench/pipeline/producer.h"
#include "bench/pipeline/workload.h"

namespace bench {
namespace {

struct Options {
  std::string bootstrap;
  std::string topic;
  std::string set;
  std::string oracle_path;
  uint64_t events = 5'000'000;
  uint64_t seed = 20231114;
};

void Generate(const Options& options) {
  const Distribution& distribution = options.set == "A" ? kSetA : kSetB;
  Workload workload(distribution, options.events, options.seed);
  Oracle oracle(distribution.keys);
  Producer producer(options.bootstrap, options.topic);

  auto begin = std::chrono::steady_clock::now();
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < options.events; ++i) {
    Event event = workload.Next();
    oracle.Add(event);
    std::string name = KeyName(event.key);
    char json[256];
    int size = std::snprintf(json, sizeof json, R"({"name":"%s","type":"counter","value":%lld,"ts":%lld})", name.c_str(),
                             static_cast<long long>(event.value), static_cast<long long>(event.ts_ms));
    producer.Send(name, json, static_cast<size_t>(size));
    bytes += static_cast<uint64_t>(size);
  }
  producer.Flush();
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;

  uint64_t aggregates = 0;
  if (!oracle.Write(options.oracle_path, &aggregates)) Fail("cannot write " + options.oracle_path);
  std::printf("set %s: %llu events of %.1f bytes in %.1f s, %llu aggregates\n", options.set.c_str(),
              static_cast<unsigned long long>(options.events),
              static_cast<double>(bytes) / static_cast<double>(options.events), took.count(),
              static_cast<unsigned long long>(aggregates));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  CLI::App app("Fills a topic with one set of the benchmark's events");
  bench::Options options;
  app.add_option("--bootstrap", options.bootstrap, "broker address")->required();
  app.add_option("--topic", options.topic, "an empty topic")->required();
  app.add_option("--set", options.set, "A: 1,000 skewed keys; B: 100,000 uniform keys")
      ->required()
      ->check(CLI::IsMember({"A", "B"}));
  app.add_option("--oracle", options.oracle_path, "file for the expected aggregates")->required();
  app.add_option("--events", options.events, "how many")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the random numbers");
  CLI11_PARSE(app, argc, argv);
  bench::Generate(options);
  return 0;
}
