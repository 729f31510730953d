#include "processor/instruments.h"

#include <algorithm>

#include "common/model/event_decoder.h"

namespace odometer {

namespace {

struct GaugeName {
  const char* name;
  const char* help;
};
constexpr GaugeName kLagRecords{"odometer_lag_records", "Records in the input partition not yet committed."};
constexpr GaugeName kLagSeconds{"odometer_lag_seconds", "Age of the oldest record not yet committed."};
constexpr GaugeName kSeries{"odometer_series", "Series of the task."};
constexpr const char* kReadings = "odometer_readings_total";
constexpr const char* kReadingsHelp = "Readings that were recorded.";
constexpr const char* kAlerts = "odometer_alerts_total";
constexpr const char* kAlertsHelp = "Readings and events outside the limits of their metric.";
constexpr const char* kRestoreProgress = "odometer_restore_progress_ratio";
constexpr const char* kRestoreProgressHelp = "Of the restore under way.";
constexpr const char* kForgottenIds = "odometer_ids_forgotten_total";
constexpr const char* kForgottenIdsHelp = "Ids that made room for others before their retention.";

}  // namespace

Instruments::Instruments(Metrics* metrics, const Inputs* inputs) : metrics_(metrics), inputs_(*inputs) {}

Metrics::Labels Instruments::Of(int32_t task) const { return {{"partition", inputs_.LabelOf(task)}}; }

prometheus::Gauge& Instruments::TaskGauge(const char* name, const char* help, int32_t task) const {
  return metrics_->Gauge(name, help, Of(task));
}

prometheus::Counter& Instruments::TaskCounter(const char* name, const char* help, int32_t task) const {
  return metrics_->Counter(name, help, Of(task));
}

prometheus::Counter& Instruments::RejectedCounter(int32_t task, size_t reason) const {
  return metrics_->Counter("odometer_events_rejected_total", "Records that could not be applied, by reason.",
                           {{"partition", inputs_.LabelOf(task)},
                            {"reason", std::string(RejectReasonName(static_cast<RejectReason>(reason)))}});
}

prometheus::Counter& Instruments::OverflowedCounter(int32_t task, SeriesLimit limit) const {
  return metrics_->Counter("odometer_events_overflowed_total", "Events folded into an overflow series, by the limit.",
                           {{"partition", inputs_.LabelOf(task)},
                            {"reason", limit == SeriesLimit::kOrg ? "series_per_org" : "series"}});
}

Instruments::PerTask& Instruments::TaskMetrics(int32_t task) { return tasks_[task]; }

void Instruments::TaskOpened(int32_t task, const TaskMeta& restored, uint64_t restore_records,
                             bool full_restore) {
  MutexLock lock(mutex_);
  TaskMetrics(task).counted = restored.accounting;
  TaskMetrics(task).rules = restored.rules;
  // All are there from the beginning, so that rates see the first event.
  CountEvents(task, restored.accounting, restored.accounting);
  CountRules(task, restored.rules, restored.rules);
  for (size_t reason = 1; reason < kRejectReasons; ++reason) RejectedCounter(task, reason);
  for (SeriesLimit limit : {SeriesLimit::kOrg, SeriesLimit::kTask}) OverflowedCounter(task, limit);
  TaskCounter(kForgottenIds, kForgottenIdsHelp, task);
  TaskCounter(kAlerts, kAlertsHelp, task);
  if (IsCommandTask(task)) TaskCounter(kReadings, kReadingsHelp, task);
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
  for (const GaugeName* gauge : {&kLagRecords, &kLagSeconds, &kSeries}) TaskGauge(gauge->name, gauge->help, task).Set(0);
}

void Instruments::TaskCommitted(const Epoch& epoch, uint64_t series) {
  const int32_t task = epoch.task;
  const TaskMeta& meta = epoch.meta;
  MutexLock lock(mutex_);
  PerTask& known = TaskMetrics(task);
  CountEvents(task, known.counted, meta.accounting);
  known.counted = meta.accounting;
  CountRules(task, known.rules, meta.rules);
  known.rules = meta.rules;
  for (SeriesLimit limit : {SeriesLimit::kOrg, SeriesLimit::kTask}) {
    OverflowedCounter(task, limit)
        .Increment(static_cast<double>(epoch.overflowed[static_cast<size_t>(limit)]));
  }
  const auto forgotten = std::count_if(epoch.ids.begin(), epoch.ids.end(), [](const auto& id) { return id.forgot; });
  TaskCounter(kForgottenIds, kForgottenIdsHelp, task).Increment(static_cast<double>(forgotten));
  TaskCounter(kAlerts, kAlertsHelp, task).Increment(static_cast<double>(epoch.alerts));
  if (IsCommandTask(task)) {
    TaskCounter(kReadings, kReadingsHelp, task).Increment(static_cast<double>(epoch.readings));
    return;
  }
  metrics_->Gauge("odometer_stream_time_seconds", "The highest event time seen.", Of(task))
      .Set(meta.stream_time_ms == kBeginningOfTime ? 0 : static_cast<double>(meta.stream_time_ms) / 1000);
  TaskGauge(kSeries.name, kSeries.help, task).Set(static_cast<double>(series));
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
    RejectedCounter(task, reason)
        .Increment(static_cast<double>(after.rejected[reason] - before.rejected[reason]));
  }
}

void Instruments::CountRules(int32_t task, const RulesHistory& before, const RulesHistory& after) {
  if (!IsSourceTask(task)) return;
  TaskCounter("odometer_rules_events_total", "Events that the rules gave of the records of a source.", task)
      .Increment(static_cast<double>(after.events - before.events));
  TaskCounter("odometer_rules_records_without_events_total", "Records of a source that gave no events.", task)
      .Increment(static_cast<double>(after.without_events - before.without_events));
}

void Instruments::RestoreProgress(int32_t task, uint64_t records, uint64_t of) {
  // More may have been written since it was planned.
  const double ratio = of == 0 ? 1 : std::min(1.0, static_cast<double>(records) / static_cast<double>(of));
  metrics_->Gauge(kRestoreProgress, kRestoreProgressHelp, Of(task)).Set(ratio);
  MutexLock lock(mutex_);
  restoring_[task] = static_cast<int32_t>(1'000 * ratio);
}

void Instruments::RestoreEnded(int32_t task) {
  metrics_->Gauge(kRestoreProgress, kRestoreProgressHelp, Of(task)).Set(1);
  MutexLock lock(mutex_);
  restoring_.erase(task);
}

std::map<int32_t, int32_t> Instruments::Restoring() const {
  MutexLock lock(mutex_);
  return restoring_;
}

void Instruments::CommitEnded(const std::string& outcome, double seconds) {
  metrics_->Counter("odometer_commits_total", "Commits by outcome.", {{"outcome", outcome}}).Increment();
  metrics_->Seconds("odometer_commit_seconds", "Duration of commits.").Observe(seconds);
}

void Instruments::Lag(int32_t task, SeenEnd end, int64_t lag_records, double lag_seconds) {
  MutexLock lock(mutex_);
  TaskMetrics(task).log_end = end;
  TaskGauge(kLagRecords.name, kLagRecords.help, task).Set(static_cast<double>(lag_records));
  TaskGauge(kLagSeconds.name, kLagSeconds.help, task).Set(lag_seconds);
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
