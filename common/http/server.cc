#include "common/http/server.h"

#include <pistache/listener.h>
#include <pistache/net.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/http/listen_address.h"
#include "common/http/worker.h"

namespace odometer::http {
namespace {

constexpr int kBacklog = 1024;
constexpr size_t kThreadNameLength = 15;
// File descriptors that are not connections: stores, brokers, listeners, and refused connections under way.
constexpr size_t kOtherDescriptors = 512;
constexpr int64_t kCloseTimeoutMs = 2'000;

// As many connections as asked for, or as the limit on open files allows, which is raised as far as it can be.
size_t AffordableConnections(const std::string& name, size_t wanted) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
  if (files.rlim_cur < wanted + kOtherDescriptors && files.rlim_cur < files.rlim_max) {
    rlimit raised = files;
    raised.rlim_cur = std::min<rlim_t>(files.rlim_max, wanted + kOtherDescriptors);
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) files = raised;
  }
  if (files.rlim_cur >= wanted + kOtherDescriptors) return wanted;
  size_t affordable = std::max<size_t>(files.rlim_cur / 2, files.rlim_cur - std::min<size_t>(kOtherDescriptors, files.rlim_cur));
  affordable = std::min(wanted, affordable);
  LogWarn("http", "fewer connections than wanted, for the limit on open files: listener={} connections={} wanted={}",
          name, affordable, wanted);
  return affordable;
}

class PistacheServer final : public Server {
 public:
  PistacheServer(std::string name, ServerOptions options, const Router& router, Metrics* metrics)
      : state_(std::move(name), std::move(options), router, metrics) {}
  ~PistacheServer() override { Stop(0); }

  Status Start() override {
    if (stopped_) return Status::Stop("the server " + state_.name + " has been stopped and cannot start again");
    if (listener_) return Status::Ok();
    std::optional<ListenAddress> address = ParseListenAddress(state_.options.listen);
    if (!address) {
      return Status::Stop("cannot listen on '" + state_.options.listen +
                          "': write HOST:PORT, for example 127.0.0.1:8000 or [::1]:8000");
    }
    state_.max_connections = AffordableConnections(state_.name, state_.options.max_connections);
    try {
      using Pistache::Tcp::Options;
      listener_ = std::make_unique<Pistache::Tcp::Listener>();
      listener_->init(static_cast<size_t>(std::max(1, state_.options.threads)),
                      Pistache::Flags<Options>(Options::NoDelay) | Options::ReuseAddr | Options::CloseOnExec,
                      state_.name.substr(0, kThreadNameLength), kBacklog);
      listener_->setTransportFactory([this] { return std::make_shared<Worker>(&state_); });
      listener_->bind(Pistache::Address(address->host, Pistache::Port(address->port)));
      port_ = static_cast<int>(static_cast<uint16_t>(listener_->getPort()));
      listener_->runThreaded();
    } catch (const std::exception& error) {
      listener_.reset();
      return CannotListen(error.what());
    }
    LogInfo("http", "listening listener={} address={} port={}", state_.name, state_.options.listen, port_);
    return Status::Ok();
  }

  int port() const override { return port_; }

  void Stop(int drain_ms) override {
    stopped_ = true;
    if (!listener_) return;
    state_.SetPhase(ServerState::Phase::kDraining);
    if (!state_.WaitUntilNothingLeft(ServerState::Phase::kDraining, drain_ms) && drain_ms > 0) {
      LogWarn("http", "stopped with answers under way listener={} drain_ms={}", state_.name, drain_ms);
    }
    state_.SetPhase(ServerState::Phase::kClosing);
    state_.WaitUntilNothingLeft(ServerState::Phase::kClosing, kCloseTimeoutMs);
    listener_->shutdown();
    listener_.reset();  // joins the threads
  }

 private:
  Status CannotListen(const std::string& reason) const {
    // Pistache passes the reason on as text only.
    if (reason == std::strerror(EADDRINUSE)) {
      return Status::Stop("address " + state_.options.listen + " is taken: choose another with --listen or the setting " +
                          state_.name + ".listen");
    }
    return Status::Stop("cannot listen on " + state_.options.listen + ": " + reason);
  }

  ServerState state_;
  std::unique_ptr<Pistache::Tcp::Listener> listener_;
  bool stopped_ = false;
  int port_ = 0;
};

}  // namespace

void ServerState::AddMailbox(std::shared_ptr<Mailbox> mailbox) {
  MutexLock lock(mutex_);
  mailboxes_.push_back(std::move(mailbox));
}

void ServerState::SetPhase(Phase phase) {
  phase_ = phase;
  MutexLock lock(mutex_);
  for (const auto& mailbox : mailboxes_) mailbox->Wake();
}

void ServerState::Report(const Worker* worker, Phase phase, size_t left) {
  MutexLock lock(mutex_);
  seen_.insert_or_assign(worker, Seen{phase, left});
  changed_.NotifyAll();
}

bool ServerState::NothingLeft(Phase phase) {
  return seen_.size() == mailboxes_.size() && std::all_of(seen_.begin(), seen_.end(), [&](const auto& entry) {
           return entry.second.phase == phase && entry.second.left == 0;
         });
}

bool ServerState::WaitUntilNothingLeft(Phase phase, int64_t timeout_ms) {
  const int64_t deadline = clock.SteadyMs() + timeout_ms;
  MutexLock lock(mutex_);
  while (!NothingLeft(phase)) {
    int64_t left_ms = deadline - clock.SteadyMs();
    if (left_ms <= 0) return false;
    changed_.WaitFor(mutex_, left_ms);
  }
  return true;
}

std::unique_ptr<Server> NewServer(std::string name, ServerOptions options, Router router, Metrics* metrics) {
  return std::make_unique<PistacheServer>(std::move(name), std::move(options), router, metrics);
}

}  // namespace odometer::http
