#include "common/kafka/offsets_text.h"

namespace odometer {

std::string OffsetsText(const std::vector<std::pair<TopicPartition, int64_t>>& offsets) {
  std::string text;
  for (const auto& [partition, offset] : offsets) {
    if (!text.empty()) text += ',';
    text += ToString(partition) + '@' + std::to_string(offset);
  }
  return text;
}

}  // namespace odometer
