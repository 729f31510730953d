#include "common/http/worker.h"

#include <fcntl.h>
#include <pistache/tcp.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "common/base/log.h"
#include "common/http/dispatcher.h"

namespace odometer::http {
namespace {

using Pistache::Polling::Event;
using Pistache::Polling::Mode;
using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;
using Pistache::Tcp::Transport;

// Opens what Pistache keeps private: an explicit instantiation may name it.
bool HasAcceptedPeers(Transport* transport);
void TakeAcceptedPeers(Transport* transport);
template <auto queue, auto take>
struct AcceptedPeers {
  friend bool HasAcceptedPeers(Transport* transport) { return !(transport->*queue).empty(); }
  friend void TakeAcceptedPeers(Transport* transport) { (transport->*take)(); }
};
template struct AcceptedPeers<&Transport::peersQueue, &Transport::handlePeerQueue>;

constexpr size_t kReadBufferBytes = 64 << 10;
// Connections over the limit that are told so before they are closed; the others are closed at once.
constexpr size_t kRefusalsUnderWay = 64;
constexpr size_t kShedPerTick = 64;

// Pistache's own events read the flags; a connection's are handled without them.
Event ToEvent(const Pistache::Aio::FdSet::Entry& entry) {
  Event event(entry.getTag());
  if (entry.isReadable()) event.flags = Pistache::Flags<NotifyOn>(NotifyOn::Read);
  return event;
}

int64_t TickMs(const ServerOptions& options) {
  int shortest = std::min({options.request_timeout_ms, options.idle_timeout_ms, options.response_timeout_ms,
                           options.write_timeout_ms, options.live_keep_alive_ms});
  return std::clamp(shortest / 4, 5, 250);
}

int NewTimer() {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  return fd;
}

}  // namespace

// Catches the sockets that Pistache hands to the worker. It must not close one: Pistache is about to register it.
class Worker::PeerHandler final : public Pistache::Tcp::Handler {
 public:
  void onInput(const char*, size_t, const std::shared_ptr<Pistache::Tcp::Peer>&) override {}
  void onConnection(const std::shared_ptr<Pistache::Tcp::Peer>& peer) override { new_peers.push_back(peer); }
  std::shared_ptr<Pistache::Tcp::Handler> clone() const override { return std::make_shared<PeerHandler>(); }

