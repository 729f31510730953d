// Places in topics as text, as HTTP headers and parameters tell them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/types.h"

namespace odometer {

// "<topic>/<partition>@<offset>", separated by commas; empty without offsets.
std::string OffsetsText(const std::vector<std::pair<TopicPartition, int64_t>>& offsets);

}  // namespace odometer
