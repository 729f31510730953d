#include "ingest/gauge_table.h"

#include <cmath>

namespace odometer {

std::optional<Number> GaugeTable::After(std::string_view gauge, const Number& change) const {
  const auto at = index_.find(gauge);
  const Number before = at == index_.end() ? Number() : at->second->value;
  if (before.is_whole() && change.is_whole()) {
    const Int128 sum = before.whole() + change.whole();
    if (sum == static_cast<int64_t>(sum)) return Number::Of(static_cast<int64_t>(sum));
  }
  const double sum = before.AsDouble() + change.AsDouble();
  return std::isfinite(sum) ? std::optional(Number::Of(sum)) : std::nullopt;
}

size_t GaugeTable::Set(std::string_view gauge, const Number& value) {
  if (auto at = index_.find(gauge); at != index_.end()) {
    at->second->value = value;
    entries_.splice(entries_.begin(), entries_, at->second);
    return 0;
  }
  entries_.push_front({std::string(gauge), value});
  index_.emplace(entries_.front().gauge, entries_.begin());
  bytes_ += BytesOf(entries_.front());
  size_t forgotten = 0;
  for (; bytes_ > max_bytes_ && entries_.size() > 1; ++forgotten) {
    bytes_ -= BytesOf(entries_.back());
    index_.erase(entries_.back().gauge);
    entries_.pop_back();
  }
  return forgotten;
}

size_t GaugeTable::BytesOf(const Entry& entry) {
  constexpr size_t kNodes = 128;  // of the list and of the index
  return kNodes + entry.gauge.capacity();
}

}  // namespace odometer
