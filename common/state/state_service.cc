#include "common/state/state_service.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <list>
#include <system_error>
#include <thread>
#include <utility>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/state/state_protocol.h"
#include "common/state/unix_socket.h"

namespace odometer {
namespace {

constexpr int kAcceptPauseMs = 100;  // after accept() failed, for want of file descriptors for example

// A thread that accepts, and one per connection.
class SocketStateService final : public StateService {
 public:
  SocketStateService(StateServiceOptions options, StateReader* reader, std::function<void(StatePosition*)> complete)
      : options_(std::move(options)), reader_(*reader), complete_(std::move(complete)) {}
  ~SocketStateService() override { Stop(); }

  Status Start() override {
    MutexLock lock(life_mutex_);
    if (acceptor_.joinable()) return Status::Ok();
    Result<FileDescriptor> listener = ListenUnix(options_.socket_path);
    if (!listener.ok()) return listener.status();
    wake_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_.valid()) return Status::Stop("no eventfd: too many open files? Raise the limit");
    listener_ = std::move(*listener);
    acceptor_ = std::thread([this] { Accept(); });
    return Status::Ok();
  }

  void Stop() override {
    MutexLock lock(life_mutex_);
    if (!acceptor_.joinable()) return;
    const uint64_t one = 1;
    // Only fails when the counter is full, that is, when it wakes already.
    [[maybe_unused]] ssize_t written = write(wake_.get(), &one, sizeof(one));
    acceptor_.join();
    unlink(options_.socket_path.c_str());
    listener_.Close();
    for (Connection& connection : connections_) shutdown(connection.fd.get(), SHUT_RDWR);
    for (Connection& connection : connections_) connection.thread.join();
    connections_.clear();
  }

 private:
  struct Connection {
    explicit Connection(FileDescriptor connected) : fd(std::move(connected)) {}
    FileDescriptor fd;
    std::thread thread;
    std::atomic<bool> done{false};
  };

  void Accept() {
    pollfd fds[2] = {{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                     {.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    while (true) {
      if (poll(fds, 2, -1) < 0 && errno != EINTR) return;
      if (fds[0].revents != 0) return;
      FileDescriptor fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd.valid()) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) poll(fds, 1, kAcceptPauseMs);
        continue;
      }
      std::erase_if(connections_, [](Connection& connection) {
        if (!connection.done) return false;
        connection.thread.join();
        return true;
      });
      if (connections_.size() >= options_.max_connections) {
        Refuse(fd, "the state service has its " + std::to_string(options_.max_connections) + " connections");
        continue;
      }
      Connection& connection = connections_.emplace_back(std::move(fd));
      try {
        connection.thread = std::thread([this, &connection] { Serve(&connection); });
      } catch (const std::system_error& error) {
        Refuse(connection.fd, std::string("no thread for the connection: ") + error.what());
        connections_.pop_back();
      }
    }
  }

  // Best effort: what does not fit in the socket's buffer at once is left out.
  static void Refuse(const FileDescriptor& fd, const std::string& why) {
    LogWarn("state", "connection refused reason=\"{}\"", why);
    (void)SendAll(fd.get(), EncodeErrorFrame(0, Status::Retry(why)), 0);
  }

  // What a connection holds from one request to the next.
  struct Session {
    std::unique_ptr<StateView> view;
    int64_t view_ends_ms = kForever;
  };

  void Serve(Connection* connection) {
    try {
      Session session;
      while (ServeOne(connection->fd.get(), &session)) {
      }
    } catch (const std::exception& error) {  // out of memory
      LogError("state", "connection dropped reason=\"{}\"", error.what());
    }
    shutdown(connection->fd.get(), SHUT_RDWR);
    connection->done = true;
  }

  // False: the connection is at its end.
  bool ServeOne(int fd, Session* session) {
    Result<std::string> body =
        ReceiveFrame(fd, kMaxRequestFrameBytes, session->view ? session->view_ends_ms : kForever,
                     options_.io_timeout_ms);
    if (!body.ok()) {
      if (body.status().Is(ErrorKind::kInvalid)) Send(fd, EncodeErrorFrame(0, body.status()));
      return false;
    }
    uint64_t id = 0;
    Result<StateRequest> request = DecodeRequest(*body, &id);
    if (!request.ok()) {
      // What follows on a connection that has sent one malformed request cannot be trusted either.
      Send(fd, EncodeErrorFrame(id, request.status()));
      return false;
    }
    if (std::holds_alternative<ReleaseRequest>(request->what)) {
      session->view.reset();
      return true;
    }
    return Send(fd, Answer(id, *request, session));
  }

  bool Send(int fd, const std::string& frame) {
    return SendAll(fd, frame, clock_.SteadyMs() + options_.io_timeout_ms).ok();
  }

  std::string Answer(uint64_t id, const StateRequest& request, Session* session) {
    if (const auto* view = std::get_if<ViewRequest>(&request.what)) {
      return EncodeAnswerFrame(id, NewView(*view, session));
    }
    if (!session->view) return EncodeErrorFrame(id, Status::Invalid("the connection has no view"));
    if (const auto* windows = std::get_if<WindowsRequest>(&request.what)) {
      return EncodeAnswerFrame(id, session->view->ReadWindows(windows->selector, windows->range));
    }
    if (const auto* cardinality = std::get_if<CardinalityRequest>(&request.what)) {
      return EncodeAnswerFrame(id, session->view->ReadCardinality(cardinality->org,
                                                                  std::min(cardinality->limit, kMaxCardinalityRows)));
    }
    if (const auto* events = std::get_if<EventsRequest>(&request.what)) {
      return EncodeAnswerFrame(id, session->view->ReadEvents(events->query));
    }
    const auto& totals = std::get<TotalsRequest>(request.what);
    return EncodeAnswerFrame(id, session->view->ReadTotals(totals.selector, totals.after, totals.limit));
  }

  Result<StatePosition> NewView(const ViewRequest& request, Session* session) {
    session->view.reset();
    const uint64_t patience_ms = std::min<uint64_t>(request.patience_ms, kMaxPatienceMs);
    session->view_ends_ms = clock_.SteadyMs() + static_cast<int64_t>(patience_ms);
    Result<std::unique_ptr<StateView>> view = reader_.View(Deadline(&clock_, session->view_ends_ms));
    if (!view.ok()) return view.status();
    session->view = std::move(*view);
    StatePosition position = session->view->position();
    if (complete_) complete_(&position);
    return position;
  }

  const StateServiceOptions options_;
  const SystemClock clock_;
  StateReader& reader_;
  const std::function<void(StatePosition*)> complete_;

  Mutex life_mutex_;
  std::thread acceptor_;
  FileDescriptor listener_;
  FileDescriptor wake_;
  std::list<Connection> connections_;  // of the acceptor's thread; of Stop() once that has ended
};

}  // namespace

std::unique_ptr<StateService> NewStateService(StateServiceOptions options, StateReader* reader,
                                              std::function<void(StatePosition*)> complete) {
  return std::make_unique<SocketStateService>(std::move(options), reader, std::move(complete));
}

}  // namespace odometer
