#include "processor/processor.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "common/kafka/log_reader.h"
#include "common/kafka/producer.h"
#include "common/state/definition_table.h"
#include "common/state/generation.h"
#include "common/state/local_reader.h"
#include "common/state/outcome_follower.h"
#include "common/state/state_paths.h"
#include "common/state/state_service.h"
#include "common/store/rocks_store.h"
#include "processor/memory_budget.h"
#include "processor/source_slots.h"
#include "processor/state_folder.h"
#include "processor/task_manager.h"

namespace odometer {

namespace {

constexpr const char* kLog = "processor";
constexpr int kAdminTimeoutMs = 15'000;
// From then on /readyz tells it.
constexpr int64_t kToldWithoutProgressMs = 30'000;
// That a dead letter's headers add to a record.
constexpr int64_t kDeadLetterHeaderBytes = 4096;

class RealProcessor final : public Processor {
 public:
  RealProcessor(ProcessorOptions options, const Clock* clock, Metrics* metrics)
      : options_(std::move(options)),
        generation_name_(GenerationName(options_.application, options_.generation)),
        budget_(SplitMemory(options_.memory_limit_bytes, 0)),
        clock_(clock),
        instruments_(metrics, &inputs_),
        layout_(options_.tiers, options_.events_retention_ms),
        inputs_(EventsInput(), CommandsInput()),
        expiry_(std::make_shared<StateExpiry>(layout_)) {}

  ~RealProcessor() override { Stop(); }

  Status Start() override {
    ODOMETER_RETURN_IF_ERROR(OpenState());
    ODOMETER_RETURN_IF_ERROR(OpenKafka());
    ODOMETER_RETURN_IF_ERROR(ClaimState());
    ODOMETER_RETURN_IF_ERROR(ClaimSources());
    ODOMETER_RETURN_IF_ERROR(StartStateService());
    ODOMETER_RETURN_IF_ERROR(FollowDefinitions());
    ODOMETER_RETURN_IF_ERROR(BuildManager());
    ODOMETER_RETURN_IF_ERROR(manager_->Start());
    instruments_.Progressed(clock_->SteadyMs());
    thread_ = std::thread([this] { Run(); });
    LogInfo(kLog, "started application={} generation={} instance={} input={} guarantee={}", options_.application,
            options_.generation, options_.instance_id, options_.input_topic,
            options_.exactly_once ? "exactly_once" : "at_least_once");
    return Status::Ok();
  }

  void Stop() override {
    stopping_ = true;
    if (manager_) manager_->RequestStop();
    if (follower_) follower_->Stop();  // while the manager commits for the last time
    if (thread_.joinable()) thread_.join();
    if (service_) service_->Stop();
  }

  Status Failure() const override {
    {
      MutexLock lock(mutex_);
      if (!failure_.ok()) return failure_;
    }
    const int64_t stuck_ms = WithoutProgressMs();
    if (stuck_ms < options_.stuck_timeout_ms) return Status::Ok();
    std::string why = "no progress for " + std::to_string(stuck_ms / 1000) + " s";
    for (const std::string& reason : instruments_.NotReadyReasons()) why += "; " + reason;
    return Status::Stop(why);
  }

  bool FollowRules(std::shared_ptr<const rules::RuleSet> rules) override {
    std::set<std::string> ours;
    for (const auto& [slot, source] : inputs_.sources()) ours.insert(source.topic);
    if (!rules_ || std::set<std::string>(rules->topics.begin(), rules->topics.end()) != ours) return false;
    rules_->Set(std::move(rules));
    return true;
  }

  std::vector<std::string> NotReadyReasons() const override {
    Status failure = Failure();
    if (!failure.ok()) return {failure.message()};
    std::vector<std::string> reasons = instruments_.NotReadyReasons();
    // A thread that hangs tells nothing itself.
    if (const int64_t ms = WithoutProgressMs(); ms >= kToldWithoutProgressMs) {
      reasons.push_back("no progress for " + std::to_string(ms / 1000) + " s");
    }
    return reasons;
  }

 private:
  Input EventsInput() const {
    return {options_.input_topic, ChangelogStores(generation_name_, options_.input_topic, layout_)};
  }
  // Without transactions a decision and its outcome could come apart, so there are none.
  Input CommandsInput() const {
    if (!options_.exactly_once || options_.rebuild) return {};
    return {options_.commands_topic, CommandChangelogStores(options_.application, options_.commands_topic, layout_)};
  }

