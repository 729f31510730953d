// What must have come of the commands, decided in the plainest way: one by one, in the order of the log.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/model/command.h"
#include "common/state/state_reader.h"
#include "common/store/store.h"
#include "tests/simulation/command_workload.h"
#include "tests/simulation/workload.h"

namespace odometer {

class CommandOracle {
 public:
  explicit CommandOracle(const std::map<int32_t, std::vector<SentCommand>>& sent);

  // The first difference between it and what is stored, told, counted and raised; empty when there is none.
  std::string Compare(const Store& store, StateReader* state, MemoryBroker* broker) const;

  uint64_t rejected() const { return rejected_; }

  // The events by which readings are counted, as they came to be in the log of the events' topic.
  static std::vector<SentRecord> ReadingEvents(MemoryBroker* broker, int32_t partition);

 private:
  using Verdict = CommandOutcome::Verdict;

  void Take(int32_t partition, const SentCommand& sent);
  Verdict Decide(int32_t partition, const SentCommand& sent, CommandOutcome* outcome);
  Verdict Change(const Command& change, Definition* definition);
  void Record(int32_t partition, const SentCommand& sent, Definition* definition, CommandOutcome* outcome);
  static std::string ReadingText(const std::string& org, const std::string& code, int64_t value, int64_t at_ms);
  std::string CompareStore(const Store& store) const;
  std::string CompareOutputs(MemoryBroker* broker) const;
  std::string CompareAccounting(StateReader* state) const;

  std::map<std::string, Definition> definitions_;    // by key
  std::map<std::string, std::string> readings_;      // as the store has them
  std::map<std::string, CommandOutcome> requests_;   // the first outcome, by request id
  std::map<int32_t, std::vector<CommandOutcome>> outcomes_;
  std::map<int32_t, Accounting> accounting_;
  std::multiset<std::string> counted_, alerts_;
  uint64_t rejected_ = 0;
};

}  // namespace odometer
