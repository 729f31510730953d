#include "query/min_offset.h"

#include <algorithm>
#include <optional>

#include "common/base/parse_integer.h"

namespace odometer {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

const TaskPosition* FindTask(const StatePosition& position, int32_t partition) {
  auto found = std::find_if(position.tasks.begin(), position.tasks.end(),
                            [&](const TaskPosition& task) { return task.partition == partition; });
  return found == position.tasks.end() ? nullptr : &*found;
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
    std::optional<int32_t> partition = ParseInteger<int32_t>(item.substr(slash + 1, at - slash - 1));
    std::optional<int64_t> offset = ParseInteger<int64_t>(item.substr(at + 1));
    if (!partition || !offset || *partition < 0 || *offset < 0) {
      return Status::Invalid("min-offset: partition and offset must be whole numbers");
    }
    set.Add(*partition, *offset);
  }
  return set;
}

void OffsetSet::Add(int32_t partition, int64_t offset) {
  auto [it, added] = offsets_.emplace(partition, offset);
  if (!added) it->second = std::max(it->second, offset);
}

void OffsetSet::Merge(const OffsetSet& other) {
  for (const auto& [partition, offset] : other.offsets_) Add(partition, offset);
}

std::vector<int32_t> OffsetSet::NotCoveredBy(const StatePosition& position) const {
  std::vector<int32_t> partitions;
  for (const auto& [partition, offset] : offsets_) {
    if (FindTask(position, partition) == nullptr) partitions.push_back(partition);
  }
  return partitions;
}

OffsetSet OffsetSet::CoveredBy(const StatePosition& position) const {
  OffsetSet covered;
  for (const auto& [partition, offset] : offsets_) {
    if (FindTask(position, partition) != nullptr) covered.Add(partition, offset);
  }
  return covered;
}

bool OffsetSet::ReachedBy(const StatePosition& position) const {
  bool covered = false;
  for (const auto& [partition, offset] : offsets_) {
    const TaskPosition* task = FindTask(position, partition);
    if (task == nullptr) continue;
    if (task->next_input_offset <= offset) return false;
    covered = true;
  }
  return covered;
}

}  // namespace odometer