  Status OpenState() {
    std::error_code error;
    std::filesystem::create_directories(options_.state_dir, error);
    if (error) return Status::Stop("cannot create the state folder " + options_.state_dir + ": " + error.message());
    RocksStoreOptions store_options;
    store_options.path = StateDatabasePath(options_.state_dir);
    store_options.families = layout_.families;
    store_options.block_cache_bytes = budget_.block_cache_bytes;
    store_options.write_buffer_bytes = budget_.write_buffer_bytes;
    store_options.expiry = expiry_;
    Result<std::unique_ptr<PrimaryStore>> store = OpenRocksStore(store_options);
    if (!store.ok()) return store.status();
    store_ = std::move(*store);
    return Status::Ok();
  }

  Status ClaimState() {
    Result<std::string> cluster_id = admin_->ClusterId();
    if (!cluster_id.ok()) return cluster_id.status();
    return ClaimStateFolder({generation_name_, options_.input_topic, *cluster_id, options_.tiers},
                            options_.state_dir, store_.get());
  }

  std::vector<std::string> SourceTopics() const {
    return options_.rules ? options_.rules->topics : std::vector<std::string>();
  }

  Status ClaimSources() {
    Result<std::map<int32_t, StoredSource>> sources = ClaimSourceSlots(SourceTopics(), store_.get());
    if (!sources.ok()) return sources.status();
    std::map<int32_t, Input> inputs;
    for (const auto& [slot, source] : *sources) {
      inputs[slot] = {source.topic, SourceChangelogStores(generation_name_, source.topic, layout_)};
    }
    inputs_.SetSources(std::move(inputs));
    return Status::Ok();
  }

  Status OpenKafka() {
    Result<std::unique_ptr<Admin>> admin = NewRdAdmin(options_.kafka, ClientId("admin"), kAdminTimeoutMs);
    if (!admin.ok()) return admin.status();
    admin_ = std::move(*admin);
    ODOMETER_RETURN_IF_ERROR(CheckTopics());

    Result<std::unique_ptr<LogReader>> reader = NewRdLogReader({options_.kafka, ClientId("restore")});
    if (!reader.ok()) return reader.status();
    reader_ = std::move(*reader);

    ConsumerOptions consumer_options;
    consumer_options.properties = options_.kafka;
    consumer_options.properties.try_emplace("session.timeout.ms", std::to_string(options_.session_timeout_ms));
    consumer_options.group_id = generation_name_;
    // One that builds a generation leaves the group when it ends, for the one that goes on with it.
    if (!options_.rebuild) consumer_options.instance_id = options_.instance_id + SourcesMark(SourceTopics());
    consumer_options.client_id = "odometer@" + options_.advertised_address;
    consumer_options.prefetch_records = options_.prefetch_records;
    consumer_options.prefetch_bytes = budget_.prefetch_bytes;
    Result<std::unique_ptr<Consumer>> consumer = NewRdConsumer(consumer_options);
    if (!consumer.ok()) return consumer.status();
    consumer_ = std::move(*consumer);
    return Status::Ok();
  }

  Status CheckTopics() {
    Result<std::optional<TopicInfo>> input = admin_->Describe(options_.input_topic);
    if (!input.ok()) return input.status();
    if (!input->has_value()) {
      return Status::Stop("topic " + options_.input_topic +
                          " does not exist: create it, with message.timestamp.type=LogAppendTime");
    }
    if (auto type = (*input)->config.find("message.timestamp.type");
        type != (*input)->config.end() && type->second != "LogAppendTime") {
      LogWarn(kLog, "topic {} has message.timestamp.type={}: 'from the future' is then judged by the producers' clocks",
              options_.input_topic, type->second);
    }
    command_task_.events_topic = options_.input_topic;
    command_task_.events_partitions = (*input)->partitions;
    ODOMETER_RETURN_IF_ERROR(CheckDeadLetterTopic(**input));
    ODOMETER_RETURN_IF_ERROR(CheckSources());
    return inputs_.has_commands() ? CheckCommandTopics((*input)->partitions) : Status::Ok();
  }

  Status CheckSources() {
    for (const std::string& topic : SourceTopics()) {
      if (topic == options_.input_topic || topic == options_.dead_letter_topic || topic == options_.commands_topic ||
          topic == options_.outcomes_topic) {
        return Status::Stop("topic " + topic + " is no source for rules: it is one of Odometer's own");
      }
      Result<std::optional<TopicInfo>> source = admin_->Describe(topic);
      if (!source.ok()) return source.status();
      if (!source->has_value()) {
        return Status::Stop("topic " + topic + " does not exist, and is a source in " + options_.rules_file);
      }
    }
    return Status::Ok();
  }

