// A StateReader that answers what the test sets, and may be held up.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "common/state/state_reader.h"

namespace odometer {

// The answers tell the question: complete_from_ms is range.from_ms, next_after is `after`.
class FakeStateReader : public StateReader {
 public:
  Result<std::unique_ptr<StateView>> View(const Deadline& deadline) override {
    ++calls;
    if (before_answer) before_answer();
    if (!error.ok()) return error;
    left_ms = deadline.LeftMs();
    return std::unique_ptr<StateView>(std::make_unique<FakeView>(this));
  }

  Status error;                         // set before the first call
  std::function<void()> before_answer;  // likewise
  Status read_error;                    // of the views' reads; likewise
  std::function<void()> before_read;    // likewise
  std::atomic<int> calls{0};
  std::atomic<int> views{0};  // that are held
  std::atomic<int64_t> left_ms{0};  // of the last view's deadline

 private:
  class FakeView final : public StateView {
   public:
    explicit FakeView(FakeStateReader* owner) : StateView(MakePosition()), owner_(*owner) { ++owner_.views; }
    ~FakeView() override { --owner_.views; }

    Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
      if (owner_.before_read) owner_.before_read();
      if (!owner_.read_error.ok()) return owner_.read_error;
      WindowsAnswer answer{.buckets = {}, .cut = false, .complete_from_ms = range.from_ms};
      Bucket& bucket = answer.buckets.emplace_back();
      bucket.aggregate.Add(Number::Of(static_cast<int64_t>(selector.name.value_or("").size())), 0, {}, false);
      return answer;
    }
    Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
      if (!owner_.read_error.ok()) return owner_.read_error;
      SeriesPage page{.totals = {}, .next_after = after};
      for (size_t i = 0; i < limit; ++i) page.totals.push_back({{selector.org, "s", MetricType::kCounter, {}}, {}});
      return page;
    }
    Result<Cardinality> ReadCardinality(const std::optional<std::string>& org, size_t limit) override {
      if (!owner_.read_error.ok()) return owner_.read_error;
      Cardinality answer;
      answer.orgs.push_back({org.value_or("o"), "", limit});
      return answer;
    }
    Result<EventsPage> ReadEvents(const EventsQuery& query) override {
      if (!owner_.read_error.ok()) return owner_.read_error;
      EventsPage page{.rows = {}, .bodies = query.org + query.name.value_or(""), .more = true};
      page.rows.push_back({query.after.value_or(EventPlace{}), static_cast<uint32_t>(page.bodies.size())});
      page.retained_from_ms = query.from_ms;
      return page;
    }

   private:
    FakeStateReader& owner_;
  };

  static StatePosition MakePosition() {
    StatePosition position{.partitions_total = 1, .tasks = {}};
    position.tasks.push_back({.partition = 0, .next_input_offset = 42});
    return position;
  }
};

}  // namespace odometer
