// Control records: "set" and "forget", on the input topic, in every partition of it, written in one transaction.
// The processor applies them in log order like events. Format: docs/formats/control.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/aggregate.h"
#include "common/model/series.h"

namespace odometer {

// The record header that marks a control record; its value is "forget" or "set". Records without it are events.
inline constexpr std::string_view kControlHeader = "odometer-control";

// Forget every series of `org` whose QualifiedName() is `qualified_name`, of every type and all labels; where `set` is
// present, the task of partition `set->partition` then gives the series the one aggregate.
struct Control {
  struct Set {
    int32_t partition = 0;
    Series series;
    Aggregate::Parts aggregate;
  };
  std::string org;
  std::string qualified_name;
  std::optional<Set> set;
};

std::string EncodeControl(const Control& control);
Result<Control> DecodeControl(std::string_view body);

}  // namespace odometer
