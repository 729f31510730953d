#include "query/offset_waiter.h"

#include <iterator>
#include <utility>

namespace odometer {
namespace {

// A commit comes every 100 ms at most, so a look each 5 ms adds little to what a client waits anyway.
constexpr int64_t kCheckIntervalMs = 5;

}  // namespace

OffsetWaiter::OffsetWaiter(StateReader* state, const Clock* clock, size_t max_parked)
    : state_(state), clock_(clock), max_parked_(max_parked) {}

OffsetWaiter::~OffsetWaiter() { Stop(); }

bool OffsetWaiter::Park(const std::string& tenant, OffsetSet wanted, int64_t deadline_steady_ms, Done done) {
  {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    auto its = parked_of_.try_emplace(tenant, 0).first;
    if (its->second >= max_parked_) return false;
    ++its->second;
    parked_.push_back({tenant, std::move(wanted), deadline_steady_ms, std::move(done)});
  }
  wake_.NotifyOne();
  return true;
}

void OffsetWaiter::Start() {
  thread_ = std::thread([this] { Run(); });
}

void OffsetWaiter::Stop() {
  std::list<Parked> left;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    left.swap(parked_);
    parked_of_.clear();
  }
  wake_.NotifyAll();
  if (thread_.joinable()) thread_.join();
  for (Parked& parked : left) parked.done(Outcome::kStopped);
}

void OffsetWaiter::CheckOnce() {
  const int64_t now_ms = clock_->SteadyMs();
  Result<StatePosition> position = state_->Position();
  std::list<Parked> reached, late;
  {
    MutexLock lock(mutex_);
    for (auto it = parked_.begin(); it != parked_.end();) {
      auto next = std::next(it);
      // An unreadable state is waited for too: it may be between two processors.
      if (position.ok() && it->wanted.ReachedBy(*position)) {
        UnparkLocked(it, &reached);
      } else if (now_ms >= it->deadline_steady_ms) {
        UnparkLocked(it, &late);
      }
      it = next;
    }
  }
  for (Parked& parked : reached) parked.done(Outcome::kReached);
  for (Parked& parked : late) parked.done(Outcome::kTimedOut);
}

void OffsetWaiter::UnparkLocked(std::list<Parked>::iterator parked, std::list<Parked>* to) {
  if (size_t& left = parked_of_[parked->tenant]; --left == 0) parked_of_.erase(parked->tenant);
  to->splice(to->end(), parked_, parked);
}

size_t OffsetWaiter::parked() {
  MutexLock lock(mutex_);
  return parked_.size();
}

void OffsetWaiter::Run() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (parked_.empty() && !stopping_) wake_.Wait(mutex_);
      if (!stopping_) wake_.WaitFor(mutex_, kCheckIntervalMs);
      if (stopping_) return;
    }
    CheckOnce();
  }
}

}  // namespace odometer
