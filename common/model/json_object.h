// JSON objects in which nothing may be ambiguous: those of a configuration.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/base/status.h"

namespace odometer {

// The object, when no name stands twice in it or below: else a later line would quietly win over an earlier. kInvalid shows
// nothing of the text; `otherwise` is its message when the text is no object.
Status ParseUniqueObject(std::string_view text, std::string_view otherwise, nlohmann::ordered_json* object);

}  // namespace odometer
