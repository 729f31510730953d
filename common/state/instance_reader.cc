#include "common/state/instance_reader.h"

#include <optional>
#include <utility>

#include "common/base/mutex.h"
#include "common/state/follower_reader.h"
#include "common/state/state_client.h"
#include "common/state/state_paths.h"

namespace odometer {
namespace {

class InstanceReader final : public StateReader {
 public:
  InstanceReader(InstanceReaderOptions options, const Clock* clock)
      : service_retry_ms_(options.service_retry_ms),
        clock_(*clock),
        service_(NewStateClient({.socket_path = StateSocketPath(options.state_dir),
                                 .timeout_ms = options.service_timeout_ms})),
        follower_(NewFollowerReader({.database_path = StateDatabasePath(options.state_dir),
                                     .log_path = StateFollowerPath(options.state_dir),
                                     .tiers = std::move(options.tiers),
                                     .catch_up_ms = options.catch_up_ms},
                                    clock)) {}

  Result<StatePosition> Position() override {
    return Ask<StatePosition>([](StateReader* reader) { return reader->Position(); });
  }
  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
    return Ask<WindowsAnswer>([&](StateReader* reader) { return reader->ReadWindows(selector, range); });
  }
  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
    return Ask<SeriesPage>([&](StateReader* reader) { return reader->ReadTotals(selector, after, limit); });
  }

 private:
  // One question to the service. While it is away only one at a time may try, once in service_retry_ms_: a service that
  // hangs then holds up that one alone.
  class Attempt {
   public:
    explicit Attempt(InstanceReader* owner) : owner_(*owner), allowed_(owner->BeginAttempt()) {}
    ~Attempt() {
      if (allowed_) owner_.EndAttempt(trouble_);
    }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    bool allowed() const { return allowed_; }
    // Empty: it answered.
    void SetTrouble(std::string trouble) { trouble_ = std::move(trouble); }

   private:
    InstanceReader& owner_;
    const bool allowed_;
    std::string trouble_ = "it was not asked to the end";
  };

  template <typename Answer, typename Question>
  Result<Answer> Ask(Question question) {
    if (Attempt attempt(this); attempt.allowed()) {
      Result<Answer> answer = question(service_.get());
      const Status status = answer.status();
      const bool away = status.Is(ErrorKind::kRetry);
      attempt.SetTrouble(away ? status.message() : "");
      if (!away) return answer;
    }
    Result<Answer> answer = question(follower_.get());
    if (!answer.status().Is(ErrorKind::kRetry)) return answer;
    MutexLock lock(mutex_);
    return Status::Retry("the processor does not answer (" + trouble_ + "), and its database cannot be read (" +
                         answer.status().message() + ")");
  }

  bool BeginAttempt() {
    MutexLock lock(mutex_);
    if (!failed_ms_) return true;
    if (trying_again_ || clock_.SteadyMs() - *failed_ms_ < service_retry_ms_) return false;
    trying_again_ = true;
    return true;
  }

  void EndAttempt(const std::string& trouble) {
    {
      MutexLock lock(mutex_);
      trying_again_ = false;
      trouble_ = trouble;
      failed_ms_ = trouble.empty() ? std::nullopt : std::optional(clock_.SteadyMs());
    }
    if (trouble.empty() && follower_->IsOpen()) follower_->CloseIfIdle();
  }

  const int64_t service_retry_ms_;
  const Clock& clock_;
  const std::unique_ptr<StateReader> service_;
  const std::unique_ptr<FollowerReader> follower_;

  Mutex mutex_;
  std::optional<int64_t> failed_ms_ ODOMETER_GUARDED_BY(mutex_);  // since when the service is away: its last failure
  bool trying_again_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::string trouble_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<StateReader> NewInstanceReader(InstanceReaderOptions options, const Clock* clock) {
  return std::make_unique<InstanceReader>(std::move(options), clock);
}

}  // namespace odometer