  Status CheckDeadLetterTopic(const TopicInfo& input) {
    Result<std::optional<TopicInfo>> letters = admin_->Describe(options_.dead_letter_topic);
    if (!letters.ok()) return letters.status();
    const int64_t sent_bytes = MaxRecordBytes(options_.kafka);
    if (letters->has_value()) {
      dead_letter_partitions_ = (*letters)->partitions;
      dead_letter_max_bytes_ = std::min((*letters)->MaxMessageBytes(), sent_bytes);
      return Status::Ok();
    }
    dead_letter_partitions_ = input.partitions;
    const int64_t topic_bytes = std::min(input.MaxMessageBytes() + kDeadLetterHeaderBytes, kMaxRecordBytes);
    dead_letter_max_bytes_ = std::min(topic_bytes, sent_bytes);
    return admin_->Create({options_.dead_letter_topic,
                           dead_letter_partitions_,
                           options_.changelog_replication,
                           {{"max.message.bytes", std::to_string(topic_bytes)}}});
  }

  // For judging events.
  Status FollowDefinitions() {
    if (!inputs_.has_commands()) return Status::Ok();
    OutcomeFollowerOptions options{options_.application, options_.commands_topic, options_.outcomes_topic, /*readings=*/false};
    Result<std::unique_ptr<OutcomeFollower>> follower =
        NewRdOutcomeFollower(options, options_.kafka, ClientId("definitions"), &definitions_, clock_);
    if (!follower.ok()) return follower.status();
    follower_ = std::move(*follower);
    follower_->Start();
    return Status::Ok();
  }

  Status CheckCommandTopics(int32_t partitions) {
    command_task_.outcomes_topic = options_.outcomes_topic;
    command_task_.alerts_topic = options_.alerts_topic;
    command_task_.dead_letter_max_bytes = dead_letter_max_bytes_;
    int32_t command_partitions = 0;
    ODOMETER_RETURN_IF_ERROR(EnsureTopic(options_.commands_topic, partitions, &command_partitions));
    ODOMETER_RETURN_IF_ERROR(
        EnsureTopic(options_.outcomes_topic, command_partitions, &command_task_.outcomes_partitions));
    return EnsureTopic(options_.alerts_topic, partitions, &command_task_.alerts_partitions);
  }

  // Creates the topic when it is not there; how many partitions it has.
  Status EnsureTopic(const std::string& topic, int32_t wanted, int32_t* partitions) {
    Result<std::optional<TopicInfo>> info = admin_->Describe(topic);
    if (!info.ok()) return info.status();
    *partitions = info->has_value() ? (*info)->partitions : wanted;
    if (info->has_value()) return Status::Ok();
    return admin_->Create(
        {topic, wanted, options_.changelog_replication, {{"message.timestamp.type", "LogAppendTime"}}});
  }

  Status StartStateService() {
    reader_of_state_ = NewLocalReader(store_.get(), layout_);
    StateServiceOptions service_options;
    service_options.socket_path = StateSocketPath(options_.state_dir);
    service_ = NewStateService(service_options, reader_of_state_.get(), [this](StatePosition* position) {
      auto add_end = [&](const std::string& topic, TaskPosition* task) {
        const Instruments::SeenEnd end = instruments_.LogEnd(inputs_.TaskOf(topic, task->partition));
        task->log_end_offset = end.offset;
        task->log_end_seen_ms = end.seen_ms;
      };
      for (TaskPosition& task : position->tasks) add_end(options_.input_topic, &task);
      for (SourcePosition& source : position->sources) {
        for (TaskPosition& task : source.tasks) add_end(source.topic, &task);
      }
      AddRestoring(position);
    });
    return service_->Start();
  }

  // Any thread.
  void AddRestoring(StatePosition* position) const {
    for (const auto& [task, permille] : instruments_.Restoring()) {
      const TopicPartition of = inputs_.PartitionOf(task);
      if (of.topic == options_.input_topic) position->restoring.push_back({of.partition, permille});
      for (SourcePosition& source : position->sources) {
        if (of.topic == source.topic) source.restoring.push_back({of.partition, permille});
      }
    }
  }

