#include "common/state/state_reader.h"

#include <algorithm>
#include <iterator>

namespace odometer {

int64_t StatePosition::stream_time_ms() const {
  int64_t highest = kBeginningOfTime;
  for (const TaskPosition& task : tasks) highest = std::max(highest, task.stream_time_ms);
  for (const SourcePosition& source : sources) {
    for (const TaskPosition& task : source.tasks) highest = std::max(highest, task.stream_time_ms);
  }
  return highest;
}

size_t StatePosition::covered_partitions() const {
  size_t covered = tasks.size();
  for (const SourcePosition& source : sources) covered += source.tasks.size();
  return covered;
}

size_t StatePosition::all_partitions() const {
  auto all = static_cast<size_t>(partitions_total);
  for (const SourcePosition& source : sources) all += static_cast<size_t>(source.partitions_total);
  return all;
}

int64_t WindowRange::BucketOf(int64_t window_start_ms) const {
  if (bucket_starts.empty()) return bucket_ms == 0 ? 0 : Tier{.size_ms = bucket_ms}.WindowStart(window_start_ms);
  auto next = std::upper_bound(bucket_starts.begin(), bucket_starts.end(), window_start_ms);
  return next == bucket_starts.begin() ? bucket_starts.front() : *std::prev(next);
}

Status TooManyBuckets() {
  return Status::Invalid("more than " + std::to_string(kMaxBuckets) +
                         " buckets: ask for a shorter range or a longer period");
}

Result<StatePosition> StateReader::Position() {
  Result<std::unique_ptr<StateView>> view = View({});
  if (!view.ok()) return view.status();
  return (*view)->position();
}

Result<WindowsAnswer> StateReader::ReadWindows(const SeriesSelector& selector, const WindowRange& range) {
  Result<std::unique_ptr<StateView>> view = View({});
  if (!view.ok()) return view.status();
  return (*view)->ReadWindows(selector, range);
}

Result<SeriesPage> StateReader::ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) {
  Result<std::unique_ptr<StateView>> view = View({});
  if (!view.ok()) return view.status();
  return (*view)->ReadTotals(selector, after, limit);
}

}  // namespace odometer
