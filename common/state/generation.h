// Which generation of an application's state is in use: the one that is counted on, and that queries read. `odometer
// rebuild` counts another one beside it, and switches over. Each has names of its own:
//
//                                           generation 1        generation 2
//   consumer group                          odometer            odometer.2
//   changelogs of events and sources        odometer-…          odometer.2-…
//   folder                                  state.dir           state.dir/generation-2
//
// The changelogs of commands belong to the application: what they hold was decided once, and no generation decides it
// again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace odometer {

inline constexpr int32_t kFirstGeneration = 1;

struct Generations {
  int32_t in_use = kFirstGeneration;
  int32_t old = 0;                       // the one before, which is kept still; 0: none is
  std::vector<std::string> old_sources;  // the sources of rules that the old one has changelogs of
  friend bool operator==(const Generations&, const Generations&) = default;
};

std::string GenerationName(const std::string& application, int32_t generation);
std::string GenerationFolder(const std::string& state_dir, int32_t generation);
// Its number of partitions is the generation in use, which is how an instance that has lost its state.dir knows. There
// is none before the first rebuild.
std::string GenerationTopic(const std::string& application);

// A line for each thing: "generation 2", "old 1", "old-source shop.orders".
std::string GenerationsText(const Generations& generations);
// kStop for anything else.
Result<Generations> ParseGenerations(std::string_view text);

// Of the file `generation` in state.dir; without one generation 1 is in use. kStop when it cannot be read.
Result<Generations> ReadGenerations(const std::string& state_dir);
// At once: this is what switches over. The folder must be there.
Status WriteGenerations(const std::string& state_dir, const Generations& generations);

}  // namespace odometer
