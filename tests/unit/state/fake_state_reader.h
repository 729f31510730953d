// A StateReader that answers what the test sets, and may be held up.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "common/state/state_reader.h"

namespace odometer {

// The answers tell the question: complete_from_ms is range.from_ms, next_after is `after`.
class FakeStateReader : public StateReader {
 public:
  Result<StatePosition> Position() override {
    ++calls;
    if (before_answer) before_answer();
    if (!error.ok()) return error;
    return MakePosition();
  }
  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
    ++calls;
    if (!error.ok()) return error;
    WindowsAnswer answer{.position = MakePosition(), .buckets = {}, .cut = false, .complete_from_ms = range.from_ms};
    Bucket& bucket = answer.buckets.emplace_back();
    bucket.aggregate.Add(Number::Of(static_cast<int64_t>(selector.name.value_or("").size())), 0, {}, false);
    return answer;
  }
  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
    ++calls;
    if (!error.ok()) return error;
    SeriesPage page{.position = MakePosition(), .totals = {}, .next_after = after};
    for (size_t i = 0; i < limit; ++i) page.totals.push_back({{selector.org, "s", MetricType::kCounter, {}}, {}});
    return page;
  }

  Status error;                         // set before the first call
  std::function<void()> before_answer;  // likewise
  std::atomic<int> calls{0};

 private:
  static StatePosition MakePosition() {
    StatePosition position{.partitions_total = 1, .tasks = {}};
    position.tasks.push_back({.partition = 0, .next_input_offset = 42});
    return position;
  }
};

}  // namespace odometer
