#include "common/state/instance_reader.h"

#include <optional>
#include <utility>

#include "common/base/log.h"
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
                                     .events_retention_ms = options.events_retention_ms,
                                     .catch_up_ms = options.catch_up_ms},
                                    clock)) {}

  Result<std::unique_ptr<StateView>> View(const Deadline& deadline) override {
    if (Attempt attempt(this); attempt.allowed()) {
      Result<std::unique_ptr<StateView>> view = service_->View(deadline);
      // One that only the deadline cut short says nothing about the service.
      const bool away = view.status().Is(ErrorKind::kRetry) && !deadline.Passed();
      attempt.SetTrouble(away ? view.status().message() : "");
      if (!away) return view;
    }
    Result<std::unique_ptr<StateView>> view = follower_->View(deadline);
    if (!view.status().Is(ErrorKind::kRetry)) return view;
    LogTrouble(view.status().message());
    return Status::Retry("the processor does not answer, and its database cannot be read yet");
  }

 private:
  // One view of the service. While it is away only one at a time may try, once in service_retry_ms_: a service that
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

  // For the operator, with paths, and once for each cause.
  void LogTrouble(const std::string& of_database) {
    MutexLock lock(mutex_);
    std::string trouble = "service=\"" + trouble_ + "\" database=\"" + of_database + "\"";
    if (trouble == logged_trouble_) return;
    LogWarn("state", "no state to read {}", trouble);
    logged_trouble_ = std::move(trouble);
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
      if (trouble.empty()) logged_trouble_.clear();
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
  std::string logged_trouble_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<StateReader> NewInstanceReader(InstanceReaderOptions options, const Clock* clock) {
  return std::make_unique<InstanceReader>(std::move(options), clock);
}

}  // namespace odometer
