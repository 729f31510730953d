#include "query/answer.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "common/kafka/offsets_text.h"

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
      LogError("query", "the state cannot be read error=\"{}\"", error.ToString());
      return http::Response::Error(500, "internal", "the state cannot be read: the log of the query process says why");
  }
}

http::Response BusyResponse(const std::string& message) {
  return http::Response::Error(503, "unavailable", message).With("Retry-After", "1");
}

std::optional<int64_t> AgeMs(const StatePosition& position, int64_t now_wall_ms) {
  if (position.tasks.empty()) return std::nullopt;
  int64_t age = 0;
  for (const TaskPosition& task : position.tasks) {
    bool at_end = task.log_end_offset >= 0 && task.next_input_offset >= task.log_end_offset;
    age = std::max(age, now_wall_ms - (at_end ? task.log_end_seen_ms : task.commit_wall_ms));
  }
  return age;
}

void AddPositionHeaders(const StatePosition& position, const std::string& topic, int64_t now_wall_ms,
                        http::Response* response) {
  std::vector<std::pair<TopicPartition, int64_t>> offsets;
  for (const TaskPosition& task : position.tasks) {
    offsets.emplace_back(TopicPartition{topic, task.partition}, task.next_input_offset);
  }
  response->With("X-Odometer-Partitions",
                 std::to_string(position.tasks.size()) + '/' + std::to_string(position.partitions_total));
  if (std::optional<int64_t> age_ms = AgeMs(position, now_wall_ms)) {
    response->With("X-Odometer-Age-Ms", std::to_string(*age_ms));
  }
  if (!offsets.empty()) response->With("X-Odometer-Offsets", OffsetsText(offsets));
}

http::Response IncompleteResponse(const std::vector<int32_t>& partitions) {
  std::string text;
  for (int32_t partition : partitions) text += (text.empty() ? "" : ", ") + std::to_string(partition);
  return http::Response::Error(503, "incomplete", "partitions that this instance does not have: " + text)
      .With("Retry-After", "1");
}

bool IsComplete(const StatePosition& position) {
  return position.partitions_total > 0 && position.tasks.size() >= static_cast<size_t>(position.partitions_total);
}

std::vector<int32_t> MissingPartitions(const StatePosition& position) {
  std::vector<int32_t> missing;
  for (int32_t partition = 0; partition < position.partitions_total; ++partition) {
    bool covered = std::any_of(position.tasks.begin(), position.tasks.end(),
                               [&](const TaskPosition& task) { return task.partition == partition; });
    if (!covered) missing.push_back(partition);
  }
  return missing;
}

}  // namespace odometer
