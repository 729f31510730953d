#include "query/min_offset.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace odometer {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <typename T>
std::optional<T> ParseNatural(std::string_view text) {
  T value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

Result<OffsetSet> OffsetSet::Parse(std::string_view text, const std::string& topic) {
  OffsetSet set;
  for (bool more = true; more;) {
    size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    std::string_view item = Trimmed(text.substr(0, comma));
    if (more) text.remove_prefix(comma + 1);

    size_t at = item.rfind('@');
    size_t slash = at == std::string_view::npos ? at : item.rfind('/', at);
    if (slash == std::string_view::npos) return Status::Invalid("min-offset must be <topic>/<partition>@<offset>,…");
    if (item.substr(0, slash) != topic) return Status::Invalid("min-offset must name offsets of the topic " + topic);
    std::optional<int32_t> partition = ParseNatural<int32_t>(item.substr(slash + 1, at - slash - 1));
    std::optional<int64_t> offset = ParseNatural<int64_t>(item.substr(at + 1));
    if (!partition || !offset) return Status::Invalid("min-offset: partition and offset must be whole numbers");
    set.Add(*partition, *offset);
  }
  return set;
}

void OffsetSet::Add(int32_t partition, int64_t offset) {
  auto [it, added] = offsets_.emplace(partition, offset);
  if (!added) it->second = std::max(it->second, offset);
}

bool OffsetSet::SatisfiedBy(const StatePosition& position) const {
  return std::all_of(offsets_.begin(), offsets_.end(), [&](const auto& wanted) {
    return std::any_of(position.tasks.begin(), position.tasks.end(), [&](const TaskPosition& task) {
      return task.partition == wanted.first && task.next_input_offset > wanted.second;
    });
  });
}

std::string OffsetsText(const std::vector<std::pair<TopicPartition, int64_t>>& offsets) {
  std::string text;
  for (const auto& [partition, offset] : offsets) {
    if (!text.empty()) text += ',';
    text += partition.topic + '/' + std::to_string(partition.partition) + '@' + std::to_string(offset);
  }
  return text;
}

}  // namespace odometer
