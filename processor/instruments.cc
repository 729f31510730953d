#include "processor/instruments.h"

#include <algorithm>

#include "common/model/event_decoder.h"

namespace odometer {

namespace {

Metrics::Labels Of(int32_t partition) { return {{"partition", std::to_string(partition)}}; }

struct GaugeName {
  const char* name;
  const char* help;
};
constexpr GaugeName kLagRecords{"odometer_lag_records", "Records in the input partition not yet committed."};
constexpr GaugeName kLagSeconds{"odometer_lag_seconds", "Age of the oldest record not yet committed."};
constexpr GaugeName kSeries{"odometer_series", "Series of the task."};

prometheus::Gauge& TaskGauge(Metrics* metrics, const GaugeName& gauge, int32_t partition) {
  return metrics->Gauge(gauge.name, gauge.help, Of(partition));
}

prometheus::Counter& RejectedCounter(Metrics* metrics, int32_t partition, size_t reason) {
  return metrics->Counter("odometer_events_rejected_total", "Records that could not be applied, by reason.",
                          {{"partition", std::to_string(partition)},
                           {"reason", std::string(RejectReasonName(static_cast<RejectReason>(reason)))}});
}

prometheus::Counter& OverflowedCounter(Metrics* metrics, int32_t partition, SeriesLimit limit) {
  return metrics->Counter(
      "odometer_events_overflowed_total", "Events folded into an overflow series, by the limit.",
      {{"partition", std::to_string(partition)}, {"reason", limit == SeriesLimit::kOrg ? "series_per_org" : "series"}});
}

prometheus::Counter& ForgottenIdsCounter(Metrics* metrics, int32_t partition) {
  return metrics->Counter("odometer_ids_forgotten_total", "Ids that made room for others before their retention.",
                          Of(partition));
}

}  // namespace

Instruments::Instruments(Metrics* metrics) : metrics_(metrics) {}

Instruments::PerTask& Instruments::TaskMetrics(int32_t partition) { return tasks_[partition]; }

void Instruments::TaskOpened(int32_t partition, const Accounting& restored, uint64_t restore_records,
                             bool full_restore) {
  MutexLock lock(mutex_);
  TaskMetrics(partition).counted = restored;
  // All are there from the beginning, so that rates see the first event.
  CountEvents(partition, restored, restored);
  for (size_t reason = 1; reason < kRejectReasons; ++reason) RejectedCounter(metrics_, partition, reason);
  for (SeriesLimit limit : {SeriesLimit::kOrg, SeriesLimit::kTask}) OverflowedCounter(metrics_, partition, limit);
  ForgottenIdsCounter(metrics_, partition);
  metrics_->Counter("odometer_restore_records_total", "Changelog records read to restore tasks.", Of(partition))
      .Increment(static_cast<double>(restore_records));
  metrics_->Counter("odometer_restores_total", "Restores, by whether they started from a checkpoint.",
                    {{"kind", full_restore ? "full" : "tail"}})
      .Increment();
  metrics_->Gauge("odometer_restore_last_records", "Changelog records read by the latest restore.", Of(partition))
      .Set(static_cast<double>(restore_records));
}

void Instruments::TaskClosed(int32_t partition) {
  MutexLock lock(mutex_);
  tasks_.erase(partition);
  for (const GaugeName* gauge : {&kLagRecords, &kLagSeconds, &kSeries}) TaskGauge(metrics_, *gauge, partition).Set(0);
}

void Instruments::TaskCommitted(const Epoch& epoch, uint64_t series) {
  const int32_t partition = epoch.partition;
  const TaskMeta& meta = epoch.meta;
  MutexLock lock(mutex_);
  PerTask& task = TaskMetrics(partition);
  CountEvents(partition, task.counted, meta.accounting);
  task.counted = meta.accounting;
  for (SeriesLimit limit : {SeriesLimit::kOrg, SeriesLimit::kTask}) {
    OverflowedCounter(metrics_, partition, limit)
        .Increment(static_cast<double>(epoch.overflowed[static_cast<size_t>(limit)]));
  }
  const auto forgotten = std::count_if(epoch.ids.begin(), epoch.ids.end(), [](const auto& id) { return id.forgot; });
  ForgottenIdsCounter(metrics_, partition).Increment(static_cast<double>(forgotten));
  metrics_->Gauge("odometer_stream_time_seconds", "The highest event time seen.", Of(partition))
      .Set(meta.stream_time_ms == kBeginningOfTime ? 0 : static_cast<double>(meta.stream_time_ms) / 1000);
  TaskGauge(metrics_, kSeries, partition).Set(static_cast<double>(series));
}

void Instruments::CountEvents(int32_t partition, const Accounting& before, const Accounting& after) {
  auto count = [&](const char* what, const char* help, uint64_t Accounting::*member) {
    metrics_->Counter(std::string("odometer_events_") + what + "_total", help, Of(partition))
        .Increment(static_cast<double>(after.*member - before.*member));
  };
  count("consumed", "Records read from the input topic and committed.", &Accounting::consumed);
  count("applied", "Events that changed aggregates, and control records.", &Accounting::applied);
  count("duplicate", "Events whose id was seen before.", &Accounting::duplicate);
  count("late", "Events past the retention of every tier.", &Accounting::late);
  for (size_t reason = 1; reason < kRejectReasons; ++reason) {
    if (after.rejected[reason] == before.rejected[reason]) continue;
    RejectedCounter(metrics_, partition, reason)
        .Increment(static_cast<double>(after.rejected[reason] - before.rejected[reason]));
  }
}

void Instruments::RestoreProgress(int32_t partition, uint64_t records, uint64_t of) {
  metrics_->Gauge("odometer_restore_progress_ratio", "Of the restore under way.", Of(partition))
      .Set(of == 0 ? 1 : static_cast<double>(records) / static_cast<double>(of));
}

void Instruments::CommitEnded(const std::string& outcome, double seconds) {
  metrics_->Counter("odometer_commits_total", "Commits by outcome.", {{"outcome", outcome}}).Increment();
  metrics_->Seconds("odometer_commit_seconds", "Duration of commits.").Observe(seconds);
}

void Instruments::Lag(int32_t partition, SeenEnd end, int64_t lag_records, double lag_seconds) {
  MutexLock lock(mutex_);
  TaskMetrics(partition).log_end = end;
  TaskGauge(metrics_, kLagRecords, partition).Set(static_cast<double>(lag_records));
  TaskGauge(metrics_, kLagSeconds, partition).Set(lag_seconds);
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

Instruments::SeenEnd Instruments::LogEnd(int32_t partition) const {
  MutexLock lock(mutex_);
  auto task = tasks_.find(partition);
  return task == tasks_.end() ? SeenEnd{} : task->second.log_end;
}

}  // namespace odometer
