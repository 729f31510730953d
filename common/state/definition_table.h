// All definitions, as the outcomes of commands tell them: what every process that serves them keeps in memory, and where
// requests wait for their outcomes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/mutex.h"
#include "common/model/command.h"
#include "common/model/definition.h"
#include "common/state/definition_limits.h"

namespace odometer {

// Of a metric so many readings are shown, those of the latest times. All are kept.
inline constexpr size_t kShownReadings = 500;

// Thread-safe.
class DefinitionTable {
 public:
  struct Entry {
    Definition definition;
    std::map<int64_t, Reading> readings;  // by time
  };
  // What became of a request: nothing when its time was over before that was known.
  using Done = std::function<void(const std::optional<CommandOutcome>&)>;

  // Keeps of each metric so many readings.
  explicit DefinitionTable(size_t shown_readings = kShownReadings) : shown_readings_(shown_readings) {}

  // --- For the one that follows the log ---
  // A new start: what there was may be wrong. Requests go on waiting.
  void Reset();
  void Load(const Definition& definition);
  void Forget(const std::string& definition_key);
  void LoadReading(uint64_t definition_id, const Reading& reading);
  // In the order of the log. Applies what is new, then answers who waits for it, on the caller's thread.
  void Apply(const CommandOutcome& outcome);
  // From now on the table is as new as the log. `partitions`: of the commands' topic.
  void SetReady(int32_t partitions);
  void SetNotReady();
  // Answers those whose time is over.
  void Expire(int64_t now_steady_ms);
  // Answers all, now and from now on, that nothing is known.
  void Stop();

  // --- For those who ask ---
  // Nothing while it is not as new as the log.
  std::optional<int32_t> partitions() const;
  std::optional<Entry> Find(std::string_view org, std::string_view code) const;
  // By code, without readings.
  std::vector<Definition> List(std::string_view org, size_t limit) const;

  // --- For those who judge events ---
  // Another number whenever limits() would give something else; 0 before the table was as new as the log for the first
  // time. Costs a memory access.
  uint64_t limits_version() const { return limits_version_.load(std::memory_order_acquire); }
  // Of the active definitions. While the table is not as new as the log, those that it had when it last was.
  std::shared_ptr<const DefinitionLimits> limits();

  // --- For those who wait ---
  // Calls `done` once, with the outcome of the request, or when its time is over. Before the command is written. A request
  // may wait more than once: its client has sent it again.
  using Ticket = uint64_t;
  Ticket Await(const Command& command, int64_t deadline_steady_ms, Done done);
  // The command was not written: that `done` is not called any more. False: it was already.
  bool Cancel(Ticket ticket);

 private:
  struct Waiting {
    Ticket ticket;
    Command::Kind kind;
    std::string org, code, request_id;
    int64_t deadline_ms;
    Done done;
    bool IsFor(const CommandOutcome& outcome) const {
      return kind == outcome.kind && request_id == outcome.request_id && code == outcome.code && org == outcome.org;
    }
  };

  void LoadReadingLocked(uint64_t definition_id, const Reading& reading) ODOMETER_REQUIRES(mutex_);
  void ApplyLocked(const CommandOutcome& outcome) ODOMETER_REQUIRES(mutex_);

  // The org's limits have changed.
  void LimitsChangedLocked(const std::string& org) ODOMETER_REQUIRES(mutex_);
  std::shared_ptr<const DefinitionLimits::OfOrg> LimitsOfLocked(const std::string& org) const ODOMETER_REQUIRES(mutex_);

  const size_t shown_readings_;
  mutable Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ ODOMETER_GUARDED_BY(mutex_);
  std::map<uint64_t, std::string> keys_ ODOMETER_GUARDED_BY(mutex_);  // by definition id
  std::list<Waiting> waiting_ ODOMETER_GUARDED_BY(mutex_);
  Ticket last_ticket_ ODOMETER_GUARDED_BY(mutex_) = 0;
  std::optional<int32_t> partitions_ ODOMETER_GUARDED_BY(mutex_);
  bool stopped_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const DefinitionLimits> limits_ ODOMETER_GUARDED_BY(mutex_) = std::make_shared<DefinitionLimits>();
  std::set<std::string> changed_orgs_ ODOMETER_GUARDED_BY(mutex_);  // limits_ does not have their changes yet
  std::atomic<uint64_t> limits_version_{0};
};

}  // namespace odometer
