// Places in topics as text, as HTTP headers and parameters tell them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/kafka/types.h"

namespace odometer {

// "<topic>/<partition>@<offset>", separated by commas; empty without offsets.
std::string OffsetsText(const std::vector<std::pair<TopicPartition, int64_t>>& offsets);

// One of them, as it was written. The numbers: nothing where it is no whole one from 0 on.
struct OffsetFields {
  std::string_view topic;
  std::optional<int32_t> partition;
  std::optional<int64_t> offset;
};
// Nothing when it is not "<topic>/<partition>@<offset>" with a name that Kafka lets a topic have.
std::optional<OffsetFields> ParseOffset(std::string_view text);

}  // namespace odometer
