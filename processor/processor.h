// The processor: consumes the input topic, keeps the aggregates, commits them exactly once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/kafka/types.h"
#include "common/model/tier.h"
#include "processor/rebuild_bounds.h"
#include "processor/seen_ids.h"
#include "processor/series_limits.h"
#include "rules/rule_set.h"

namespace odometer {

struct ProcessorOptions {
  std::string application = "odometer";      // consumer group; prefix of changelogs and transactional ids
  int32_t generation = 1;                    // common/state/generation.h; state_dir is already its folder
  std::string instance_id = "odometer-1";    // unique per instance, the same after a restart
  std::string advertised_address = "127.0.0.1:7000";  // of this instance's query sidecar
  std::string input_topic = "metrics.events";
  std::string dead_letter_topic = "metrics.dead-letters";
  std::string commands_topic = "metrics.commands";  // these three: with exactly_once only
  std::string outcomes_topic = "metrics.outcomes";
  std::string alerts_topic = "metrics.alerts";
  std::string state_dir;                     // common/state/state_paths.h says what lies in it
  KafkaProperties kafka;                     // for every client; bootstrap.servers at least

  bool exactly_once = true;
  bool dead_letter_late = false;
  TierSet tiers = TierSet::Default();
  int64_t events_retention_ms = kForever;    // of raw events, by stream time

  SeenIdsOptions deduplication;
  SeriesLimitOptions limits;                 // of each task

  int64_t commit_interval_ms = 100;          // near the end of the log
  int64_t commit_max_interval_ms = 10'000;   // while catching up
  int transaction_timeout_ms = 15'000;
  int session_timeout_ms = 10'000;
  int64_t stuck_timeout_ms = 300'000;        // without progress: it has failed

  uint64_t memory_limit_bytes = 640ull << 20;  // at least kLeastMemoryLimitBytes; memory_budget.h shares it out
  size_t prefetch_records = 50'000;
  int16_t changelog_replication = -1;        // -1: the broker's default

  std::string rules_file;                    // docs/rules.md; empty: none
  std::shared_ptr<const rules::RuleSet> rules;  // of that file; null: there are no sources

  // Set: it builds this generation beside the one in use. Then it counts within these bounds, judges no events, so writes
  // no alerts, and leaves the commands' topic alone, whose outcomes are decided once. With exactly_once only.
  std::shared_ptr<RebuildBounds> rebuild;
};

// Start and Stop from one thread; the rest is thread-safe.
class Processor {
 public:
  virtual ~Processor() = default;

  // Checks the topics and the state folder, creates what is missing of them, then runs on threads of its own. The
  // changelogs follow there, with the first partitions.
  // kRetry while no broker can be reached; kStop, with what to do, when it must not run.
  virtual Status Start() = 0;
  // Commits, gives up its partitions, closes. While a broker is silent that can take longer than anybody should wait:
  // what is not committed is counted again at the next start, so the process may just end. Idempotent.
  virtual void Stop() = 0;
  // Not OK once the processor has stopped by itself, or has got nowhere for stuck_timeout_ms: the reason. The process
  // should then exit with failure; in the second case Stop may never return, because a call into a library hangs.
  virtual Status Failure() const = 0;
  // Why it is not ready (restoring, no assignment yet, no broker); empty: it is.
  virtual std::vector<std::string> NotReadyReasons() const = 0;
  // After Start: counts by these rules from the next batch on. False when their sources are others than those that it
  // consumes: a new processor can.
  virtual bool FollowRules(std::shared_ptr<const rules::RuleSet> rules) = 0;
};

// `metrics` and `clock` must outlive the processor.
Result<std::unique_ptr<Processor>> NewProcessor(ProcessorOptions options, const Clock* clock, Metrics* metrics);

}  // namespace odometer
