// The processor as it is, but for its threads: tasks, task manager, committer and restorer over a broker and a store
// in memory. It can be crashed and started again; broker and store live on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/memory_broker.h"
#include "common/state/local_reader.h"
#include "common/store/memory_store.h"
#include "tests/scenarios/processor_instance.h"

namespace odometer {

// Of the moments at which a process may die, a test takes every so-manieth: sanitizers make a story ten times slower.
#if defined(__SANITIZE_THREAD__)
inline constexpr int kEveryNthDeath = 41;
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr int kEveryNthDeath = 20;
#else
inline constexpr int kEveryNthDeath = 1;
#endif

// The start of an hour.
inline constexpr int64_t kT = 1'700'000'000'000 - 1'700'000'000'000 % 3'600'000;

inline std::string EventJson(const std::string& name, int64_t value, int64_t ts_ms,
                             const std::string& type = "counter") {
  return R"({"name":")" + name + R"(","type":")" + type + R"(","value":)" + std::to_string(value) + R"(,"ts":)" +
         std::to_string(ts_ms) + "}";
}

inline std::string EventWithId(const std::string& id, const std::string& name, int64_t ts_ms,
                               const std::string& org = "default") {
  return R"({"name":")" + name + R"(","org":")" + org + R"(","id":")" + id + R"(","ts":)" + std::to_string(ts_ms) + "}";
}

class ProcessorUnderTest {
 public:
  explicit ProcessorUnderTest(int32_t partitions = 2, TierSet tiers = TierSet::Default(), bool exactly_once = true,
                              int64_t events_retention_ms = kForever)
      : partitions_(partitions),
        exactly_once_(exactly_once),
        layout_(tiers, events_retention_ms),
        changelogs_(ChangelogStores(kApplication, kTopic, layout_)),
        store_(NewMemoryStore(layout_.families)) {
    broker.CreateTopic({kTopic, partitions, 1, {}});
    broker.CreateTopic({kDeadLetters, 1, 1, {}});
    Start();
  }
  ~ProcessorUnderTest() { Crash(); }

  // A new process on the same store.
  void Start() {
    process_.emplace("one", exactly_once_,
                     ProcessorInstance::Surroundings{&broker, &clock, store_.get(), &layout_, &changelogs_, {.ids = ids}, limits,
                                                     commands, definitions, rules, rebuild});
  }

  // kill -9: nothing is committed, nothing closed; broker and store keep what they have.
  void Crash() { process_.reset(); }

  // One round of the loop, after `ms` have passed.
  Status Round(int64_t ms = 20) {
    clock.Advance(ms);
    return process_->Round();
  }
  // As many rounds as it takes until everything in the log is committed; the first error, or kRetry when it never is.
  Status Settle() {
    for (int round = 0; round < 2000; ++round) {
      ODOMETER_RETURN_IF_ERROR(Round());
      if (AllCommitted()) return Status::Ok();
    }
    return Status::Retry("the log was not counted to its end");
  }
  void Shutdown() { process_->Shutdown(); }

  // Appends an event to the input topic.
  int64_t Send(int32_t partition, const std::string& json, std::vector<Header> headers = {}) {
    return broker.Append({kTopic, partition}, OutRecord{"", json, false, std::move(headers)});
  }
  bool AllCommitted() {
    const StatePosition position = Position();
    for (int32_t partition = 0; partition < partitions_; ++partition) {
      const int64_t end = broker.Log({kTopic, partition}).end();
      auto task = std::find_if(position.tasks.begin(), position.tasks.end(),
                               [&](const TaskPosition& candidate) { return candidate.partition == partition; });
      const int64_t counted = task == position.tasks.end() ? 0 : task->next_input_offset;
      if (counted < end) return false;
      // Without transactions the group's offsets are only for those who watch.
      if (exactly_once_ && broker.CommittedOffset(kApplication, {kTopic, partition}).value_or(0) < end) return false;
    }
    return SourcesCommitted(position);
  }

