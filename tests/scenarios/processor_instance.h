// One process of a processor as it is, but for its threads: tasks, task manager, committer and restorer, over a broker
// and a store in memory that outlive it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/memory_broker.h"
#include "processor/source_slots.h"
#include "processor/task_manager.h"

namespace odometer {

inline constexpr const char* kApplication = "app";
inline constexpr const char* kTopic = "metrics.events";
inline constexpr const char* kDeadLetters = "metrics.dead-letters";
inline constexpr const char* kCommands = "metrics.commands";
inline constexpr const char* kOutcomes = "metrics.outcomes";
inline constexpr const char* kAlerts = "metrics.alerts";
inline constexpr int32_t kCommandPartitions = 2;

// Used by one thread. To destroy it is what kill -9 does: nothing is committed, nothing closed.
class ProcessorInstance {
 public:
  // All must outlive the process.
  struct Surroundings {
    MemoryBroker* broker;
    ManualClock* clock;
    Store* store;
    const StateLayout* layout;
    const std::vector<ChangelogStore>* changelogs;
    RestorerOptions restore = {};
    SeriesLimitOptions limits = {};
    bool commands = false;  // whether it applies commands too; with exactly_once only
    DefinitionTable* definitions = nullptr;  // by which events are judged; null: they are not
    std::shared_ptr<const rules::RuleSet> rules = nullptr;  // null: there are no sources
    RebuildBounds* rebuild = nullptr;  // null: everything is counted
  };

  // `name` is of its place in the group, where it is a static member, and of its transactional id.
  ProcessorInstance(const std::string& name, bool exactly_once, const Surroundings& around,
                    std::unique_ptr<Executor> executor = NewInlineExecutor())
      : inputs_({kTopic, *around.changelogs}, CommandsInput(around)), executor_(std::move(executor)) {
    if (around.rules) TakeSources(around);
    ConsumerOptions consumer_options;
    consumer_options.group_id = kApplication;
    if (!around.broker->cooperative(kApplication)) consumer_options.instance_id = name + Mark(around);
    consumer_options.client_id = name;
    consumer_ = around.broker->NewConsumer(consumer_options);
    admin_ = around.broker->NewAdmin();
    reader_ = around.broker->NewLogReader();
    expiry_ = std::make_unique<StateExpiry>(*around.layout);
    restorer_.emplace(around.restore, around.layout, &inputs_, admin_.get(), reader_.get(), around.store, around.clock);
    CommitterOptions committer_options{exactly_once, kDeadLetters, 1, 1000};
    committer_.emplace(committer_options, around.layout, &inputs_, around.store, around.clock);
    TaskManagerOptions options;
    options.command_task.events_topic = kTopic;
    options.command_task.outcomes_topic = kOutcomes;
    options.command_task.outcomes_partitions = kCommandPartitions;
    options.command_task.alerts_topic = kAlerts;
    options.exactly_once = exactly_once;
    options.task.tiers = around.layout->tiers;
    options.task.events_retention_ms = around.layout->events_retention_ms;
    options.task.limits = around.limits;
    options.task.judge = {around.definitions, kAlerts, 1};
    auto new_producer = [broker = around.broker, name, exactly_once] {
      ProducerOptions producer_options;
      if (exactly_once) producer_options.transactional_id = TransactionalId(name);
      return Result<std::unique_ptr<TransactionalProducer>>(broker->NewTransactionalProducer(producer_options));
    };
    manager_.emplace(options, TaskManagerParts{consumer_.get(), admin_.get(), around.store, around.layout,
                                               &inputs_, &*restorer_, &*committer_, executor_.get(),
                                               new_producer, around.clock, expiry_.get(), &instruments_, nullptr,
                                               rules_ ? &*rules_ : nullptr, around.rebuild});
    started_ = manager_->Start();
  }

  static std::string TransactionalId(const std::string& name) { return std::string(kApplication) + "-" + name; }

  // One round of the loop. An error is final.
  Status Round() { return started_.ok() ? manager_->RunOnce(0) : started_; }
  void Shutdown() { manager_->Shutdown(); }

  Metrics& metrics() { return metrics_; }
  const Instruments& instruments() const { return instruments_; }
  TaskManager& manager() { return *manager_; }
  // From the next round on.
  void FollowRules(std::shared_ptr<const rules::RuleSet> rules) { rules_->Set(std::move(rules)); }

 private:
  static Input CommandsInput(const Surroundings& around) {
    if (!around.commands) return {};
    return {kCommands, CommandChangelogStores(kApplication, kCommands, *around.layout)};
  }

  static std::string Mark(const Surroundings& around) {
    return SourcesMark(around.rules ? around.rules->topics : std::vector<std::string>());
  }
  // As a processor does at its start.
  void TakeSources(const Surroundings& around) {
    rules_.emplace(around.rules);
    std::map<int32_t, Input> sources;
    const auto claimed = ClaimSourceSlots(around.rules->topics, around.store);
    for (const auto& [slot, source] : claimed.value()) {
      sources[slot] = {source.topic, SourceChangelogStores(kApplication, source.topic, *around.layout)};
    }
    inputs_.SetSources(std::move(sources));
  }

  Inputs inputs_;
  std::optional<CurrentRules> rules_;
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<LogReader> reader_;
  std::unique_ptr<StateExpiry> expiry_;
  Metrics metrics_;
  Instruments instruments_{&metrics_, &inputs_};
  std::optional<Restorer> restorer_;
  std::optional<Committer> committer_;
  std::unique_ptr<Executor> executor_;
  std::optional<TaskManager> manager_;
  Status started_;
};

}  // namespace odometer
