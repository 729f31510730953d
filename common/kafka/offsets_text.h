// Places in a topic as text, as HTTP headers and parameters tell them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace odometer {

// "<topic>/<partition>@<offset>", separated by commas; empty without offsets.
std::string OffsetsText(const std::string& topic, const std::map<int32_t, int64_t>& offsets);

}  // namespace odometer
