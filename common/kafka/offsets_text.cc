#include "common/kafka/offsets_text.h"

#include <algorithm>

#include "common/base/parse_integer.h"

namespace odometer {
namespace {

// What Kafka lets a topic be called.
bool IsTopicName(std::string_view name) {
  return !name.empty() && name.size() <= 249 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

template <typename Integer>
std::optional<Integer> ParseCount(std::string_view text) {
  const std::optional<Integer> number = ParseInteger<Integer>(text);
  return number && *number >= 0 ? number : std::nullopt;
}

}  // namespace

std::string OffsetsText(const std::vector<std::pair<TopicPartition, int64_t>>& offsets) {
  std::string text;
  for (const auto& [partition, offset] : offsets) {
    if (!text.empty()) text += ',';
    text += ToString(partition) + '@' + std::to_string(offset);
  }
  return text;
}

std::optional<OffsetFields> ParseOffset(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const size_t slash = text.rfind('/', at);
  if (slash == std::string_view::npos || !IsTopicName(text.substr(0, slash))) return std::nullopt;
  return OffsetFields{text.substr(0, slash), ParseCount<int32_t>(text.substr(slash + 1, at - slash - 1)),
                      ParseCount<int64_t>(text.substr(at + 1))};
}

}  // namespace odometer
