// What producers send in a simulation: events of all types, of a few series of a few orgs, in several encodings, on time, late
// and too early, some with ids and some of these again, records that are to be rejected, transactions that are aborted, and
// commands to forget and to set a series.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/kafka/memory_broker.h"
#include "common/model/control.h"
#include "common/model/event.h"
#include "tests/simulation/random.h"

namespace odometer {

// The numbers after these stand for what events past a limit are counted in; those of names after that for the codes
// by which readings are counted.
inline constexpr int kSimulatedNames = 4;
inline constexpr int kSimulatedOrgs = 3;
inline constexpr int kSimulatedCodes = 2;
inline constexpr std::array kSimulatedTypes = {MetricType::kCounter, MetricType::kGauge, MetricType::kMeter,
                                               MetricType::kTimer, MetricType::kSet};
std::string SimulatedCode(int number);
std::string SimulatedName(int number);
std::string SimulatedOrg(int number);

// A record as it was sent; kinds say what must become of it.
struct SentRecord {
  enum class Kind { kEvent, kForget, kSet, kRejected, kRaw };
  static constexpr int kNoId = -1;
  Kind kind = Kind::kEvent;
  int64_t offset = 0;
  int org = 0;
  int name = 0;
  MetricType type = MetricType::kCounter;
  int64_t value = 0;  // of a set: stands for the member
  int64_t count = 1;  // how often the value was counted; of kSet another one
  int64_t ts_ms = 0;
  int id = kNoId;
  int64_t appended_ms = 0;  // of kRaw
};
// What a raw event is sent as, and must be read as; `value` tells them apart.
std::string RawBody(const SentRecord& record);

// Used by one thread.
class Workload {
 public:
  Workload(MemoryBroker* broker, const Clock* clock, Random random, int64_t longest_delay_ms)
      : broker_(broker), clock_(clock), sends_(random), random_(random), longest_delay_ms_(longest_delay_ms) {}

  // One record or transaction to a partition of the input topic.
  void Send(int32_t partition);

  // Everything that consumers get, by partition, in the order of the log.
  const std::map<int32_t, std::vector<SentRecord>>& sent() const { return sent_; }
  uint64_t records() const { return records_; }

 private:
  void SendEvents(int32_t partition);
  std::string EventBody(const SentRecord& event) const;
  void SendForget(int32_t partition);
  void SendSet(int32_t partition);
  void SendControl(int32_t partition, std::string_view kind, const Control& control, const SentRecord& record);
  void SendRubbish(int32_t partition);
  void SendRaw(int32_t partition);
  SentRecord RandomEvent(int32_t partition);
  int64_t RandomValue(MetricType type);
  int RandomId(int32_t partition);
  void Remember(int32_t partition, SentRecord record, int64_t offset);

  MemoryBroker* const broker_;
  const Clock* const clock_;
  Random sends_;
  Random random_;  // for what is sent now: later ones are the same however much it takes
  const int64_t longest_delay_ms_;
  std::map<int32_t, std::vector<SentRecord>> sent_;
  std::map<int32_t, std::vector<int>> ids_;  // that were used, by partition
  int next_id_ = 0;
  int64_t next_raw_ = 0;
  uint64_t records_ = 0;
};

}  // namespace odometer