  // What is read of a series of that name and type; an empty aggregate when there is nothing.
  Aggregate Total(const std::string& name, MetricType type = MetricType::kCounter,
                  const std::string& org = std::string(kDefaultOrg)) {
    const std::vector<Bucket> buckets = Windows(name, 0, 0, type, org);
    return buckets.empty() ? Aggregate{} : buckets[0].aggregate;
  }
  std::vector<Bucket> Windows(const std::string& name, int64_t size_ms, int64_t bucket_ms,
                              MetricType type = MetricType::kCounter,
                              const std::string& org = std::string(kDefaultOrg)) {
    SeriesSelector selector;
    selector.org = org;
    selector.name = name;
    selector.type = type;
    WindowRange range;
    range.size_ms = size_ms;
    range.bucket_ms = bucket_ms;
    Result<WindowsAnswer> answer = NewLocalReader(store_.get(), layout_)->ReadWindows(selector, range);
    return answer.ok() ? std::move(answer->buckets) : std::vector<Bucket>{};
  }
  Result<EventsPage> Events(const EventsQuery& query) {
    return NewLocalReader(store_.get(), layout_)->View({}).value()->ReadEvents(query);
  }
  // Fails the test when a record of a commit is not accounted for.
  StatePosition Position() {
    StatePosition position = *NewLocalReader(store_.get(), layout_)->Position();
    for (const TaskPosition& task : position.tasks) {
      EXPECT_TRUE(task.accounting.Balanced()) << "partition " << task.partition;
    }
    for (const TaskPosition& task : position.command_tasks) {
      EXPECT_TRUE(task.accounting.Balanced()) << "commands, partition " << task.partition;
    }
    for (const SourcePosition& source : position.sources) {
      for (const TaskPosition& task : source.tasks) {
        EXPECT_TRUE(task.accounting.Balanced()) << source.topic << ", partition " << task.partition;
      }
    }
    return position;
  }

  MemoryStore& store() { return *store_; }
  // Of the current process.
  double Restores(const std::string& kind) {
    return process_->metrics()
        .Counter("odometer_restores_total", "Restores, by whether they started from a checkpoint.", {{"kind", kind}})
        .Value();
  }
  double Overflowed(int32_t partition, const std::string& reason) {
    return process_->metrics()
        .Counter("odometer_events_overflowed_total", "Events folded into an overflow series, by the limit.",
                 {{"partition", std::to_string(partition)}, {"reason", reason}})
        .Value();
  }
  double ForgottenIds(int32_t partition) {
    return process_->metrics()
        .Counter("odometer_ids_forgotten_total", "Ids that made room for others before their retention.",
                 {{"partition", std::to_string(partition)}})
        .Value();
  }
  TaskManager& manager() { return process_->manager(); }
  void FollowRules(std::shared_ptr<const rules::RuleSet> next) { process_->FollowRules(std::move(next)); }
  std::optional<int64_t> LastProgressMs() const { return process_->instruments().last_progress_ms(); }
  std::vector<std::string> NotReadyReasons() const { return process_->instruments().NotReadyReasons(); }
  // Of a changelog's committed records, by store name.
  size_t ChangelogRecords(const std::string& store_name, int32_t partition) {
    for (const ChangelogStore& changelog : changelogs_) {
      if (changelog.store == store_name) return broker.CommittedRecords({changelog.topic, partition}).size();
    }
    return 0;
  }
  // As if somebody had deleted the changelogs and created them again.
  void EmptyChangelogs() {
    for (const ChangelogStore& changelog : changelogs_) broker.CreateTopic({changelog.topic, partitions_, 1, {}});
  }
  // The disk is lost too.
  void LoseStore() { store_ = NewMemoryStore(layout_.families); }

  void CreateCommandTopics() {
    broker.CreateTopic({kCommands, kCommandPartitions, 1, {}});
    broker.CreateTopic({kOutcomes, kCommandPartitions, 1, {}});
    broker.CreateTopic({kAlerts, 1, 1, {}});
  }

  // For processes that are started from now on.
  SeenIdsOptions ids;
  bool commands = false;  // with CreateCommandTopics() before
  DefinitionTable* definitions = nullptr;  // by which events are judged
  SeriesLimitOptions limits;
  std::shared_ptr<const rules::RuleSet> rules;  // their sources must exist
  RebuildBounds* rebuild = nullptr;  // null: everything is counted
  ManualClock clock;
  MemoryBroker broker{&clock};

 private:
  bool SourcesCommitted(const StatePosition& position) {
    for (const std::string& topic : rules ? rules->topics : std::vector<std::string>{}) {
      const auto source = std::find_if(position.sources.begin(), position.sources.end(),
                                       [&](const SourcePosition& candidate) { return candidate.topic == topic; });
      const auto partitions = static_cast<size_t>(broker.NewAdmin()->Describe(topic).value()->partitions);
      if (source == position.sources.end() || source->tasks.size() != partitions) return false;
      for (const TaskPosition& task : source->tasks) {
        if (task.next_input_offset < broker.Log({topic, task.partition}).end()) return false;
      }
    }
    return true;
  }

  const int32_t partitions_;
  const bool exactly_once_;
  const StateLayout layout_;
  const std::vector<ChangelogStore> changelogs_;
  std::unique_ptr<MemoryStore> store_;
  std::optional<ProcessorInstance> process_;
};

}  // namespace odometer
