// One input record, decoded.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/model/number.h"

namespace odometer {

// The values are stored; never renumber.
enum class MetricType : uint8_t { kCounter = 1, kGauge = 2, kMeter = 3, kTimer = 4, kEvent = 5, kSet = 6 };
inline constexpr MetricType kLastMetricType = MetricType::kSet;

// "counter", "gauge", "meter", "timer", "event", "set".
std::string_view MetricTypeName(MetricType type);
// The type of that name in any letter case; false when there is none.
bool ParseMetricType(std::string_view name, MetricType* type);

struct Label {
  std::string_view name;
  std::string_view value;
  friend auto operator<=>(const Label&, const Label&) = default;
};

inline constexpr std::string_view kDefaultOrg = "default";
inline constexpr std::string_view kLevelLabel = "level";
// The name of the series that take the events of those past a limit. No event may have it, neither as name nor as org.
inline constexpr std::string_view kOverflowName = "__overflow__";

// Views point into the decoder's buffers: valid until its next call.
struct Event {
  std::string_view org = kDefaultOrg;
  std::string_view name;
  MetricType type = MetricType::kCounter;
  Number value;                // 0 of type set
  std::string_view member;     // of type set: the value, as text; else empty
  int64_t ts_ms = 0;
  std::vector<Label> labels;  // sorted by name, no name twice; includes `level`
  std::string_view id;        // empty: none
  // Only of type event can it be false: its value is not a number, or its name not one that a series can have. Such an
  // event is kept, and no aggregate has it.
  bool counted = true;
};

}  // namespace odometer
