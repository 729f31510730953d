// A state whose reads for one org take as long as the test wants.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/mutex.h"
#include "common/state/state_reader.h"

namespace odometer {

// Thread-safe.
class HeldState : public StateReader {
 public:
  explicit HeldState(StateReader* state) : state_(*state) {}

  // The org's reads wait for the next call; "": nobody's.
  void Hold(std::string org) {
    MutexLock lock(mutex_);
    held_ = std::move(org);
    changed_.NotifyAll();
  }

  Result<std::unique_ptr<StateView>> View(const Deadline& deadline) override {
    Result<std::unique_ptr<StateView>> view = state_.View(deadline);
    if (!view.ok()) return view.status();
    return std::unique_ptr<StateView>(std::make_unique<HeldView>(this, std::move(*view)));
  }

 private:
  class HeldView final : public StateView {
   public:
    HeldView(HeldState* owner, std::unique_ptr<StateView> view)
        : StateView(view->position()), owner_(*owner), view_(std::move(view)) {}

    Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
      owner_.Wait(selector.org);
      return view_->ReadWindows(selector, range);
    }
    Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
      owner_.Wait(selector.org);
      return view_->ReadTotals(selector, after, limit);
    }
    Result<Cardinality> ReadCardinality(const std::optional<std::string>& org, size_t limit) override {
      owner_.Wait(org.value_or(""));
      return view_->ReadCardinality(org, limit);
    }
    Result<EventsPage> ReadEvents(const EventsQuery& query) override {
      owner_.Wait(query.org);
      return view_->ReadEvents(query);
    }

   private:
    HeldState& owner_;
    const std::unique_ptr<StateView> view_;
  };

  void Wait(const std::string& org) {
    MutexLock lock(mutex_);
    while (!held_.empty() && held_ == org) changed_.Wait(mutex_);
  }

  StateReader& state_;
  Mutex mutex_;
  CondVar changed_;
  std::string held_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer
