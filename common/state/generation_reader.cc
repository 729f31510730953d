#include "common/state/generation_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/state/generation.h"

namespace odometer {
namespace {

// How soon a switch is seen.
constexpr int64_t kLookEveryMs = 100;

// Keeps the reader that it is of.
class KeptView final : public StateView {
 public:
  KeptView(std::shared_ptr<StateReader> reader, std::unique_ptr<StateView> view)
      : StateView(view->position()), reader_(std::move(reader)), view_(std::move(view)) {}

  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
    return view_->ReadWindows(selector, range);
  }
  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
    return view_->ReadTotals(selector, after, limit);
  }
  Result<Cardinality> ReadCardinality(const std::optional<std::string>& org, size_t limit) override {
    return view_->ReadCardinality(org, limit);
  }
  Result<EventsPage> ReadEvents(const EventsQuery& query) override { return view_->ReadEvents(query); }

 private:
  const std::shared_ptr<StateReader> reader_;
  const std::unique_ptr<StateView> view_;  // goes first
};

class GenerationReader final : public StateReader {
 public:
  GenerationReader(InstanceReaderOptions options, const Clock* clock) : options_(std::move(options)), clock_(*clock) {}

  Result<std::unique_ptr<StateView>> View(const Deadline& deadline) override {
    Result<std::shared_ptr<StateReader>> reader = Current();
    if (!reader.ok()) return reader.status();
    Result<std::unique_ptr<StateView>> view = (*reader)->View(deadline);
    if (!view.ok()) return view.status();
    return std::unique_ptr<StateView>(std::make_unique<KeptView>(std::move(*reader), std::move(*view)));
  }

 private:
  Result<std::shared_ptr<StateReader>> Current() {
    MutexLock lock(mutex_);
    const int64_t now_ms = clock_.SteadyMs();
    if (reader_ && now_ms < look_at_ms_) return reader_;
    const Result<Generations> generations = ReadGenerations(options_.state_dir);
    if (!generations.ok()) return generations.status();
    look_at_ms_ = now_ms + kLookEveryMs;
    if (reader_ && generations->in_use == generation_) return reader_;
    if (reader_) LogInfo("state", "generation {} is in use now, before it was {}", generations->in_use, generation_);
    InstanceReaderOptions options = options_;
    options.state_dir = GenerationFolder(options_.state_dir, generations->in_use);
    reader_ = NewInstanceReader(std::move(options), &clock_);
    generation_ = generations->in_use;
    return reader_;
  }

  const InstanceReaderOptions options_;
  const Clock& clock_;
  Mutex mutex_;
  std::shared_ptr<StateReader> reader_ ODOMETER_GUARDED_BY(mutex_);  // null before the first view
  int32_t generation_ ODOMETER_GUARDED_BY(mutex_) = 0;
  int64_t look_at_ms_ ODOMETER_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::unique_ptr<StateReader> NewGenerationReader(InstanceReaderOptions options, const Clock* clock) {
  return std::make_unique<GenerationReader>(std::move(options), clock);
}

}  // namespace odometer
