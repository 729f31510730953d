#include "common/model/event.h"

#include <array>

#include "common/base/ascii.h"

namespace odometer {
namespace {

constexpr std::array<std::string_view, 6> kTypeNames = {"counter", "gauge", "meter", "timer", "event", "set"};
static_assert(kTypeNames.size() == static_cast<size_t>(kLastMetricType));

}  // namespace

std::string_view MetricTypeName(MetricType type) { return kTypeNames[static_cast<size_t>(type) - 1]; }

bool ParseMetricType(std::string_view name, MetricType* type) {
  for (size_t i = 0; i < kTypeNames.size(); ++i) {
    if (!EqualsIgnoringCase(name, kTypeNames[i])) continue;
    *type = static_cast<MetricType>(i + 1);
    return true;
  }
  return false;
}

}  // namespace odometer