  Status BuildManager() {
    CommitterOptions committer_options;
    committer_options.exactly_once = options_.exactly_once;
    committer_options.dead_letter_topic = options_.dead_letter_topic;
    committer_options.dead_letter_partitions = dead_letter_partitions_;
    committer_options.commit_timeout_ms = options_.transaction_timeout_ms;
    committer_.emplace(committer_options, &layout_, &inputs_, store_.get(), clock_);
    RestorerOptions restorer_options;
    restorer_options.ids = options_.deduplication;
    restorer_.emplace(restorer_options, &layout_, &inputs_, admin_.get(), reader_.get(), store_.get(), clock_);
    executor_ = NewThreadExecutor();

    if (options_.rules) rules_.emplace(options_.rules);
    TaskManagerOptions manager_options;
    manager_options.command_task = command_task_;
    manager_options.exactly_once = options_.exactly_once;
    manager_options.task = {options_.tiers, options_.events_retention_ms, options_.limits, options_.dead_letter_late,
                            dead_letter_max_bytes_, EventJudgeOptions{}};
    if (inputs_.has_commands()) {
      manager_options.task.judge = {&definitions_, command_task_.alerts_topic, command_task_.alerts_partitions};
    }
    manager_options.commit.interval_ms = options_.commit_interval_ms;
    manager_options.commit.max_interval_ms = options_.commit_max_interval_ms;
    manager_options.commit.overlay_bytes = budget_.overlay_bytes;
    manager_options.memory_limit_bytes = options_.memory_limit_bytes;
    manager_options.transaction_timeout_ms = options_.transaction_timeout_ms;
    manager_options.changelog_replication = options_.changelog_replication;
    manager_.emplace(manager_options,
                     TaskManagerParts{consumer_.get(), admin_.get(), store_.get(), &layout_, &inputs_,
                                      &*restorer_, &*committer_, executor_.get(), [this] { return NewProducer(); },
                                      clock_, expiry_.get(), &instruments_,
                                      [this](uint64_t bytes) { store_->SetBlockCacheBytes(bytes); },
                                      rules_ ? &*rules_ : nullptr, options_.rebuild.get()});
    return Status::Ok();
  }

  Result<std::unique_ptr<TransactionalProducer>> NewProducer() {
    ProducerOptions producer_options;
    producer_options.properties = options_.kafka;
    producer_options.client_id = ClientId("producer");
    // All generations have the same, so that one which is in use fences whatever is left of the one before.
    if (options_.exactly_once) producer_options.transactional_id = options_.application + "-" + options_.instance_id;
    if (options_.rebuild) {
      producer_options.transactional_id = generation_name_ + "-" + options_.instance_id + "-rebuild";
    }
    producer_options.transaction_timeout_ms = options_.transaction_timeout_ms;
    return NewRdTransactionalProducer(producer_options);
  }

  // 0 before the start.
  int64_t WithoutProgressMs() const {
    const std::optional<int64_t> last_ms = instruments_.last_progress_ms();
    return last_ms ? clock_->SteadyMs() - *last_ms : 0;
  }

  std::string ClientId(const std::string& role) const { return "odometer-" + options_.instance_id + "-" + role; }

  void Run() {
    Status status;
    while (status.ok() && !stopping_) status = manager_->RunOnce(manager_->PollTimeoutMs());
    {
      MutexLock lock(mutex_);
      failure_ = status;
    }
    manager_->Shutdown();
  }

  const ProcessorOptions options_;
  const std::string generation_name_;
  const MemoryBudget budget_;  // at the start
  const Clock* const clock_;
  Instruments instruments_;
  const StateLayout layout_;
  Inputs inputs_;
  const std::shared_ptr<StateExpiry> expiry_;
  int32_t dead_letter_partitions_ = 1;
  int64_t dead_letter_max_bytes_ = 0;
  CommandTaskOptions command_task_;

  // In the order in which they need each other; destroyed the other way round.
  std::unique_ptr<PrimaryStore> store_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<LogReader> reader_;
  DefinitionTable definitions_{/*shown_readings=*/0};
  std::unique_ptr<OutcomeFollower> follower_;  // null when no commands are applied
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<StateReader> reader_of_state_;
  std::unique_ptr<StateService> service_;
  std::optional<Committer> committer_;
  std::optional<Restorer> restorer_;
  std::unique_ptr<Executor> executor_;
  std::optional<CurrentRules> rules_;  // none: there are no sources
  std::optional<TaskManager> manager_;

  std::atomic<bool> stopping_{false};
  std::thread thread_;
  mutable Mutex mutex_;
  Status failure_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<Processor>> NewProcessor(ProcessorOptions options, const Clock* clock, Metrics* metrics) {
  if (options.state_dir.empty()) return Status::Invalid("state.dir is not set");
  if (!options.kafka.contains("bootstrap.servers")) return Status::Invalid("kafka.bootstrap.servers is not set");
  if (options.memory_limit_bytes < kLeastMemoryLimitBytes) return Status::Invalid("memory.limit is too small");
  if (options.rebuild && !options.exactly_once) return Status::Invalid("a rebuild needs exactly_once");
  ODOMETER_RETURN_IF_ERROR(options.tiers.Validate());
  return std::unique_ptr<Processor>(std::make_unique<RealProcessor>(std::move(options), clock, metrics));
}

}  // namespace odometer
