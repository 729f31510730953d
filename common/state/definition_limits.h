// The limits of all active definitions, for judging events: made anew when definitions change, never changed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace odometer {

struct Limits {
  uint64_t metric_id = 0;
  std::string name;      // of the metric
  uint64_t version = 1;  // of the definition
  int64_t min = 0;
  int64_t max = 0;
};

// Immutable, hence safe from any thread. Copies share what orgs have.
class DefinitionLimits {
 public:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <typename Value>
  using ByText = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  using OfOrg = ByText<Limits>;  // by code

  DefinitionLimits() = default;
  explicit DefinitionLimits(ByText<std::shared_ptr<const OfOrg>> orgs) : orgs_(std::move(orgs)) {}

  bool empty() const { return orgs_.empty(); }
  const ByText<std::shared_ptr<const OfOrg>>& orgs() const { return orgs_; }
  // Null when there is no active definition of that code.
  const Limits* Find(std::string_view org, std::string_view code) const {
    auto of_org = orgs_.find(org);
    if (of_org == orgs_.end()) return nullptr;
    auto found = of_org->second->find(code);
    return found == of_org->second->end() ? nullptr : &found->second;
  }

 private:
  ByText<std::shared_ptr<const OfOrg>> orgs_;  // none is empty
};

}  // namespace odometer
