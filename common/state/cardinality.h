// Which orgs and names have the most series, and whose events are folded into overflow series.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/event.h"

namespace odometer {

struct Cardinality {
  struct Row {
    std::string org;
    std::string name;  // empty: the whole org
    uint64_t count = 0;
    friend bool operator==(const Row&, const Row&) = default;
  };
  // A series that several tasks have counts in each: so do the limits. Overflow series do not count.
  std::map<int32_t, uint64_t> series_by_task;
  // By count, the highest first.
  std::vector<Row> orgs;
  std::vector<Row> names;
  // Those that have overflow series, by the events in these; 0 where totals are not kept.
  std::vector<Row> overflowing;
  friend bool operator==(const Cardinality&, const Cardinality&) = default;
};

// The rows with the highest counts, in bounded memory.
class TopRows {
 public:
  explicit TopRows(size_t limit) : limit_(limit) {}
  void Add(Cardinality::Row row);
  std::vector<Cardinality::Row> Take();

 private:
  void Cut();

  const size_t limit_;
  std::vector<Cardinality::Row> rows_;
};

// Not thread-safe.
class CardinalityCounter {
 public:
  // At most `limit` rows of a kind.
  explicit CardinalityCounter(size_t limit) : orgs_(limit), names_(limit), overflowing_(limit) {}

  // For each series of each task, ordered by org, then name.
  void Add(int32_t partition, std::string_view org, std::string_view name);
  // For each overflow series, at its place in that order.
  void AddOverflow(std::string_view org, uint64_t events);
  Cardinality Take();

 private:
  void BeginOrg(std::string_view org);
  void EndName();
  void EndOrg();

  std::map<int32_t, uint64_t> series_by_task_;
  TopRows orgs_, names_, overflowing_;
  Cardinality::Row org_, name_, overflow_;  // that are being counted
  bool overflows_ = false;
};

}  // namespace odometer
