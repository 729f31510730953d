// The real parts behind the HTTP APIs, put together once for `ingest`, `query` and `serve`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/config/config.h"
#include "cli/group_in_use.h"
#include "cli/rules/rules_in_use.h"
#include "cli/state_watch.h"
#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/http/server.h"
#include "common/kafka/admin.h"
#include "common/kafka/producer.h"
#include "common/kafka/log_reader.h"
#include "common/state/definition_table.h"
#include "common/state/outcome_follower.h"
#include "common/state/state_reader.h"
#include "ingest/statsd.h"
#include "query/live/live.h"
#include "query/query.h"

namespace odometer::cli {

// Not thread-safe, except NotReady. Stop after the server has stopped.
class IngestParts {
 public:
  // `clock` and `metrics` must outlive the parts.
  static Result<std::unique_ptr<IngestParts>> Make(const Config& config, const Clock* clock, Metrics* metrics);

  void AddRoutes(http::Router* router);
  // The health routes of an ingest that stands alone; on a shared port the query's answer.
  void AddHealthRoutes(http::Router* router);
  std::vector<std::string> NotReady() const;
  // Reads the rules file anew.
  void Reload() { (void)rules_.Reload(); }
  // Begins to take lines of statsd, where that is configured.
  Status StartStatsd();
  // Takes no more lines, and waits for records under way.
  void Stop();

 private:
  IngestParts(const Config& config, std::unique_ptr<AsyncProducer> producer, const Clock* clock, Metrics* metrics)
      : rules_(config.processor.rules_file),
        options_(config.ingest),
        definition_options_(config.definitions),
        statsd_options_(config.statsd),
        producer_(std::move(producer)),
        clock_(clock),
        metrics_(metrics) {}
  Status OpenFollower(const Config& config);

  RulesInUse rules_;
  IngestOptions options_;
  DefinitionOptions definition_options_;
  StatsdOptions statsd_options_;
  DefinitionTable table_;
  std::unique_ptr<AsyncProducer> producer_;  // reports to the table
  std::unique_ptr<OutcomeFollower> follower_;  // null when no commands are applied
  std::unique_ptr<StatsdListener> statsd_;  // null when it is not configured
  const Clock* clock_;
  Metrics* metrics_;
};

// Not thread-safe, except NotReady. Stop after the server has stopped.
class QueryParts {
 public:
  // `listen` tells apart several of one instance. `clock` and `metrics` must outlive the parts.
  static Result<std::unique_ptr<QueryParts>> Make(const Config& config, const std::string& listen, const Clock* clock,
                                                  Metrics* metrics);

  void AddRoutes(http::Router* router);
  std::vector<std::string> NotReady() const;
  // Reads the rules file anew.
  void Reload() { (void)rules_->Reload(); }
  void Stop();

 private:
  QueryParts() = default;

  // In the order in which they need each other.
  std::unique_ptr<RulesInUse> rules_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<GroupInUse> group_;
  std::unique_ptr<StateReader> state_;
  std::unique_ptr<ControlWriter> control_;
  std::unique_ptr<Query> query_;
  std::unique_ptr<Live> live_;
  std::unique_ptr<StateWatch> watch_;
};

}  // namespace odometer::cli
