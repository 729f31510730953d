// What gauges were last set to, for changes of them.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/model/number.h"

namespace odometer {

// Bounded: what was used longest ago is forgotten first. Not thread-safe.
class GaugeTable {
 public:
  explicit GaugeTable(size_t max_bytes) : max_bytes_(max_bytes) {}

  // What the gauge is after a change of what it was: 0 when that is not known. Nothing when it would not be finite.
  std::optional<Number> After(std::string_view gauge, const Number& change) const;
  // How many others were forgotten to make room.
  size_t Set(std::string_view gauge, const Number& value);

 private:
  struct Entry {
    std::string gauge;
    Number value;
  };
  static size_t BytesOf(const Entry& entry);

  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::list<Entry> entries_;  // the one used last comes first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // keys point into entries_
};

}  // namespace odometer
