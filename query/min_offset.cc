#include "query/min_offset.h"

#include <algorithm>
#include <optional>

#include "common/base/ascii.h"
#include "common/kafka/offsets_text.h"

namespace odometer {
namespace {

const SourcePosition* FindSource(const StatePosition& position, const std::string& topic) {
  auto found = std::find_if(position.sources.begin(), position.sources.end(),
                            [&](const SourcePosition& source) { return source.topic == topic; });
  return found == position.sources.end() ? nullptr : &*found;
}

const TaskPosition* FindTask(const StatePosition& position, const TopicPartition& place) {
  const std::vector<TaskPosition>* tasks = &position.tasks;
  if (!place.topic.empty()) {
    const SourcePosition* source = FindSource(position, place.topic);
    if (source == nullptr) return nullptr;
    tasks = &source->tasks;
  }
  auto found = std::find_if(tasks->begin(), tasks->end(),
                            [&](const TaskPosition& task) { return task.partition == place.partition; });
  return found == tasks->end() ? nullptr : &*found;
}

}  // namespace

Result<OffsetSet> OffsetSet::Parse(std::string_view text, const std::string& input_topic) {
  OffsetSet set;
  for (bool more = true; more;) {
    size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    std::string_view item = Trim(text.substr(0, comma));
    if (more) text.remove_prefix(comma + 1);

    const std::optional<OffsetFields> fields = ParseOffset(item);
    if (!fields) return Status::Invalid("min-offset must be <topic>/<partition>@<offset>,…");
    if (!fields->partition || !fields->offset) {
      return Status::Invalid("min-offset: partition and offset must be whole numbers");
    }
    set.Add(*fields->partition, *fields->offset, fields->topic == input_topic ? "" : std::string(fields->topic));
  }
  return set;
}

void OffsetSet::Add(int32_t partition, int64_t offset, const std::string& source) {
  auto [it, added] = offsets_.emplace(TopicPartition{source, partition}, offset);
  if (!added) it->second = std::max(it->second, offset);
}

void OffsetSet::Merge(const OffsetSet& other) {
  for (const auto& [place, offset] : other.offsets_) Add(place.partition, offset, place.topic);
}

bool OffsetSet::IsKnownTo(const StatePosition& position) const {
  return std::all_of(offsets_.begin(), offsets_.end(), [&](const auto& entry) {
    const std::string& topic = entry.first.topic;
    return topic.empty() || FindSource(position, topic) != nullptr;
  });
}

std::vector<std::string> OffsetSet::NotCoveredBy(const StatePosition& position) const {
  std::vector<std::string> partitions;
  for (const auto& [place, offset] : offsets_) {
    if (FindTask(position, place) != nullptr) continue;
    partitions.push_back(place.topic.empty() ? std::to_string(place.partition) : ToString(place));
  }
  return partitions;
}

OffsetSet OffsetSet::CoveredBy(const StatePosition& position) const {
  OffsetSet covered;
  for (const auto& [place, offset] : offsets_) {
    if (FindTask(position, place) != nullptr) covered.Add(place.partition, offset, place.topic);
  }
  return covered;
}

bool OffsetSet::ReachedBy(const StatePosition& position) const {
  bool covered = false;
  for (const auto& [place, offset] : offsets_) {
    const TaskPosition* task = FindTask(position, place);
    if (task == nullptr) continue;
    if (task->next_input_offset <= offset) return false;
    covered = true;
  }
  return covered;
}

}  // namespace odometer
