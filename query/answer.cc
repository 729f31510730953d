#include "query/answer.h"

#include <algorithm>

namespace odometer {

http::Response ErrorResponse(const Status& error, const std::string& field) {
  switch (error.kind()) {
    case ErrorKind::kInvalid:
      return http::Response::Error(400, "bad_parameter", error.message(), field);
    case ErrorKind::kNotFound:
      return http::Response::Error(404, "not_found", error.message(), field);
    case ErrorKind::kRetry:
      return BusyResponse(error.message());
    default:
      return http::Response::Error(500, "internal", error.message());
  }
}

http::Response BusyResponse(const std::string& message) {
  return http::Response::Error(503, "unavailable", message).With("Retry-After", "1");
}

int64_t AgeMs(const StatePosition& position, int64_t now_wall_ms) {
  int64_t age = 0;
  for (const TaskPosition& task : position.tasks) {
    bool at_end = task.log_end_offset >= 0 && task.next_input_offset >= task.log_end_offset;
    if (!at_end) age = std::max(age, now_wall_ms - task.commit_wall_ms);
  }
  return age;
}

void AddPositionHeaders(const StatePosition& position, const std::string& topic, int64_t now_wall_ms,
                        http::Response* response) {
  std::string offsets;
  for (const TaskPosition& task : position.tasks) {
    if (!offsets.empty()) offsets += ',';
    offsets += topic + '/' + std::to_string(task.partition) + '@' + std::to_string(task.next_input_offset);
  }
  response->With("X-Odometer-Age-Ms", std::to_string(AgeMs(position, now_wall_ms)))
      .With("X-Odometer-Partitions",
            std::to_string(position.tasks.size()) + '/' + std::to_string(position.partitions_total));
  if (!offsets.empty()) response->With("X-Odometer-Offsets", std::move(offsets));
}

bool IsComplete(const StatePosition& position) {
  return position.partitions_total > 0 && position.tasks.size() >= static_cast<size_t>(position.partitions_total);
}

std::string MissingPartitions(const StatePosition& position) {
  std::string missing;
  for (int32_t partition = 0; partition < position.partitions_total; ++partition) {
    bool covered = std::any_of(position.tasks.begin(), position.tasks.end(),
                               [&](const TaskPosition& task) { return task.partition == partition; });
    if (covered) continue;
    if (!missing.empty()) missing += ", ";
    missing += std::to_string(partition);
  }
  return missing;
}

}  // namespace odometer
