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
  if (position.covered_partitions() == 0) return std::nullopt;
  int64_t age = 0;
  auto add = [&](const std::vector<TaskPosition>& tasks) {
    for (const TaskPosition& task : tasks) {
      bool at_end = task.log_end_offset >= 0 && task.next_input_offset >= task.log_end_offset;
      age = std::max(age, now_wall_ms - (at_end ? task.log_end_seen_ms : task.commit_wall_ms));
    }
  };
  add(position.tasks);
  for (const SourcePosition& source : position.sources) add(source.tasks);
  return age;
}

void AddPositionHeaders(const StatePosition& position, const std::string& topic, int64_t now_wall_ms,
                        http::Response* response) {
  std::vector<std::pair<TopicPartition, int64_t>> offsets;
  auto add = [&](const std::string& of, const std::vector<TaskPosition>& tasks) {
    for (const TaskPosition& task : tasks) {
      offsets.emplace_back(TopicPartition{of, task.partition}, task.next_input_offset);
    }
  };
  add(topic, position.tasks);
  for (const SourcePosition& source : position.sources) add(source.topic, source.tasks);
  response->With("X-Odometer-Partitions",
                 std::to_string(position.covered_partitions()) + '/' + std::to_string(position.all_partitions()));
  if (std::optional<int64_t> age_ms = AgeMs(position, now_wall_ms)) {
    response->With("X-Odometer-Age-Ms", std::to_string(*age_ms));
  }
  if (!offsets.empty()) response->With("X-Odometer-Offsets", OffsetsText(offsets));
}

http::Response IncompleteResponse(const std::vector<std::string>& partitions) {
  std::string text;
  for (const std::string& partition : partitions) text += (text.empty() ? "" : ", ") + partition;
  return http::Response::Error(503, "incomplete", "partitions that this instance does not have: " + text)
      .With("Retry-After", "1");
}

namespace {

bool IsComplete(int32_t partitions_total, const std::vector<TaskPosition>& tasks) {
  return partitions_total > 0 && tasks.size() >= static_cast<size_t>(partitions_total);
}

void AddMissing(const std::string& prefix, int32_t partitions_total, const std::vector<TaskPosition>& tasks,
                std::vector<std::string>* missing) {
  for (int32_t partition = 0; partition < partitions_total; ++partition) {
    bool covered = std::any_of(tasks.begin(), tasks.end(),
                               [&](const TaskPosition& task) { return task.partition == partition; });
    if (!covered) missing->push_back(prefix + std::to_string(partition));
  }
}

}  // namespace

bool IsComplete(const StatePosition& position) {
  return IsComplete(position.partitions_total, position.tasks) &&
         std::all_of(position.sources.begin(), position.sources.end(), [](const SourcePosition& source) {
           return IsComplete(source.partitions_total, source.tasks);
         });
}

std::vector<std::string> MissingPartitions(const StatePosition& position) {
  std::vector<std::string> missing;
  AddMissing("", position.partitions_total, position.tasks, &missing);
  for (const SourcePosition& source : position.sources) {
    AddMissing(source.topic + "/", source.partitions_total, source.tasks, &missing);
  }
  return missing;
}

}  // namespace odometer
