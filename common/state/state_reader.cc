#include "common/state/state_reader.h"

#include <algorithm>

namespace odometer {

int64_t StatePosition::stream_time_ms() const {
  int64_t highest = kBeginningOfTime;
  for (const TaskPosition& task : tasks) highest = std::max(highest, task.stream_time_ms);
  return highest;
}

int64_t StatePosition::oldest_commit_wall_ms() const {
  int64_t oldest = tasks.empty() ? 0 : tasks.front().commit_wall_ms;
  for (const TaskPosition& task : tasks) oldest = std::min(oldest, task.commit_wall_ms);
  return oldest;
}

}  // namespace odometer
