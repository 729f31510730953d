#include "common/state/cardinality.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace odometer {

namespace {
bool Before(const Cardinality::Row& a, const Cardinality::Row& b) {
  return std::tie(b.count, a.org, a.name) < std::tie(a.count, b.org, b.name);
}
}  // namespace

void TopRows::Add(Cardinality::Row row) {
  rows_.push_back(std::move(row));
  if (rows_.size() >= 2 * limit_ + 1'000) Cut();
}

std::vector<Cardinality::Row> TopRows::Take() {
  Cut();
  return std::move(rows_);
}

void TopRows::Cut() {
  std::sort(rows_.begin(), rows_.end(), Before);
  if (rows_.size() > limit_) rows_.resize(limit_);
}

void CardinalityCounter::Add(int32_t partition, std::string_view org, std::string_view name) {
  BeginOrg(org);
  if (name_.name != name) {
    EndName();
    name_ = {std::string(org), std::string(name), 0};
  }
  ++name_.count;
  ++org_.count;
  ++series_by_task_[partition];
}

void CardinalityCounter::AddOverflow(std::string_view org, uint64_t events) {
  BeginOrg(org);
  overflows_ = true;
  overflow_.count += events;
}

Cardinality CardinalityCounter::Take() {
  EndOrg();
  return {std::move(series_by_task_), orgs_.Take(), names_.Take(), overflowing_.Take()};
}

void CardinalityCounter::BeginOrg(std::string_view org) {
  if (org_.org == org) return;
  EndOrg();
  org_.org = overflow_.org = org;
}

void CardinalityCounter::EndName() {
  if (name_.count > 0) names_.Add(std::move(name_));
  name_ = {};
}

void CardinalityCounter::EndOrg() {
  EndName();
  if (org_.count > 0) orgs_.Add(std::move(org_));
  if (overflows_) overflowing_.Add(std::move(overflow_));
  org_ = overflow_ = {};
  overflows_ = false;
}

}  // namespace odometer
