#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cli/config/options.h"
#include "cli/listener.h"
#include "cli/service_commands.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "webhook/webhook.h"

namespace odometer::cli {
namespace {

constexpr const char* kName = "webhook";
constexpr int kAdminTimeoutMs = 5'000;
constexpr int kRetryMs = 1'000;
constexpr size_t kPrefetchRecords = 1'000;
constexpr size_t kPrefetchBytes = 8 << 20;

// A webhook with all that it works with. What is under way ends with it.
class WebhookRun {
 public:
  static Result<std::shared_ptr<WebhookRun>> Make(const Config& config, const Clock* clock, WebhookMetrics* metrics) {
    auto run = std::make_shared<WebhookRun>();
    const std::string client_id = config.processor.application + "-webhook";
    Result<std::unique_ptr<Admin>> admin = NewRdAdmin(config.kafka(), client_id, kAdminTimeoutMs);
    if (!admin.ok()) return admin.status();
    run->admin_ = std::move(*admin);
    ConsumerOptions consumer_options;
    consumer_options.properties = config.kafka();
    consumer_options.properties.try_emplace("session.timeout.ms", std::to_string(config.processor.session_timeout_ms));
    consumer_options.group_id = config.processor.application + "-webhook";
    consumer_options.instance_id = config.processor.instance_id;
    consumer_options.client_id = client_id;
    consumer_options.prefetch_records = kPrefetchRecords;
    consumer_options.prefetch_bytes = kPrefetchBytes;
    Result<std::unique_ptr<Consumer>> consumer = NewRdConsumer(consumer_options);
    if (!consumer.ok()) return consumer.status();
    run->consumer_ = std::move(*consumer);
    Result<std::unique_ptr<Poster>> poster = NewCurlPoster(config.webhook.poster);
    if (!poster.ok()) return poster.status();
    run->poster_ = std::move(*poster);
    auto random = [engine = std::mt19937_64(std::random_device()())]() mutable {
      return std::uniform_real_distribution<double>(0, 1)(engine);
    };
    run->webhook_ = std::make_unique<Webhook>(
        config.webhook.options,
        WebhookParts{run->consumer_.get(), run->admin_.get(), run->poster_.get(), clock, random, metrics});
    return run;
  }

  // Until asked to stop, or until it cannot go on: the reason.
  Status Run(StopSignal* stop) {
    Status status = webhook_->Start();
    while (status.ok() && !stop->WaitFor(0)) status = webhook_->RunOnce();
    webhook_->Shutdown();
    return status;
  }

  std::vector<std::string> NotReadyReasons() const { return webhook_->NotReadyReasons(); }

 private:
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Poster> poster_;
  std::unique_ptr<Webhook> webhook_;
};

// The one that /readyz is asked about: another one after each failure.
class CurrentRun {
 public:
  void Set(std::shared_ptr<WebhookRun> run) {
    MutexLock lock(mutex_);
    run_ = std::move(run);
  }
  void Ended(const Status& status) {
    MutexLock lock(mutex_);
    run_ = nullptr;
    failure_ = status.ok() ? "" : status.message();
  }
  std::vector<std::string> NotReadyReasons() const {
    MutexLock lock(mutex_);
    if (run_) return run_->NotReadyReasons();
    return {failure_.empty() ? "starting" : failure_};
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<WebhookRun> run_ ODOMETER_GUARDED_BY(mutex_);
  std::string failure_ ODOMETER_GUARDED_BY(mutex_);
};

Status RunOnce(const Config& config, const Clock* clock, WebhookMetrics* metrics, CurrentRun* current,
               StopSignal* stop) {
  Result<std::shared_ptr<WebhookRun>> run = WebhookRun::Make(config, clock, metrics);
  if (!run.ok()) return run.status();
  current->Set(*run);
  Status status = (*run)->Run(stop);
  current->Ended(status);
  return status;
}

}  // namespace

int RunWebhook(const Config& config, const ConfigSource&, StopSignal* stop) {
  const SystemClock clock;
  Metrics metrics;
  const std::vector<WebhookTarget>& targets = config.webhook.options.delivery.targets;
  if (targets.empty()) return Fail(kName, Status::Invalid(std::string(kWebhooksKey) + " is empty: there is nothing to do"));
  WebhookMetrics webhook_metrics(&metrics);
  CurrentRun current;
  Result<std::unique_ptr<http::Server>> server =
      Listen(kName, config.webhook_listen, config, /*gate=*/nullptr, http::Router(),
             [&current] { return current.NotReadyReasons(); }, &metrics);
  if (!server.ok()) return Fail(kName, server.status());
  const StopSignal::OnHangup on_hangup(stop, [] { LogInfo(kName, "SIGHUP: webhooks are not read anew"); });
  LogInfo(kName, "delivering topic={} orgs={}", config.webhook.options.topic, targets.size());

  Status status = RunOnce(config, &clock, &webhook_metrics, &current, stop);
  std::string told;
  while (status.Is(ErrorKind::kRetry) || status.Is(ErrorKind::kRecover)) {
    if (told != status.message()) LogWarn(kName, "trying again: {}", status.message());
    told = status.message();
    status = stop->WaitFor(kRetryMs) ? Status::Ok() : RunOnce(config, &clock, &webhook_metrics, &current, stop);
  }
  (*server)->Stop(kDrainMs);
  if (!status.ok()) return Fail(kName, status);
  LogInfo(kName, "stopped");
  return 0;
}

}  // namespace odometer::cli
