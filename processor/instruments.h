// What the processor tells of itself: Prometheus metrics, readiness, and the ends of the input partitions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/metrics.h"
#include "common/base/mutex.h"
#include "common/state/state_layout.h"
#include "processor/epoch.h"
#include "processor/inputs.h"

namespace odometer {

// Thread-safe.
class Instruments {
 public:
  struct SeenEnd {
    int64_t offset = -1;  // -1: not seen yet
    int64_t seen_ms = 0;  // epoch ms
  };

  // Both must outlive it.
  Instruments(Metrics* metrics, const Inputs* inputs);

  // A task began, as restored: what it counted in earlier lives is not counted again.
  void TaskOpened(int32_t task, const TaskMeta& restored, uint64_t restore_records, bool full_restore);
  void TaskClosed(int32_t task);
  void TaskCommitted(const Epoch& epoch, uint64_t series);
  void RestoreProgress(int32_t task, uint64_t records, uint64_t of);
  // The task is open, or another process is to open it.
  void RestoreEnded(int32_t task);
  // Of the restores under way: task → how far, in thousandths.
  std::map<int32_t, int32_t> Restoring() const;

  // `outcome`: "committed", "aborted", "recovered".
  void CommitEnded(const std::string& outcome, double seconds);
  void Lag(int32_t task, SeenEnd end, int64_t lag_records, double lag_seconds);
  void Memory(uint64_t limit_bytes, uint64_t series_bytes);
  void State(uint64_t disk_bytes, uint64_t memory_bytes, uint64_t overlay_bytes);

  // The processor got somewhere: a commit, a restored task; or there is nothing left to do. Steady ms.
  void Progressed(int64_t now_ms);
  // Of the latest; nothing before the first.
  std::optional<int64_t> last_progress_ms() const;

  void SetNotReady(std::vector<std::string> reasons);
  std::vector<std::string> NotReadyReasons() const;
  // The end of the input partition as last seen.
  SeenEnd LogEnd(int32_t task) const;

 private:
  struct PerTask;

  PerTask& TaskMetrics(int32_t task) ODOMETER_REQUIRES(mutex_);
  void CountEvents(int32_t task, const Accounting& before, const Accounting& after) ODOMETER_REQUIRES(mutex_);
  // Of a task of a source: what its records gave.
  void CountRules(int32_t task, const RulesHistory& before, const RulesHistory& after) ODOMETER_REQUIRES(mutex_);

  Metrics::Labels Of(int32_t task) const;
  prometheus::Gauge& TaskGauge(const char* name, const char* help, int32_t task) const;
  prometheus::Counter& TaskCounter(const char* name, const char* help, int32_t task) const;
  prometheus::Counter& RejectedCounter(int32_t task, size_t reason) const;
  prometheus::Counter& OverflowedCounter(int32_t task, SeriesLimit limit) const;

  Metrics* const metrics_;
  const Inputs& inputs_;
  mutable Mutex mutex_;
  std::map<int32_t, PerTask> tasks_ ODOMETER_GUARDED_BY(mutex_);
  std::map<int32_t, int32_t> restoring_ ODOMETER_GUARDED_BY(mutex_);
  std::optional<int64_t> last_progress_ms_ ODOMETER_GUARDED_BY(mutex_);
  std::vector<std::string> not_ready_ ODOMETER_GUARDED_BY(mutex_) = {"starting"};

  struct PerTask {
    Accounting counted;
    RulesHistory rules;
    SeenEnd log_end;
  };
};

}  // namespace odometer
