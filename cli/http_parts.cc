#include "cli/http_parts.h"

#include <utility>

#include "cli/rules/live_sources.h"
#include "cli/rules/posted_source.h"
#include "common/base/log.h"
#include "common/kafka/log_reader.h"
#include "common/kafka/topic_tail.h"
#include "common/state/generation_reader.h"
#include "ingest/definitions.h"
#include "ingest/ingest.h"
#include "query/control_writer.h"
#include "query/web/api_docs.h"
#include "query/web/dashboard.h"

namespace odometer::cli {
namespace {

constexpr int kAdminTimeoutMs = 5'000;
constexpr int kFlushMs = 10'000;
// A client that resumes waits meanwhile, and so does stopping.
constexpr int kReplayStallMs = 3'000;

std::unique_ptr<Live> MakeLive(const Config& config, const std::string& client_id, const RulesInUse* rules, Admin* admin,
                               StateReader* state, const Clock* clock, Metrics* metrics) {
  const auto new_tail = [properties = config.kafka(), client_id](const std::string& topic) {
    return NewRdTopicTail({.properties = properties, .client_id = client_id, .topic = topic});
  };
  LogReaderOptions reader{.properties = config.kafka(), .client_id = client_id, .stall_timeout_ms = kReplayStallMs};
  return NewLive({.topic = config.query.topic, .tiers = config.query.tiers}, new_tail,
                 [reader] { return NewRdLogReader(reader); }, std::make_unique<LiveSources>(rules), admin, state, clock,
                 metrics);
}

}  // namespace

Result<std::unique_ptr<IngestParts>> IngestParts::Make(const Config& config, const Clock* clock, Metrics* metrics) {
  AsyncProducerOptions options;
  options.properties = config.kafka();
  options.client_id = config.processor.application + "-ingest";
  options.linger_ms = config.ingest_linger_ms;
  options.delivery_timeout_ms = config.ingest_delivery_timeout_ms;
  options.max_queued_records = config.ingest_queue_records;
  options.max_queued_bytes = config.ingest_queue_bytes;
  Result<std::unique_ptr<AsyncProducer>> producer = NewRdAsyncProducer(options);
  if (!producer.ok()) return producer.status().WithContext("producer");
  std::unique_ptr<IngestParts> parts(new IngestParts(config, std::move(*producer), clock, metrics));
  ODOMETER_RETURN_IF_ERROR(parts->rules_.Load());
  parts->options_.event_source = [rules = &parts->rules_] { return PostedSourceOf(rules->current()); };
  if (config.definitions.enabled) ODOMETER_RETURN_IF_ERROR(parts->OpenFollower(config));
  return parts;
}

Status IngestParts::OpenFollower(const Config& config) {
  OutcomeFollowerOptions options;
  options.application = config.processor.application;
  options.commands_topic = config.processor.commands_topic;
  options.outcomes_topic = config.processor.outcomes_topic;
  Result<std::unique_ptr<OutcomeFollower>> follower =
      NewRdOutcomeFollower(options, config.kafka(), config.processor.application + "-definitions", &table_, clock_);
  if (!follower.ok()) return follower.status();
  follower_ = std::move(*follower);
  follower_->Start();
  return Status::Ok();
}

void IngestParts::AddRoutes(http::Router* router) {
  AddIngestRoutes(options_, producer_.get(), clock_, metrics_, router);
  AddDefinitionRoutes(definition_options_, producer_.get(), &table_, clock_, router);
}

void IngestParts::AddHealthRoutes(http::Router* router) { AddIngestHealthRoutes(producer_.get(), router); }

std::vector<std::string> IngestParts::NotReady() const {
  const Status health = producer_->Healthy();
  return health.ok() ? std::vector<std::string>{} : std::vector<std::string>{"Kafka: " + health.message()};
}

Status IngestParts::StartStatsd() {
  if (statsd_options_.listen.empty()) return Status::Ok();
  Result<std::unique_ptr<StatsdListener>> listener =
      odometer::StartStatsd(statsd_options_, options_.topic, producer_.get(), clock_, metrics_);
  if (listener.ok()) statsd_ = std::move(*listener);
  return listener.status();
}

void IngestParts::Stop() {
  if (statsd_) statsd_->Stop();
  if (follower_) follower_->Stop();
  if (Status status = producer_->Flush(kFlushMs); !status.ok()) {
    LogWarn("ingest", "records under way were not acknowledged: {}", status.message());
  }
}

Result<std::unique_ptr<QueryParts>> QueryParts::Make(const Config& config, const std::string& listen,
                                                     const Clock* clock, Metrics* metrics) {
  std::unique_ptr<QueryParts> parts(new QueryParts());
  const std::string client_id = config.processor.application + "-query";

  Result<std::unique_ptr<Admin>> admin = NewRdAdmin(config.kafka(), client_id, kAdminTimeoutMs);
  if (!admin.ok()) return admin.status().WithContext("admin client");
  parts->admin_ = std::move(*admin);

  InstanceReaderOptions state;
  state.state_dir = config.processor.state_dir;
  state.tiers = config.processor.tiers;
  state.events_retention_ms = config.processor.events_retention_ms;
  parts->state_ = NewGenerationReader(std::move(state), clock);

  ProducerOptions control;
  control.properties = config.kafka();
  control.client_id = client_id;
  // Two with the same id would fence each other; an instance may have several, on different addresses.
  control.transactional_id =
      config.processor.application + "-control-" + config.processor.instance_id + "-" + listen;
  control.transaction_timeout_ms = config.processor.transaction_timeout_ms;
  parts->control_ = NewControlWriter(
      config.query.topic, [control] { return NewRdTransactionalProducer(control); }, parts->admin_.get());

  parts->rules_ = std::make_unique<RulesInUse>(config.processor.rules_file);
  if (Status loaded = parts->rules_->Load(); !loaded.ok()) return loaded;
  parts->group_ = std::make_unique<GroupInUse>(config.kafka(), client_id, config.processor.application,
                                               config.processor.state_dir);
  QueryOptions options = config.query;
  options.instances = [group = parts->group_.get()] { return group->Members(); };
  options.gauges = [rules = parts->rules_.get()]() -> std::shared_ptr<const GaugeList> {
    std::shared_ptr<const rules::RuleSet> current = rules->current();
    if (current == nullptr) return std::make_shared<const GaugeList>();
    return {current, &current->gauges};
  };
  parts->query_ = NewQuery(std::move(options), parts->state_.get(), parts->control_.get(), parts->admin_.get(), clock,
                           metrics);
  parts->live_ = MakeLive(config, client_id + "-live", parts->rules_.get(), parts->admin_.get(),
                          parts->state_.get(), clock, metrics);
  parts->watch_ = std::make_unique<StateWatch>(parts->state_.get());
  return parts;
}

void QueryParts::AddRoutes(http::Router* router) {
  query_->AddRoutes(router);
  live_->AddRoutes(router);
  AddApiDocsRoutes(router);
  AddDashboardRoutes(router);
}

std::vector<std::string> QueryParts::NotReady() const { return watch_->NotReady(); }

void QueryParts::Stop() {
  live_->Stop();
  query_->Stop();
}

}  // namespace odometer::cli
