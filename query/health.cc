#include "query/health.h"

#include <algorithm>
#include <utility>

namespace odometer {

Health::Health(std::string topic, int64_t commit_interval_ms, StateReader* state, Admin* admin, const Clock* clock)
    : topic_(std::move(topic)),
      patience_ms_(std::max<int64_t>(10 * commit_interval_ms, 30'000)),
      state_(state),
      admin_(admin),
      clock_(clock) {}

http::Response Health::Check() const {
  return Healthy() ? http::Response::Json(200, R"({"status":"ok"})")
                   : http::Response::Json(422, R"({"status":"error"})");
}

bool Health::Healthy() const {
  Result<StatePosition> position = state_->Position();
  if (!position.ok()) return false;
  auto is_stuck = [&](const std::string& topic, const std::vector<TaskPosition>& tasks) {
    const int64_t patient_since_ms = clock_->WallMs() - patience_ms_;
    return std::any_of(tasks.begin(), tasks.end(), [&](const TaskPosition& task) {
      return task.commit_wall_ms < patient_since_ms && Lags(topic, task);
    });
  };
  return !is_stuck(topic_, position->tasks) &&
         std::none_of(position->sources.begin(), position->sources.end(),
                      [&](const SourcePosition& source) { return is_stuck(source.topic, source.tasks); });
}

bool Health::Lags(const std::string& topic, const TaskPosition& task) const {
  if (task.log_end_offset >= 0) return task.next_input_offset < task.log_end_offset;
  Result<OffsetRange> offsets = admin_->Offsets({topic, task.partition});
  // A log that cannot be asked is not being processed either.
  return !offsets.ok() || task.next_input_offset < offsets->end;
}

}  // namespace odometer
