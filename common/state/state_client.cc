#include "common/state/state_client.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/state/state_protocol.h"
#include "common/state/unix_socket.h"

namespace odometer {
namespace {

constexpr int kRestOfAnswerMs = 5'000;  // once an answer has begun

// Connections that no view has at the moment. Thread-safe.
class IdleConnections {
 public:
  explicit IdleConnections(size_t max) : max_(max) {}

  FileDescriptor Take() {
    MutexLock lock(mutex_);
    if (idle_.empty()) return {};
    FileDescriptor fd = std::move(idle_.back());
    idle_.pop_back();
    return fd;
  }
  void GiveBack(FileDescriptor fd) {
    MutexLock lock(mutex_);
    if (idle_.size() < max_) idle_.push_back(std::move(fd));
  }
  void Drop() {
    MutexLock lock(mutex_);
    idle_.clear();
  }

 private:
  const size_t max_;
  Mutex mutex_;
  std::vector<FileDescriptor> idle_ ODOMETER_GUARDED_BY(mutex_);
};

// One request and its answer. *alive: whether the connection can be used further; then an error is the service's own.
template <typename Answer, typename What>
Result<Answer> Exchange(int fd, uint64_t id, What what, int64_t deadline_ms, bool* alive) {
  const std::string request = EncodeRequestFrame({.id = id, .what = std::move(what)});
  if (request.size() - kFrameLengthBytes > kMaxRequestFrameBytes) return Status::Invalid("the request is too large");
  // A service that refuses the connection says why and closes it, maybe before our request is out: read anyway.
  const Status sent = SendAll(fd, request, deadline_ms);
  Result<std::string> body = ReceiveFrame(fd, kMaxAnswerFrameBytes, deadline_ms, kRestOfAnswerMs);
  *alive = false;
  if (!body.ok()) return Status::Retry((sent.ok() ? body.status() : sent).message());
  Answer answer;
  Status status = DecodeAnswer(*body, id, &answer);
  *alive = sent.ok() && !status.Is(ErrorKind::kRetry);  // that may be nonsense
  ODOMETER_RETURN_IF_ERROR(status);
  return answer;
}

class SocketView final : public StateView {
 public:
  SocketView(StatePosition position, FileDescriptor fd, int64_t deadline_ms, IdleConnections* idle)
      : StateView(std::move(position)), idle_(*idle), fd_(std::move(fd)), deadline_ms_(deadline_ms) {}
  ~SocketView() override {
    if (alive_ && SendAll(fd_.get(), EncodeRequestFrame({.id = 0, .what = ReleaseRequest{}}), 0).ok()) {
      idle_.GiveBack(std::move(fd_));
    }
  }

  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
    return Ask<WindowsAnswer>(WindowsRequest{selector, range});
  }
  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
    return Ask<SeriesPage>(TotalsRequest{selector, after, limit});
  }
  Result<Cardinality> ReadCardinality(const std::optional<std::string>& org, size_t limit) override {
    return Ask<Cardinality>(CardinalityRequest{org, limit});
  }
  Result<EventsPage> ReadEvents(const EventsQuery& query) override { return Ask<EventsPage>(EventsRequest{query}); }

 private:
  template <typename Answer, typename What>
  Result<Answer> Ask(What what) {
    if (!alive_) return Status::Retry("the connection to the state service is lost");
    return Exchange<Answer>(fd_.get(), ++last_id_, std::move(what), deadline_ms_, &alive_);
  }

  IdleConnections& idle_;
  FileDescriptor fd_;
  const int64_t deadline_ms_;
  uint64_t last_id_ = 0;
  bool alive_ = true;
};

class SocketStateClient final : public StateReader {
 public:
  explicit SocketStateClient(StateClientOptions options)
      : options_(std::move(options)), idle_(options_.max_idle_connections) {}

  Result<std::unique_ptr<StateView>> View(const Deadline& deadline) override {
    const int64_t patience_ms = std::min(deadline.LeftMs(), kMaxPatienceMs);
    if (patience_ms == 0) return TookTooLong();
    const int64_t now_ms = clock_.SteadyMs();
    const Call call{patience_ms, now_ms + std::min<int64_t>(patience_ms, options_.timeout_ms), now_ms + patience_ms};
    // An idle connection may have lost its service, which may be back: then a new one tells. Asking twice is harmless.
    if (FileDescriptor idle = idle_.Take(); idle.valid()) {
      bool alive = false;
      Result<std::unique_ptr<StateView>> view = ViewOver(std::move(idle), call, &alive);
      if (alive || clock_.SteadyMs() >= call.answer_by_ms) return view;
      idle_.Drop();
    }
    Result<FileDescriptor> fd = ConnectUnix(options_.socket_path);
    if (!fd.ok()) return Status::Retry(fd.status().message());
    bool alive = false;
    return ViewOver(std::move(*fd), call, &alive);
  }

 private:
  struct Call {
    int64_t patience_ms;
    int64_t answer_by_ms;
    int64_t deadline_ms;  // of the view
  };

  Result<std::unique_ptr<StateView>> ViewOver(FileDescriptor fd, const Call& call, bool* alive) {
    const ViewRequest request{.patience_ms = static_cast<uint64_t>(call.patience_ms)};
    Result<StatePosition> position =
        Exchange<StatePosition>(fd.get(), ++last_id_, request, call.answer_by_ms, alive);
    if (!position.ok()) return position.status();
    return std::unique_ptr<StateView>(
        std::make_unique<SocketView>(std::move(*position), std::move(fd), call.deadline_ms, &idle_));
  }

  const StateClientOptions options_;
  const SystemClock clock_;
  std::atomic<uint64_t> last_id_{0};
  IdleConnections idle_;
};

}  // namespace

std::unique_ptr<StateReader> NewStateClient(StateClientOptions options) {
  return std::make_unique<SocketStateClient>(std::move(options));
}

}  // namespace odometer
