#include "common/state/state_client.h"

#include <atomic>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/state/state_protocol.h"
#include "common/state/unix_socket.h"

namespace odometer {
namespace {

class SocketStateClient final : public StateReader {
 public:
  explicit SocketStateClient(StateClientOptions options) : options_(std::move(options)) {}

  Result<StatePosition> Position() override { return Ask<StatePosition>(PositionRequest{}); }
  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
    return Ask<WindowsAnswer>(WindowsRequest{selector, range});
  }
  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
    return Ask<SeriesPage>(TotalsRequest{selector, after, limit});
  }

 private:
  template <typename Answer, typename What>
  Result<Answer> Ask(What what) {
    const uint64_t id = ++last_id_;
    const std::string request = EncodeRequestFrame({.id = id, .what = std::move(what)});
    if (request.size() - kFrameLengthBytes > kMaxRequestFrameBytes) return Status::Invalid("the request is too large");
    Result<std::string> body = Exchange(request);
    if (!body.ok()) return body.status();
    Answer answer;
    ODOMETER_RETURN_IF_ERROR(DecodeAnswer(*body, id, &answer));
    return answer;
  }

  Result<std::string> Exchange(const std::string& request) {
    const int64_t deadline_ms = clock_.SteadyMs() + options_.timeout_ms;
    // An idle connection may have lost its service, which may be back: then a new one tells. Asking twice is harmless.
    if (FileDescriptor idle = TakeIdle(); idle.valid()) {
      Result<std::string> body = ExchangeOver(std::move(idle), request, deadline_ms);
      if (body.ok() || clock_.SteadyMs() >= deadline_ms) return body;
      DropIdle();
    }
    Result<FileDescriptor> fd = ConnectUnix(options_.socket_path);
    if (!fd.ok()) return Status::Retry(fd.status().message());
    return ExchangeOver(std::move(*fd), request, deadline_ms);
  }

  Result<std::string> ExchangeOver(FileDescriptor fd, const std::string& request, int64_t deadline_ms) {
    // A service that refuses the connection says why and closes it, maybe before our request is out: read anyway.
    const Status sent = SendAll(fd.get(), request, deadline_ms);
    const int left_ms = static_cast<int>(std::max<int64_t>(deadline_ms - clock_.SteadyMs(), 1));
    Result<std::string> body = ReceiveFrame(fd.get(), kMaxAnswerFrameBytes, left_ms, /*wait_for_first=*/false);
    if (!body.ok()) return Status::Retry((sent.ok() ? body.status() : sent).message());
    if (sent.ok()) GiveBack(std::move(fd));
    return body;
  }

  FileDescriptor TakeIdle() {
    MutexLock lock(mutex_);
    if (idle_.empty()) return {};
    FileDescriptor fd = std::move(idle_.back());
    idle_.pop_back();
    return fd;
  }
  void GiveBack(FileDescriptor fd) {
    MutexLock lock(mutex_);
    if (idle_.size() < options_.max_idle_connections) idle_.push_back(std::move(fd));
  }
  void DropIdle() {
    MutexLock lock(mutex_);
    idle_.clear();
  }

  const StateClientOptions options_;
  const SystemClock clock_;
  std::atomic<uint64_t> last_id_{0};
  Mutex mutex_;
  std::vector<FileDescriptor> idle_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<StateReader> NewStateClient(StateClientOptions options) {
  return std::make_unique<SocketStateClient>(std::move(options));
}

}  // namespace odometer
