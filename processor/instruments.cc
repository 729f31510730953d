#include "processor/instruments.h"

#include <algorithm>

#include "common/model/event_decoder.h"

namespace odometer {

namespace {

Metrics::Labels Of(int32_t task) { return {{"partition", TaskLabel(task)}}; }

struct GaugeName {
  const char* name;
  const char* help;
};
constexpr GaugeName kLagRecords{"odometer_lag_records", "Records in the input partition not yet committed."};
constexpr GaugeName kLagSeconds{"odometer_lag_seconds", "Age of the oldest record not yet committed."};
constexpr GaugeName kSeries{"odometer_series", "Series of the task."};

prometheus::Gauge& TaskGauge(Metrics* metrics, const GaugeName& gauge, int32_t task) {
  return metrics->Gauge(gauge.name, gauge.help, Of(task));
}

prometheus::Counter& RejectedCounter(Metrics* metrics, int32_t task, size_t reason) {
  return metrics->Counter("odometer_events_rejected_total", "Records that could not be applied, by reason.",
                          {{"partition", TaskLabel(task)},
                           {"reason", std::string(RejectReasonName(static_cast<RejectReason>(reason)))}});
}

prometheus::Counter& OverflowedCounter(Metrics* metrics, int32_t task, SeriesLimit limit) {
  return metrics->Counter(
      "odometer_events_overflowed_total", "Events folded into an overflow series, by the limit.",
      {{"partition", TaskLabel(task)}, {"reason", limit == SeriesLimit::kOrg ? "series_per_org" : "series"}});
}

prometheus::Counter& ReadingsCounter(Metrics* metrics, int32_t task) {
  return metrics->Counter("odometer_readings_total", "Readings that were recorded.", Of(task));
}

prometheus::Counter& AlertsCounter(Metrics* metrics, int32_t task) {
  return metrics->Counter("odometer_alerts_total", "Readings and events outside the limits of their metric.", Of(task));
}

prometheus::Counter& ForgottenIdsCounter(Metrics* metrics, int32_t task) {
  return metrics->Counter("odometer_ids_forgotten_total", "Ids that made room for others before their retention.",
                          Of(task));
}

}  // namespace

std::string TaskLabel(int32_t task) {
  return (IsCommandTask(task) ? "commands/" : "") + std::to_string(TaskPartition(task));
}

Instruments::Instruments(Metrics* metrics) : metrics_(metrics) {}

Instruments::PerTask& Instruments::TaskMetrics(int32_t task) { return tasks_[task]; }

void Instruments::TaskOpened(int32_t task, const Accounting& restored, uint64_t restore_records,
                             bool full_restore) {
  MutexLock lock(mutex_);
  TaskMetrics(task).counted = restored;
  // All are there from the beginning, so that rates see the first event.
  CountEvents(task, restored, restored);
  for (size_t reason = 1; reason < kRejectReasons; ++reason) RejectedCounter(metrics_, task, reason);
  for (SeriesLimit limit : {SeriesLimit::kOrg, SeriesLimit::kTask}) OverflowedCounter(metrics_, task, limit);
  ForgottenIdsCounter(metrics_, task);
  AlertsCounter(metrics_, task);
  if (IsCommandTask(task)) ReadingsCounter(metrics_, task);
  metrics_->Counter("odometer_restore_records_total", "Changelog records read to restore tasks.", Of(task))
      .Increment(static_cast<double>(restore_records));
  metrics_->Counter("odometer_restores_total", "Restores, by whether they started from a checkpoint.",
                    {{"kind", full_restore ? "full" : "tail"}})
      .Increment();
  metrics_->Gauge("odometer_restore_last_records", "Changelog records read by the latest restore.", Of(task))
      .Set(static_cast<double>(restore_records));
}

void Instruments::TaskClosed(int32_t task) {
  MutexLock lock(mutex_);
  tasks_.erase(task);
  for (const GaugeName* gauge : {&kLagRecords, &kLagSeconds, &kSeries}) TaskGauge(metrics_, *gauge, task).Set(0);
}

void Instruments::TaskCommitted(const Epoch& epoch, uint64_t series) {
  const int32_t task = epoch.task;
  const TaskMeta& meta = epoch.meta;
  MutexLock lock(mutex_);
  PerTask& known = TaskMetrics(task);
  CountEvents(task, known.counted, meta.accounting);
  known.counted = meta.accounting;
  for (SeriesLimit limit : {SeriesLimit::kOrg, SeriesLimit::kTask}) {
    OverflowedCounter(metrics_, task, limit)
        .Increment(static_cast<double>(epoch.overflowed[static_cast<size_t>(limit)]));
  }
  const auto forgotten = std::count_if(epoch.ids.begin(), epoch.ids.end(), [](const auto& id) { return id.forgot; });
  ForgottenIdsCounter(metrics_, task).Increment(static_cast<double>(forgotten));
  AlertsCounter(metrics_, task).Increment(static_cast<double>(epoch.alerts));
  if (IsCommandTask(task)) {
    ReadingsCounter(metrics_, task).Increment(static_cast<double>(epoch.readings));
    return;
  }
  metrics_->Gauge("odometer_stream_time_seconds", "The highest event time seen.", Of(task))
      .Set(meta.stream_time_ms == kBeginningOfTime ? 0 : static_cast<double>(meta.stream_time_ms) / 1000);
  TaskGauge(metrics_, kSeries, task).Set(static_cast<double>(series));
}

void Instruments::CountEvents(int32_t task, const Accounting& before, const Accounting& after) {
  auto count = [&](const char* what, const char* help, uint64_t Accounting::*member) {
    metrics_->Counter(std::string("odometer_events_") + what + "_total", help, Of(task))
        .Increment(static_cast<double>(after.*member - before.*member));
  };
  count("consumed", "Records read from the input topic and committed.", &Accounting::consumed);
  count("applied", "Events that changed aggregates, and control records.", &Accounting::applied);
  count("duplicate", "Events whose id was seen before.", &Accounting::duplicate);
  count("late", "Events past the retention of every tier.", &Accounting::late);
  for (size_t reason = 1; reason < kRejectReasons; ++reason) {
    if (after.rejected[reason] == before.rejected[reason]) continue;
    RejectedCounter(metrics_, task, reason)
        .Increment(static_cast<double>(after.rejected[reason] - before.rejected[reason]));
  }
}

void Instruments::RestoreProgress(int32_t task, uint64_t records, uint64_t of) {
  metrics_->Gauge("odometer_restore_progress_ratio", "Of the restore under way.", Of(task))
      .Set(of == 0 ? 1 : static_cast<double>(records) / static_cast<double>(of));
}

void Instruments::CommitEnded(const std::string& outcome, double seconds) {
  metrics_->Counter("odometer_commits_total", "Commits by outcome.", {{"outcome", outcome}}).Increment();
  metrics_->Seconds("odometer_commit_seconds", "Duration of commits.").Observe(seconds);
}

void Instruments::Lag(int32_t task, SeenEnd end, int64_t lag_records, double lag_seconds) {
  MutexLock lock(mutex_);
  TaskMetrics(task).log_end = end;
  TaskGauge(metrics_, kLagRecords, task).Set(static_cast<double>(lag_records));
  TaskGauge(metrics_, kLagSeconds, task).Set(lag_seconds);
}

void Instruments::Memory(uint64_t limit_bytes, uint64_t series_bytes) {
  metrics_->Gauge("odometer_memory_limit_bytes", "What memory.limit says.").Set(static_cast<double>(limit_bytes));
  metrics_->Gauge("odometer_series_memory_bytes", "Memory of the series' names and recent windows, and of ids.")
      .Set(static_cast<double>(series_bytes));
}

void Instruments::State(uint64_t disk_bytes, uint64_t memory_bytes, uint64_t overlay_bytes) {
  metrics_->Gauge("odometer_state_disk_bytes", "Size of the local store on disk.").Set(static_cast<double>(disk_bytes));
  metrics_->Gauge("odometer_state_memory_bytes", "Memory of the local store: block cache and write buffers.")
      .Set(static_cast<double>(memory_bytes));
  metrics_->Gauge("odometer_overlay_bytes", "Memory of what is not yet committed.")
      .Set(static_cast<double>(overlay_bytes));
}

void Instruments::Progressed(int64_t now_ms) {
  MutexLock lock(mutex_);
  last_progress_ms_ = now_ms;
}

std::optional<int64_t> Instruments::last_progress_ms() const {
  MutexLock lock(mutex_);
  return last_progress_ms_;
}

void Instruments::SetNotReady(std::vector<std::string> reasons) {
  MutexLock lock(mutex_);
  not_ready_ = std::move(reasons);
}

std::vector<std::string> Instruments::NotReadyReasons() const {
  MutexLock lock(mutex_);
  return not_ready_;
}

Instruments::SeenEnd Instruments::LogEnd(int32_t task) const {
  MutexLock lock(mutex_);
  auto found = tasks_.find(task);
  return found == tasks_.end() ? SeenEnd{} : found->second.log_end;
}

}  // namespace odometer
