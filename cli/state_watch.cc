#include "cli/state_watch.h"

namespace odometer::cli {
namespace {

constexpr int64_t kAskEveryMs = 500;

}  // namespace

StateWatch::StateWatch(StateReader* state) : state_(state), thread_([this] { Run(); }) {}

StateWatch::~StateWatch() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

std::vector<std::string> StateWatch::NotReady() const {
  MutexLock lock(mutex_);
  return reason_.empty() ? std::vector<std::string>{} : std::vector<std::string>{reason_};
}

void StateWatch::Run() {
  while (true) {
    Result<StatePosition> position = state_->Position();
    MutexLock lock(mutex_);
    reason_ = position.ok() ? "" : "no state yet: " + position.status().message();
    if (!ending_) changed_.WaitFor(mutex_, kAskEveryMs);
    if (ending_) return;
  }
}

}  // namespace odometer::cli
