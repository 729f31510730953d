#include "common/kafka/offsets_text.h"

namespace odometer {

std::string OffsetsText(const std::string& topic, const std::map<int32_t, int64_t>& offsets) {
  std::string text;
  for (const auto& [partition, offset] : offsets) {
    if (!text.empty()) text += ',';
    text += topic + '/' + std::to_string(partition) + '@' + std::to_string(offset);
  }
  return text;
}

}  // namespace odometer
