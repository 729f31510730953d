// How the two systems write an aggregate to their changelogs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace bench {

struct Aggregate {
  int64_t count = 0;
  int64_t sum = 0;
  int64_t min = 0;
  int64_t max = 0;
  int64_t last_ts_ms = 0;
  int64_t last = 0;

  friend bool operator==(const Aggregate&, const Aggregate&) = default;
};

// What an aggregate belongs to.
struct WindowOf {
  std::string name;
  int64_t start_ms = 0;

  friend bool operator==(const WindowOf&, const WindowOf&) = default;
};

using Visitor = std::function<void(WindowOf window, const Aggregate& aggregate)>;

// Both call `visit` for every aggregate of the 1-minute windows of `application`, and end the program on any error.
void ReadOdometer(const std::string& bootstrap, const std::string& application, const std::string& input_topic,
                  const Visitor& visit);
void ReadKafkaStreams(const std::string& bootstrap, const std::string& application, const Visitor& visit);

}  // namespace bench
