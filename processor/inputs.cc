#include "processor/inputs.h"

namespace odometer {

std::vector<std::string> Inputs::Topics() const {
  std::vector<std::string> topics = {events_.topic};
  if (has_commands()) topics.push_back(commands_.topic);
  for (const auto& [slot, source] : sources_) topics.push_back(source.topic);
  return topics;
}

std::string Inputs::LabelOf(int32_t task) const {
  const std::string partition = std::to_string(TaskPartition(task));
  if (IsCommandTask(task)) return "commands/" + partition;
  return IsSourceTask(task) ? Of(task).topic + "/" + partition : partition;
}

}  // namespace odometer
