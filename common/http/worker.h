// The server on top of Pistache: its listener accepts, its reactor threads wait for the sockets, and each of them runs
// one Worker, which does all reading and writing of its connections itself (docs/adr/0002-http-framing.md).
#pragma once

#include <pistache/peer.h>
#include <pistache/transport.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/http/connection.h"
#include "common/http/mailbox.h"
#include "common/http/route_table.h"

namespace odometer::http {

class Worker;

// What the workers of one server share with it. Thread-safe.
class ServerState {
 public:
  enum class Phase { kServing, kDraining, kClosing };

  ServerState(std::string server_name, ServerOptions server_options, const Router& router, Metrics* server_metrics)
      : name(std::move(server_name)), options(std::move(server_options)), routes(router), metrics(server_metrics) {}

  const std::string name;
  const ServerOptions options;
  const RouteTable routes;
  Metrics* const metrics;
  const SystemClock clock;
  std::atomic<size_t> max_connections{0};
  std::atomic<size_t> connections{0};  // admitted
  std::atomic<size_t> refusals{0};     // connections that are being told that there are too many
  std::atomic<size_t> buffered_bytes{0};
  std::atomic<size_t> live_clients{0};

  void AddMailbox(std::shared_ptr<Mailbox> mailbox);
  Phase phase() const { return phase_.load(); }
  void SetPhase(Phase phase);  // and wakes the workers
  // A worker has seen `phase`, and has this much left to do in it.
  void Report(const Worker* worker, Phase phase, size_t left);
  // Waits until every worker has seen `phase` and has nothing left, or the time is over: then false.
  bool WaitUntilNothingLeft(Phase phase, int64_t timeout_ms);

 private:
  struct Seen {
    Phase phase;
    size_t left;
  };
  bool NothingLeft(Phase phase) ODOMETER_REQUIRES(mutex_);

  std::atomic<Phase> phase_{Phase::kServing};
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::shared_ptr<Mailbox>> mailboxes_ ODOMETER_GUARDED_BY(mutex_);
  std::unordered_map<const Worker*, Seen> seen_ ODOMETER_GUARDED_BY(mutex_);
};

// Pistache's transport, of which only the hand-over of accepted sockets and the closing of them is kept.
class Worker final : public Pistache::Tcp::Transport {
 public:
  // `state` must outlive this.
  explicit Worker(ServerState* state);
  ~Worker() override;

  void registerPoller(Pistache::Polling::Epoll& poller) override;
  void onReady(const Pistache::Aio::FdSet& ready) override;
  std::shared_ptr<Pistache::Aio::Handler> clone() const override;

 private:
  class PeerHandler;
  struct Client {
    std::shared_ptr<Pistache::Tcp::Peer> peer;
    std::unique_ptr<Connection> connection;
    std::atomic<size_t>* counted_in;  // of ServerState
  };

  Worker(ServerState* state, std::shared_ptr<PeerHandler> handler);

  void Turn(const Pistache::Aio::FdSet& ready);
  void AdoptNewPeers();
  void Deliver(Letter letter);
  void Tick();
  void Run(Connection* connection);
  // The client of that connection, or null when it is gone.
  Client* Find(uint64_t connection);
  void FollowPhase();
  void RemoveClosed();
  void SetTicking(bool on);
  // Closes idle connections when the process is out of file descriptors, so that accepting can go on.
  void FreeDescriptors();

  ServerState& state_;
  const std::shared_ptr<PeerHandler> handler_;
  const std::shared_ptr<Mailbox> mailbox_;
  const int timer_fd_;
  bool ticking_ = false;
  ServerMetrics metrics_;
  ConnectionContext context_;
  std::unordered_map<int, Client> clients_;  // by socket
  uint64_t next_generation_ = 0;
  const Connection* running_ = nullptr;
  std::vector<int> run_again_;  // sockets whose connections have something to do
  std::vector<int> closed_;
  ServerState::Phase seen_phase_ = ServerState::Phase::kServing;
};

}  // namespace odometer::http
