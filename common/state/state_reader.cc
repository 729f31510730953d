#include "common/state/state_reader.h"

#include <algorithm>

namespace odometer {

int64_t StatePosition::stream_time_ms() const {
  int64_t highest = kBeginningOfTime;
  for (const TaskPosition& task : tasks) highest = std::max(highest, task.stream_time_ms);
  return highest;
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
