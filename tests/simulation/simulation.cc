#include "tests/simulation/simulation.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/state/local_reader.h"
#include "tests/scenarios/processor_instance.h"
#include "tests/simulation/command_oracle.h"
#include "tests/simulation/command_workload.h"
#include "tests/simulation/deferred_executor.h"
#include "tests/simulation/disk_check.h"
#include "tests/simulation/event_kinds.h"
#include "tests/simulation/faulty_store.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/order_workload.h"
#include "tests/simulation/possible_errors.h"
#include "tests/simulation/random.h"
#include "tests/simulation/settings.h"
#include "tests/simulation/simulated_tasks.h"
#include "tests/simulation/tampering.h"
#include "tests/simulation/workload.h"

namespace odometer {
namespace {

constexpr int kMostPartitions = 3;
constexpr int kRoundsToSettle = 4000;

class Simulation {
 public:
  Simulation(uint64_t seed, bool trace)
      : seed_(seed),
        trace_(trace),
        layout_{TiersOf(For("tiers")), For("events kept").OneIn(3) ? 3'600'000 : kForever},
        limits_(LimitsOf(For("limits"))),
        commands_(For("with commands").OneIn(2)),
        rules_(For("with rules").OneIn(2)),
        tasks_(&layout_, commands_, rules_, static_cast<int32_t>(For("partitions").Between(1, 2))),
        workload_(&broker_, &clock_, For("events"), LongestDelayOf(For("delay of events"))),
        fault_chance_(For("fault chance").Of(std::vector<uint64_t>{0, 3'000, 20'000, 60'000})),
        interruption_chance_(For("interruption chance").Of(std::vector<uint64_t>{0, 2'000, 10'000})),
        order_workload_(&broker_, &clock_, For("orders"), LongestDelayOf(For("delay of orders"))) {
    broker_.CreateTopic({kTopic, tasks_.partitions(), 1, {}});
    broker_.CreateTopic({kDeadLetters, 1, 1, {}});
    if (commands_) CreateCommandTopics();
    if (rules_) broker_.CreateTopic({kOrders, kOrderPartitions, 1, {}});
    broker_.set_records_per_poll(static_cast<int>(For("records per poll").Between(1, 40)));
    cooperative_ = For("cooperative").OneIn(2);
    if (cooperative_) broker_.SetCooperative(kApplication);
    for (size_t i = 0; i < machines_.size(); ++i) {
      machines_[i] = std::make_unique<Machine>(kNames[i], layout_.families);
      machines_[i]->store.Watch([this] { return BeforeWrite(); }, [this](const auto& written) { return AfterWrite(written); });
    }
  }
  ~Simulation() {
    for (auto& machine : machines_) Kill(machine.get());
  }

  SimulationReport Run() {
    broker_.SetFaultPlan([this](BrokerCall call) { return PlanFault(call); });
    broker_.SetObserver([this](BrokerCall, CallMoment) { Interrupt(); });
    broker_.SetRedelivery([this] { return Redelivered(); });
    StartProcess(machines_[0].get());
    const int64_t steps = For("steps").Between(60, 250);
    for (int64_t step = 0; step < steps && held(); ++step) Step();
    calm_ = true;
    if (held()) Settle("after the faults", nullptr);
    if (held()) CheckOneMachine("with its own store", /*lose_store=*/false);
    if (held()) CheckOneMachine("restored from the changelogs", /*lose_store=*/true);
    if (held()) CheckTampering();
    report_.records = workload_.records();
    return std::move(report_);
  }

 private:
  // The third has the name of the first: an orchestrator that has given a hanging process up starts another one.
  static constexpr std::array<const char*, 3> kNames = {"one", "two", "one"};

  struct Machine {
    Machine(const char* its_name, const std::vector<std::string>& families) : name(its_name), store(families) {}

    const std::string name;
    FaultyStore store;
    std::optional<ProcessorInstance> process;
    DeferredExecutor* executor = nullptr;  // the process's
    int hangs_for = 0;                     // steps
    bool dead = false;                     // has just died, its calls are only unwound
    bool store_broken = false;             // its store has said that it must be opened anew
    bool restore_unfinished = false;       // and some of it is in the store
  };

  Random For(std::string_view kind) const { return Random(seed_, kind); }

  bool held() const { return report_.failure.empty(); }
  void Fail(std::string why) {
    if (held()) report_.failure = std::move(why);
  }
  void Note(const std::string& kind, const Machine* machine = nullptr) {
    ++report_.events.at(kind);
    if (trace_) fmt::print("{:>9} {} {}\n", clock_.SteadyMs(), machine ? machine->name : "-", kind);
  }

  void CreateCommandTopics() {
    broker_.CreateTopic({kCommands, kCommandPartitions, 1, {}});
    broker_.CreateTopic({kOutcomes, kCommandPartitions, 1, {}});
    broker_.CreateTopic({kAlerts, 1, 1, {}});
  }

  // --- What happens from the outside ---

  void Step() {
    for (int64_t n = happenings_.Between(0, 3); n > 0; --n) {
      workload_.Send(static_cast<int32_t>(happenings_.Below(static_cast<uint64_t>(tasks_.partitions()))));
    }
    if (commands_ && happenings_.OneIn(3)) command_workload_.Send();
    if (rules_ && happenings_.OneIn(2)) order_workload_.Send();
    clock_.Advance(happenings_.OneIn(30) ? happenings_.Between(1'000, 20'000) : happenings_.Between(1, 60));
    for (auto& machine : machines_) {
      if (machine->hangs_for > 0) --machine->hangs_for;
      if (machine->process && machine->hangs_for == 0) Round(machine.get());
    }
    Machine* machine = machines_[happenings_.Below(machines_.size())].get();
    switch (happenings_.Below(60)) {
      case 0: Crash(machine); break;
      case 1: Hang(machine); break;
      case 2: Leave(machine); break;
      case 3: ExpireMember(machine); break;
      case 4: ExpireTransaction(machine); break;
      case 5: Rebalance(); break;
      case 6: GrowTopic(); break;
      case 7: CompactChangelogs(); break;
      case 8: ChangeRules(machine); break;
      default: break;
    }
    if (!machine->process && happenings_.OneIn(4)) MaybeStart(machine);
  }

  void MaybeStart(Machine* machine) {
    // The namesake runs only where the other one hangs.
    if (machine == machines_[2].get() && machines_[0]->hangs_for == 0) return;
    // The second one is there some of the time.
    if (machine == machines_[1].get() && !happenings_.OneIn(3)) return;
    StartProcess(machine);
  }

  void StartProcess(Machine* machine) {
    Note("start", machine);
    auto executor = std::make_unique<DeferredExecutor>();
    machine->executor = executor.get();
    machine->process.emplace(machine->name, /*exactly_once=*/true,
                             ProcessorInstance::Surroundings{&broker_, &clock_, &machine->store, &layout_,
                                                             &tasks_.changelogs(), RestoreOptionsOf(starts_.Fork()), limits_,
                                                             commands_, nullptr, rules_ ? OrderWorkload::Rules(rules_version_) : nullptr},
                             std::move(executor));
  }

  // kill -9.
  void Kill(Machine* machine) {
    if (!machine->process) return;
    machine->executor->Drop();
    machine->process.reset();
    // It is no static member, which another could take the place of: the group must find out.
    if (cooperative_ && (calm_ || endings_.OneIn(2))) broker_.ExpireMember(kApplication, machine->name);
    machine->hangs_for = 0;
    machine->dead = machine->store_broken = false;
    if (std::exchange(machine->restore_unfinished, false) && !calm_) Note("ended amid a restore", machine);
  }

  void Crash(Machine* machine) {
    if (!machine->process) return;
    Note("crash", machine);
    Kill(machine);
    HarmDisk(machine);
  }

  void HarmDisk(Machine* machine) {
    const std::string difference = CompareDisk(&machine->store, layout_, tasks_, &broker_);
    if (!difference.empty()) return Fail(machine->name + "'s disk shows what the changelogs do not: " + difference);
    if (endings_.OneIn(5)) {
      Note("disk lost", machine);
      machine->store.LoseEverything();
    } else if (endings_.OneIn(4) && machine->store.FallBack(endings_.Below(4))) {
      Note("last writes lost", machine);
    }
  }

  void Hang(Machine* machine) {
    if (!machine->process) return;
    Note("hang", machine);
    machine->hangs_for = static_cast<int>(happenings_.Between(2, 30));
    if (happenings_.OneIn(2)) ExpireMember(machine);
    if (happenings_.OneIn(2)) ExpireTransaction(machine);
  }

  void Leave(Machine* machine) {
    if (!machine->process || machine->hangs_for > 0) return;
    Note("orderly stop", machine);
    Within(machine, [&] { machine->process->Shutdown(); });
    Kill(machine);
    if (happenings_.OneIn(2)) ExpireMember(machine);
  }

  void ExpireMember(const Machine* machine) {
    if (broker_.ExpireMember(kApplication, machine->name)) Note("session expired", machine);
  }
  void ExpireTransaction(const Machine* machine) {
    const bool open = broker_.ExpireTransaction(ProcessorInstance::TransactionalId(machine->name));
    if (open) Note("transaction timed out", machine);
  }
  void Rebalance() {
    if (broker_.Rebalance(kApplication)) Note("rebalance");
  }

  void GrowTopic() {
    if (tasks_.partitions() == kMostPartitions || !happenings_.OneIn(3)) return;
    Note("partition added");
    tasks_.AddPartition();
    Status grown = broker_.NewAdmin()->GrowPartitions(kTopic, tasks_.partitions());
    if (!grown.ok()) Fail("growing the topic: " + grown.ToString());
  }

  // The others follow when they start anew.
  void ChangeRules(Machine* machine) {
    if (!rules_ || !machine->process) return;
    Note("rules changed", machine);
    rules_version_ = 1 - rules_version_;
    machine->process->FollowRules(OrderWorkload::Rules(rules_version_));
  }

  void CompactChangelogs() {
    size_t removed = 0;
    tasks_.ForEachChangelog(&broker_, [&](MemoryLog* log, const ChangelogStore&) { removed += log->Compact(); });
    if (removed > 0) Note("changelogs compacted");
  }

  // --- A machine at work ---

  void Round(Machine* machine) {
    Within(machine, [&] {
      // Now and then a commit waits while rounds go by.
      if (!rounds_.OneIn(3)) machine->executor->Run();
      if (machine->dead) return;
      Status status = machine->process->Round();
      if (!status.ok() && !machine->dead) Exited(machine, status);
    });
    if (machine->dead) {
      Kill(machine);
      HarmDisk(machine);
    }
    CheckOffsets();
  }

  // A process that gives up is started again by its supervisor.
  void Exited(Machine* machine, const Status& status) {
    if (trace_) fmt::print("{:>9} {} exits: {}\n", clock_.SteadyMs(), machine->name, status.ToString());
    if (status.Is(ErrorKind::kStop) && !machine->store_broken) {
      Fail(machine->name + " stopped: " + status.message());
    }
    machine->dead = true;
  }

  template <typename Work>
  void Within(Machine* machine, Work&& work) {
    running_.push_back(machine);
    work();
    running_.pop_back();
    if (machine->dead) broker_.set_cut_off(!running_.empty() && running_.back()->dead);
  }

  std::optional<Fault> PlanFault(BrokerCall call) {
    if (calm_ || running_.empty() || !faults_.PerMillion(fault_chance_)) return std::nullopt;
    auto errors = PossibleErrors().find(call);
    if (errors == PossibleErrors().end()) return std::nullopt;
    Fault fault{faults_.Of(errors->second), faults_.OneIn(2)};
    const std::string how = fault.effect ? ", with effect" : "";
    Note("call failed: " + std::string(ErrorKindName(fault.kind)) + how, running_.back());
    return fault;
  }

  int64_t Redelivered() {
    if (calm_ || !faults_.PerMillion(fault_chance_)) return 0;
    Note("records delivered again", running_.back());
    return faults_.Between(1, 5);
  }

  // Just before or after the effect of any call.
  void Interrupt() {
    if (calm_ || running_.empty() || !interruptions_.PerMillion(interruption_chance_)) return;
    Machine* machine = running_.back();
    switch (interruptions_.Below(5)) {
      case 0:
        Note("died within a call", machine);
        machine->dead = true;
        broker_.set_cut_off(true);
        break;
      case 1: ExpireMember(machine); break;
      case 2: ExpireTransaction(machine); break;
      case 3: Rebalance(); break;
      default: LetAnotherRun(machine);
    }
  }

  void LetAnotherRun(const Machine* machine) {
    if (running_.size() > 1) return;
    for (auto& other : machines_) {
      if (other.get() == machine || !other->process || other->hangs_for > 0) continue;
      Note("another ran in between", other.get());
      Round(other.get());
      return;
    }
  }

  Status BeforeWrite() {
    if (running_.empty()) return Status::Ok();
    Machine* machine = running_.back();
    if (machine->dead) return Status::Stop("the process is dead");
    if (calm_ || !writes_.PerMillion(fault_chance_)) return Status::Ok();
    if (writes_.OneIn(3)) {
      Note("disk full", machine);
      if (machine->restore_unfinished) Note("store failed amid a restore", machine);
      return Status::Retry("disk full");
    }
    if (writes_.OneIn(2)) {
      Note("store broken", machine);
      machine->store_broken = true;
      return Status::Stop("the store must be opened anew");
    }
    Note("died before a write", machine);
    machine->dead = true;
    broker_.set_cut_off(true);
    return Status::Stop("the process is dead");
  }

  Status AfterWrite(const FaultyStore::Written& written) {
    ++report_.commits;
    if (running_.empty()) return Status::Ok();
    Machine* machine = running_.back();
    machine->restore_unfinished = written.part_of_restore;
    if (written.part_of_restore) Note("part of a restore written", machine);
    if (written.wiped) Note("old state wiped", machine);
    if (!written.part_of_restore) CheckStore(*machine);
    if (calm_ || !writes_.PerMillion(interruption_chance_)) return Status::Ok();
    Note("died after a write", machine);
    machine->dead = true;
    broker_.set_cut_off(true);
    return Status::Stop("the process is dead");
  }

  // --- What must hold at every moment ---

  std::optional<TaskMeta> CommittedMeta(int32_t task) {
    for (const ChangelogStore& changelog : tasks_.ChangelogsOf(task)) {
      if (changelog.family != StateLayout::kMeta) continue;
      const MemoryLog* log = broker_.FindLog({changelog.topic, TaskPartition(task)});
      const MemoryRecord* last = log == nullptr ? nullptr : log->LastCommitted();
      if (last == nullptr) return std::nullopt;
      Result<TaskMeta> meta = DecodeTaskMeta(last->value);
      if (meta.ok()) return *meta;
      Fail("a committed record of a task cannot be read: " + meta.status().message());
    }
    return std::nullopt;
  }

  void CheckStore(const Machine& machine) {
    for (int32_t task : tasks_.All()) {
      std::string bytes;
      if (!machine.store.Get(StateLayout::kMeta, MetaKey(task), &bytes).ok()) continue;
      Result<TaskMeta> stored = DecodeTaskMeta(bytes);
      if (!stored.ok()) return Fail("the store's record of a task cannot be read: " + stored.status().message());
      if (!stored->accounting.Balanced()) return Fail("the accounts do not balance");
      if (stored->sequence == 0) continue;
      std::optional<TaskMeta> committed = CommittedMeta(task);
      if (!committed || committed->sequence < stored->sequence) {
        return Fail(fmt::format("the store of {} is ahead of its changelog: commit {} of {}", machine.name,
                                stored->sequence, ToString(SimulatedTasks::InputOf(task))));
      }
    }
  }

  void CheckOffsets() {
    for (int32_t task : tasks_.All()) {
      const std::optional<int64_t> offset = broker_.CommittedOffset(kApplication, SimulatedTasks::InputOf(task));
      const std::optional<TaskMeta> meta = CommittedMeta(task);
      if (offset.value_or(-1) == (meta ? meta->next_input_offset : -1)) continue;
      return Fail(fmt::format("{}: the group has committed {}, the changelog {}", ToString(SimulatedTasks::InputOf(task)),
                              offset.value_or(-1), meta ? meta->next_input_offset : -1));
    }
  }

  // --- The end ---

  bool AllCommitted() {
    for (int32_t task : tasks_.All()) {
      const TopicPartition tp = SimulatedTasks::InputOf(task);
      if (broker_.CommittedOffset(kApplication, tp).value_or(0) < broker_.Log(tp).end()) return false;
    }
    return true;
  }

  bool ReflectsAll(const StatePosition& position) const {
    auto reflected = [this](const std::string& topic, size_t partitions, const std::vector<TaskPosition>& tasks) {
      return tasks.size() == partitions && std::all_of(tasks.begin(), tasks.end(), [&](const TaskPosition& task) {
               const auto committed = broker_.CommittedOffset(kApplication, {topic, task.partition});
               return committed.value_or(0) <= task.next_input_offset;
             });
    };
    return reflected(kTopic, static_cast<size_t>(tasks_.partitions()), position.tasks) &&
           (!commands_ || reflected(kCommands, kCommandPartitions, position.command_tasks)) &&
           (!rules_ || (!position.sources.empty() && reflected(kOrders, kOrderPartitions, position.sources[0].tasks)));
  }

  // Everything that is dead is known to be; those that live count to the end: all, or `only` this one.
  void Settle(const std::string& when, const Machine* only) {
    // Of two with one name the older one goes.
    if (machines_[0]->process && machines_[2]->process) Kill(machines_[0].get());
    for (auto& machine : machines_) {
      if (only != nullptr && machine.get() != only) Kill(machine.get());
      machine->hangs_for = 0;
    }
    if (std::none_of(machines_.begin(), machines_.end(), [](const auto& m) { return m->process.has_value(); })) {
      StartProcess(machines_[0].get());
    }
    for (const char* name : {"one", "two"}) {
      const bool alive = std::any_of(machines_.begin(), machines_.end(),
                                     [&](const auto& m) { return m->process && m->name == name; });
      if (alive && !cooperative_) continue;
      broker_.ExpireMember(kApplication, name);
      broker_.ExpireTransaction(ProcessorInstance::TransactionalId(name));
    }
    for (int round = 0; round < kRoundsToSettle && held(); ++round) {
      clock_.Advance(20);
      bool idle = true;
      for (auto& machine : machines_) {
        if (!machine->process) continue;
        Round(machine.get());
        if (!machine->process) StartProcess(machine.get());
        idle = idle && machine->executor->Idle();
      }
      if (idle && AllCommitted()) return;
    }
    Fail(when + ": the log was not counted to its end");
  }

  void CheckOneMachine(const std::string& when, bool lose_store) {
    Machine* machine = machines_[0].get();
    if (lose_store) {
      Kill(machine);
      machine->store.LoseEverything();
    }
    if (!machine->process) StartProcess(machine);
    Settle(when, machine);
    Oracle oracle(layout_, limits_, AllEvents());
    if (rules_) oracle.AddSource(order_workload_.Given(RulesHistories()));
    const CommandOracle command_oracle(command_workload_.sent());
    auto reader = NewLocalReader(&machine->store, layout_);
    // Everything may have been committed elsewhere: here it is only once every task was restored.
    for (int round = 0; round < kRoundsToSettle && held() && !ReflectsAll(*reader->Position()); ++round) {
      clock_.Advance(20);
      Round(machine);
    }
    if (!held()) return;
    std::string difference = oracle.Compare(reader.get());
    if (commands_ && difference.empty()) difference = command_oracle.Compare(machine->store, reader.get(), &broker_);
    if (!difference.empty()) return Fail(when + ": " + difference);
    for (const auto& [why, count] : oracle.overflowed()) {
      if (!lose_store) report_.events.at("overflowed: " + why) += count;
    }
    const size_t letters = broker_.CommittedRecords({kDeadLetters, 0}).size();
    const uint64_t rejected = oracle.rejected() + command_oracle.rejected();
    if (letters != rejected) Fail(fmt::format("{} dead letters, not {}", letters, rejected));
  }

  // What the processors have committed of the rules that they counted by.
  std::map<int32_t, RulesHistory> RulesHistories() {
    std::map<int32_t, RulesHistory> histories;
    for (int32_t partition = 0; partition < kOrderPartitions; ++partition) {
      if (std::optional<TaskMeta> meta = CommittedMeta(SourceTaskNumber(0, partition))) {
        histories[partition] = std::move(meta->rules);
      }
    }
    return histories;
  }

  // Those of producers, and those by which readings are counted.
  std::map<int32_t, std::vector<SentRecord>> AllEvents() {
    std::map<int32_t, std::vector<SentRecord>> events = workload_.sent();
    for (int32_t partition = 0; commands_ && partition < tasks_.partitions(); ++partition) {
      std::vector<SentRecord>& here = events[partition];
      const std::vector<SentRecord> readings = CommandOracle::ReadingEvents(&broker_, partition);
      here.insert(here.end(), readings.begin(), readings.end());
      std::sort(here.begin(), here.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
    }
    return events;
  }

  // Somebody meddles with the logs or the offsets while nothing runs: the processor must say so and stop.
  void CheckTampering() {
    Machine* machine = machines_[0].get();
    Kill(machine);
    Random tampering = For("tampering");
    const int32_t partition = static_cast<int32_t>(tampering.Below(static_cast<uint64_t>(tasks_.partitions())));
    std::optional<TaskMeta> meta = CommittedMeta(partition);
    if (!meta || meta->next_input_offset == 0) return;
    const uint64_t kind = tampering.Below(meta->last_record.offset >= 0 ? 5 : 4);
    switch (kind) {
      case 0:
        if (Status moved = MoveGroupOffset(&broker_, {kTopic, partition}, meta->next_input_offset - 1); !moved.ok()) {
          return Fail("moving the group's offset: " + moved.ToString());
        }
        break;
      case 1: broker_.Log({kTopic, partition}).TruncateTo(meta->next_input_offset - 1); break;
      case 2:
      case 3:
        // The latest commit's records are gone from the changelogs, with the local store or without.
        tasks_.ForEachChangelog(&broker_, [&](MemoryLog* log, const ChangelogStore& changelog) {
          if (changelog.family != StateLayout::kMeta) return;
          if (const MemoryRecord* last = log->LastCommitted()) log->TruncateTo(last->offset);
        });
        if (kind == 3) machine->store.LoseEverything();
        break;
      case 4: RecreateInput(); break;
    }
    static constexpr std::array<const char*, 5> kKinds = {"group offset moved", "input log shortened", "changelog shortened",
                                                          "changelog shortened, disk lost", "input re-created"};
    Note(std::string("tampered: ") + kKinds[kind]);
    StartProcess(machine);
    for (int round = 0; round < 200; ++round) {
      clock_.Advance(20);
      machine->executor->Run();
      Status status = machine->process->Round();
      if (status.Is(ErrorKind::kStop)) return;
      if (!status.ok()) return Fail("tampered, and it ends with " + status.ToString());
    }
    Fail(std::string("went on although tampered with: ") + kKinds[kind]);
  }

  // And it has grown past what was counted.
  void RecreateInput() {
    std::vector<int64_t> ends;
    for (int32_t partition = 0; partition < tasks_.partitions(); ++partition) ends.push_back(broker_.Log({kTopic, partition}).end());
    broker_.CreateTopic({kTopic, tasks_.partitions(), 1, {}});
    clock_.Advance(1);
    for (int32_t partition = 0; partition < tasks_.partitions(); ++partition) {
      while (broker_.Log({kTopic, partition}).end() <= ends[static_cast<size_t>(partition)]) {
        broker_.Append({kTopic, partition}, OutRecord{.value = "another"});
      }
    }
  }

  const uint64_t seed_;
  Random happenings_ = For("happenings"), starts_ = For("starts"), endings_ = For("endings"), rounds_ = For("rounds");
  Random faults_ = For("faults"), interruptions_ = For("interruptions"), writes_ = For("writes");
  const bool trace_;
  ManualClock clock_;
  MemoryBroker broker_{&clock_};
  const StateLayout layout_;
  const SeriesLimitOptions limits_;
  const bool commands_;
  const bool rules_;
  SimulatedTasks tasks_;
  bool cooperative_ = false;
  Workload workload_;
  CommandWorkload command_workload_{&broker_, &clock_, For("commands")};
  const uint64_t fault_chance_;         // of a million, per call
  const uint64_t interruption_chance_;  // of a million, per moment
  int rules_version_ = 0;  // that processes start with
  OrderWorkload order_workload_;
  std::array<std::unique_ptr<Machine>, kNames.size()> machines_;
  std::vector<Machine*> running_;  // innermost last
  bool calm_ = false;              // nothing goes wrong any more
  SimulationReport report_{.events = NothingHappened()};
};

}  // namespace

SimulationReport Simulate(uint64_t seed, bool trace) { return Simulation(seed, trace).Run(); }

}  // namespace odometer
