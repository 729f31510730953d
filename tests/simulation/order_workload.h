// What a source of rules gets in a simulation: orders on time, late and too early, records without events and such that are
// to be rejected; and what the two versions of the rules must make of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "common/kafka/memory_broker.h"
#include "common/state/rules_history.h"
#include "rules/rule_set.h"
#include "tests/simulation/random.h"
#include "tests/simulation/workload.h"

namespace odometer {

inline constexpr const char* kOrders = "shop.orders";
inline constexpr int32_t kOrderPartitions = 2;

// What a record must have given.
struct GivenEvents {
  int64_t offset = 0;
  bool rejected = false;
  std::vector<SentRecord> events;
};

// Used by one thread.
class OrderWorkload {
 public:
  OrderWorkload(MemoryBroker* broker, const Clock* clock, Random random, int64_t longest_delay_ms)
      : broker_(broker), clock_(clock), sends_(random), random_(random), longest_delay_ms_(longest_delay_ms) {}

  // 0 or 1.
  static std::shared_ptr<const rules::RuleSet> Rules(int version);

  // One record.
  void Send();
  // Of every partition, in the order of the log, by the rules that the histories say.
  std::map<int32_t, std::vector<GivenEvents>> Given(const std::map<int32_t, RulesHistory>& histories) const;

 private:
  struct Order {
    enum class Kind { kOrder, kOther, kRejected };
    Kind kind = Kind::kOrder;
    int64_t amount = 0;
    int64_t items = 0;
    bool express = false;
    int64_t at_ms = 0, sent_ms = 0;
  };
  Order RandomOrder();
  static std::vector<SentRecord> EventsOf(const Order& order, int version);

  MemoryBroker* const broker_;
  const Clock* const clock_;
  Random sends_;
  Random random_;  // for what is sent now: later ones are the same however much it takes
  const int64_t longest_delay_ms_;
  std::map<int32_t, std::vector<std::pair<int64_t, Order>>> sent_;  // offsets
};

}  // namespace odometer
