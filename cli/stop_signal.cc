#include "cli/stop_signal.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <utility>

#include "common/base/clock.h"
#include "common/base/log.h"

namespace odometer::cli {

StopSignal::StopSignal(int hard_exit_ms, bool takes_hangup) : hard_exit_ms_(hard_exit_ms) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (takes_hangup) sigaddset(&signals, SIGHUP);
  // A client that has gone is an error of its write, not the end of the process.
  ::signal(SIGPIPE, SIG_IGN);
  if (pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) throw std::system_error(errno, std::generic_category());
  signal_fd_ = signalfd(-1, &signals, SFD_CLOEXEC);
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  if (signal_fd_ < 0 || wake_fd_ < 0) throw std::system_error(errno, std::generic_category());
  thread_ = std::thread([this] { Run(); });
}

StopSignal::~StopSignal() {
  destroyed_ = true;
  Wake();
  thread_.join();
  close(signal_fd_);
  close(wake_fd_);
}

void StopSignal::LimitEnd() {
  limited_ = true;
  Wake();
}

void StopSignal::EndReached() {
  limited_ = false;
  Wake();
}

void StopSignal::Wake() {
  const uint64_t one = 1;
  if (write(wake_fd_, &one, sizeof(one)) != sizeof(one)) std::abort();
}

bool StopSignal::WaitFor(int ms) {
  MutexLock lock(mutex_);
  if (!asked_) changed_.WaitFor(mutex_, ms);
  return asked_;
}

void StopSignal::Run() {
  const SystemClock clock;
  bool asked = false;
  int64_t hard_exit_at_ms = 0;  // 0: nothing is ending
  while (true) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    const int64_t left_ms = hard_exit_at_ms == 0 ? -1 : std::max<int64_t>(0, hard_exit_at_ms - clock.SteadyMs());
    const int ready = poll(fds, 2, static_cast<int>(left_ms));
    if (ready < 0) continue;  // interrupted
    if (destroyed_) return;
    if (fds[1].revents != 0) {
      uint64_t count = 0;
      static_cast<void>(read(wake_fd_, &count, sizeof(count)) == sizeof(count));
      if (!asked && !limited_) hard_exit_at_ms = 0;
      if (limited_ && hard_exit_at_ms == 0) hard_exit_at_ms = clock.SteadyMs() + hard_exit_ms_;
      continue;
    }
    if (ready == 0) {
      LogError("odometer", "not stopped after {} ms, ending now", hard_exit_ms_);
      _exit(1);
    }
    signalfd_siginfo info;
    if (read(signal_fd_, &info, sizeof(info)) != sizeof(info)) continue;
    if (info.ssi_signo == SIGHUP) {
      HangUp();
      continue;
    }
    if (asked) {
      LogError("odometer", "asked to stop again, ending now");
      _exit(1);
    }
    LogInfo("odometer", "stopping signal={}", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
    asked = true;
    if (hard_exit_at_ms == 0) hard_exit_at_ms = clock.SteadyMs() + hard_exit_ms_;
    MutexLock lock(mutex_);
    asked_ = true;
    changed_.NotifyAll();
  }
}

void StopSignal::HangUp() {
  MutexLock lock(hangup_mutex_);
  hung_up_ = !on_hangup_;
  if (on_hangup_) on_hangup_();
}

StopSignal::OnHangup::OnHangup(StopSignal* signal, std::function<void()> what) : signal_(*signal) {
  MutexLock lock(signal_.hangup_mutex_);
  signal_.on_hangup_ = std::move(what);
  if (std::exchange(signal_.hung_up_, false)) signal_.on_hangup_();
}

StopSignal::OnHangup::~OnHangup() {
  MutexLock lock(signal_.hangup_mutex_);
  signal_.on_hangup_ = nullptr;
}

}  // namespace odometer::cli