  std::vector<std::shared_ptr<Pistache::Tcp::Peer>> new_peers;
};

Worker::Worker(ServerState* state) : Worker(state, std::make_shared<PeerHandler>()) {}

Worker::Worker(ServerState* state, std::shared_ptr<PeerHandler> handler)
    : Transport(handler),
      state_(*state),
      handler_(std::move(handler)),
      mailbox_(std::make_shared<Mailbox>()),
      timer_fd_(NewTimer()),
      metrics_(state->name, &state->routes, state->metrics),
      context_{.options = state->options,
               .metrics = metrics_,
               .encoder = {},
               .read_buffer = std::string(kReadBufferBytes, '\0'),
               .buffered_bytes = state->buffered_bytes,
               .live_clients = state->live_clients,
               .mailbox = mailbox_,
               .dispatch =
                   [this](uint64_t connection, uint64_t sequence, Request* request) {
                     return Dispatch(state_.routes, state_.options.gate, request,
                                     Responder(std::make_shared<PendingAnswer>(mailbox_, connection, sequence)));
                   },
               .watch_writable =
                   [this](int socket) {
                     reactor()->modifyFd(key(), socket, NotifyOn::Read | NotifyOn::Write, Mode::Edge);
                   }} {}

Worker::~Worker() {
  mailbox_->Close();
  close(timer_fd_);
}

std::shared_ptr<Pistache::Aio::Handler> Worker::clone() const {
  auto worker = std::make_shared<Worker>(&state_);
  state_.AddMailbox(worker->mailbox_);
  return worker;
}

void Worker::registerPoller(Pistache::Polling::Epoll& poller) {
  Transport::registerPoller(poller);
  for (int fd : {mailbox_->wake_fd(), timer_fd_}) {
    poller.addFd(fd, Pistache::Flags<NotifyOn>(NotifyOn::Read), Tag(static_cast<uint64_t>(fd)));
  }
}

void Worker::onReady(const Pistache::Aio::FdSet& ready) {
  mailbox_->BindToThisThread([this](Letter letter) { Deliver(std::move(letter)); });
  context_.now_ms = state_.clock.SteadyMs();
  context_.wall_ms = state_.clock.WallMs();
  try {
    Turn(ready);
  } catch (const std::exception& error) {  // an exception would end the process: Pistache's thread does not catch
    LogError("http", "a turn of the server failed listener={} error=\"{}\"", state_.name, error.what());
  }
}

void Worker::Turn(const Pistache::Aio::FdSet& ready) {
  bool tick = false;
  std::vector<Event> pistache_events;
  std::vector<int> again = std::exchange(run_again_, {});
  for (const auto& entry : ready) {
    int fd = static_cast<int>(entry.getTag().value());
    if (auto client = clients_.find(fd); client != clients_.end()) {
      client->second.connection->SocketReady();
      Run(client->second.connection.get());
    } else if (fd == mailbox_->wake_fd()) {
      mailbox_->ClearWake();
    } else if (fd == timer_fd_) {
      uint64_t times = 0;
      tick = read(timer_fd_, &times, sizeof(times)) > 0;
    } else {
      pistache_events.push_back(ToEvent(entry));
    }
  }
  if (!pistache_events.empty()) {
    Transport::onReady(Pistache::Aio::FdSet(std::move(pistache_events)));
    // Pistache's queue forgets its news after it has found nothing more: what came between would wait for the next peer.
    while (HasAcceptedPeers(this)) TakeAcceptedPeers(this);
    AdoptNewPeers();
  }
  for (Letter& letter : mailbox_->Take()) Deliver(std::move(letter));
  for (uint64_t connection : mailbox_->TakeNudged()) {
    if (Client* client = Find(connection)) again.push_back(client->connection->socket());
  }
  if (tick) Tick();
  FollowPhase();
  again.insert(again.end(), run_again_.begin(), run_again_.end());
  run_again_.clear();
  for (int socket : again) {
    if (auto client = clients_.find(socket); client != clients_.end()) Run(client->second.connection.get());
  }
  RemoveClosed();
  if (!run_again_.empty()) mailbox_->Wake();
  if (seen_phase_ != ServerState::Phase::kServing) {
    auto answering = std::count_if(clients_.begin(), clients_.end(),
                                   [](const auto& client) { return client.second.connection->answering(); });
    state_.Report(this, seen_phase_,
                  seen_phase_ == ServerState::Phase::kDraining ? static_cast<size_t>(answering) : clients_.size());
  }
}

void Worker::AdoptNewPeers() {
  for (std::shared_ptr<Pistache::Tcp::Peer>& peer : std::exchange(handler_->new_peers, {})) {
    bool admitted = seen_phase_ == ServerState::Phase::kServing;
    if (admitted && state_.connections.fetch_add(1) >= state_.max_connections.load()) {
      state_.connections.fetch_sub(1);
      admitted = false;
    }
    bool told = admitted || state_.refusals.fetch_add(1) < kRefusalsUnderWay;
    int socket = peer->fd();
    // The socket's number is in the lower half, so that a letter finds its connection.
    uint64_t id = (++next_generation_ << 32) | static_cast<uint32_t>(socket);
    auto connection = std::make_unique<Connection>(id, socket, &context_);
    Connection* added = connection.get();
    clients_[socket] = {std::move(peer), std::move(connection), admitted ? &state_.connections : &state_.refusals};
    if (!told || seen_phase_ == ServerState::Phase::kClosing) {
      added->Close();
    } else if (!admitted) {
      added->Refuse();
    }
    Run(added);
  }
  SetTicking(!clients_.empty());
}

void Worker::Deliver(Letter letter) {
  Client* client = Find(letter.connection);
  if (client == nullptr) return;
  Connection* connection = client->connection.get();
  if (letter.wakes_stream) {
    connection->WakeStream(letter.sequence);
  } else {
    connection->Answer(letter.sequence, std::move(letter.response));
  }
  if (connection != running_) run_again_.push_back(connection->socket());
}

Worker::Client* Worker::Find(uint64_t connection) {
  auto client = clients_.find(static_cast<int>(static_cast<uint32_t>(connection)));
  return client == clients_.end() || client->second.connection->id() != connection ? nullptr : &client->second;
}

void Worker::Run(Connection* connection) {
  running_ = connection;
  try {
    connection->Run();
  } catch (const std::exception& error) {
    LogError("http", "a connection failed listener={} error=\"{}\"", state_.name, error.what());
    connection->Close();
  }
  running_ = nullptr;
  if (connection->closed()) {
    closed_.push_back(connection->socket());
  } else if (connection->wants_turn()) {
    run_again_.push_back(connection->socket());
  }
}

void Worker::Tick() {
  for (auto& [socket, client] : clients_) {
    if (client.connection->closed()) continue;
    client.connection->CheckDeadlines();
    Run(client.connection.get());
  }
  FreeDescriptors();
  metrics_.RecordLevels(state_.connections, state_.buffered_bytes, state_.live_clients);
}

void Worker::FreeDescriptors() {
  int spare = fcntl(timer_fd_, F_DUPFD_CLOEXEC, 0);
  if (spare >= 0) {
    close(spare);
    return;
  }
  size_t shed = 0;
  for (auto& [socket, client] : clients_) {
    if (shed == kShedPerTick) break;
    if (client.connection->closed() || !client.connection->idle()) continue;
    client.connection->Close();
    closed_.push_back(socket);
    ++shed;
  }
  LogWarn("http", "out of file descriptors: idle connections closed listener={} closed={}", state_.name, shed);
}

void Worker::FollowPhase() {
  ServerState::Phase phase = state_.phase();
  if (phase == seen_phase_) return;
  seen_phase_ = phase;
  for (auto& [socket, client] : clients_) {
    if (client.connection->closed()) continue;
    if (phase == ServerState::Phase::kDraining) {
      client.connection->Finish();
    } else {
      client.connection->Close();
    }
    Run(client.connection.get());
  }
}

void Worker::RemoveClosed() {
  for (int socket : std::exchange(closed_, {})) {
    auto client = clients_.find(socket);
    if (client == clients_.end()) continue;  // it was noted twice
    // First out of the map: what the connection still holds may answer when it is destroyed.
    Client removed = std::move(client->second);
    clients_.erase(client);
    removed.counted_in->fetch_sub(1);
    try {
      removePeer(removed.peer);
    } catch (const std::exception& error) {
      LogError("http", "a connection was not closed cleanly listener={} error=\"{}\"", state_.name, error.what());
    }
  }
  if (!clients_.empty()) return;
  SetTicking(false);
  metrics_.RecordLevels(state_.connections, state_.buffered_bytes, state_.live_clients);
}

void Worker::SetTicking(bool on) {
  if (on == ticking_) return;
  ticking_ = on;
  timespec interval{};
  if (on) interval.tv_nsec = TickMs(state_.options) * 1'000'000;
  itimerspec timer{interval, interval};
  timerfd_settime(timer_fd_, 0, &timer, nullptr);
}

}  // namespace odometer::http
