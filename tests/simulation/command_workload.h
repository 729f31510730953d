// What clients of definitions and readings ask for in a simulation: commands of a few codes of two orgs, some of them again
// under their request id, some where they do not belong, and records that are no commands.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/kafka/memory_broker.h"
#include "common/model/command.h"
#include "tests/simulation/random.h"

namespace odometer {

struct SentCommand {
  Command command;
  int64_t offset = 0;
  int64_t appended_ms = 0;
  bool rejected = false;  // it must be
};

// Used by one thread.
class CommandWorkload {
 public:
  CommandWorkload(MemoryBroker* broker, const Clock* clock, Random random)
      : broker_(broker), clock_(clock), sends_(random), random_(random) {}

  void Send();
  // By partition, in the order of the log.
  const std::map<int32_t, std::vector<SentCommand>>& sent() const { return sent_; }

 private:
  Command RandomCommand();
  void SendRubbish();
  void Append(int32_t partition, const std::string& value, SentCommand sent);

  MemoryBroker* const broker_;
  const Clock* const clock_;
  Random sends_;
  Random random_;  // for what is sent now: later ones are the same however much it takes
  std::map<int32_t, std::vector<SentCommand>> sent_;
  std::vector<Command> earlier_;
};

}  // namespace odometer
