#include "cli/control/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/unit/cli/fake_processes.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Names = std::vector<std::string>;
const Names kAll = {"processor", "query", "ingest"};

class FakeProbe final : public ReadinessProbe {
 public:
  Readiness Ask(const std::string& name, const ProcessId&) override {
    ++asked[name];
    return {"127.0.0.1:1", not_ready[name]};
  }
  std::optional<int64_t> LagRecords(const Readiness&) override { return lag; }

  std::map<std::string, std::vector<std::string>> not_ready;
  std::map<std::string, int> asked;
  std::optional<int64_t> lag;
};

// Processes are ready at once and end at SIGTERM, unless a test says otherwise.
class ControllerTest : public testing::Test {
 protected:
  ControllerTest() {
    processes_.on_signal = [this](const ProcessId& id, int) { processes_.End(id.pid); };
    options_.run_dir = temp_.path() + "/run";
    options_.binary = "/usr/bin/odometer";
    options_.arguments = {"--config=a.yaml"};
  }

  Controller Make() {
    auto pause = [this](int ms) {
      clock_.Advance(ms);
      if (on_pause_) on_pause_();
    };
    return Controller(options_, {&processes_, &probe_, &clock_, pause, &out_, &err_});
  }
  Names Spawned() const {
    Names names;
    for (const Command& command : processes_.spawned) names.push_back(command.arguments.front());
    return names;
  }
  RunFolder Folder() const { return RunFolder(options_.run_dir, &processes_); }
  ProcessId Running(const std::string& name) const { return Folder().Find(name)->running.value_or(ProcessId{}); }

  const TempFolder temp_;
  ManualClock clock_;
  FakeProcesses processes_;
  FakeProbe probe_;
  ControlOptions options_;
  std::function<void()> on_pause_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ControllerTest, StartsAllAndWaitsUntilTheyAreReady) {
  probe_.not_ready["processor"] = {"restoring"};
  on_pause_ = [&] {
    if (clock_.SteadyMs() >= 12'000) probe_.not_ready["processor"] = {};
  };
  EXPECT_EQ(Make().Start(kAll), 0);
  EXPECT_EQ(Spawned(), kAll);
  EXPECT_EQ(processes_.spawned[0].binary, "/usr/bin/odometer");
  EXPECT_THAT(processes_.spawned[0].arguments, ElementsAre("processor", "--config=a.yaml"));
  EXPECT_EQ(processes_.spawned[0].log, options_.run_dir + "/processor.log");
  EXPECT_EQ(out_.str(),
            "processor: started, pid 1001\nquery: started, pid 1002\ningest: started, pid 1003\n"
            "query: ready after 0.0 s, http://127.0.0.1:1\ningest: ready after 0.0 s, http://127.0.0.1:1\n"
            "processor: not ready after 5 s: restoring\nprocessor: not ready after 10 s: restoring\n"
            "processor: ready after 12.0 s, http://127.0.0.1:1\n");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ControllerTest, LeavesRunningWhatIsNotReadyInTime) {
  probe_.not_ready["query"] = {"no state", "no broker"};
  EXPECT_EQ(Make().Start(kAll), 1);
  EXPECT_EQ(clock_.SteadyMs(), 60'000);
  EXPECT_THAT(err_.str(), HasSubstr("odometer: query: not ready within 60 s, and left running: no state; no broker."));
  EXPECT_EQ(Running("query").pid, 1'002);
  EXPECT_THAT(processes_.signals, IsEmpty());
}

TEST_F(ControllerTest, StartsNothingTwice) {
  EXPECT_EQ(Make().Start({"query"}), 0);
  EXPECT_EQ(Make().Start({"query"}), 0);
  EXPECT_EQ(processes_.spawned.size(), 1u);
  EXPECT_THAT(out_.str(), HasSubstr("query: runs already, pid 1001\nquery: ready"));
}

TEST_F(ControllerTest, TellsWhyAProcessHasEndedAtItsStart) {
  ASSERT_TRUE(Folder().Create().ok());
  std::ofstream(options_.run_dir + "/query.log") << "of an earlier run\n";
  processes_.on_spawn = [&](const Command& command, const ProcessId& id) {
    std::ofstream(command.log, std::ios::app) << "port taken\n";
    processes_.End(id.pid, 2);
  };
  EXPECT_EQ(Make().Start({"query"}), 2);
  EXPECT_EQ(err_.str(), "odometer: query: ended before it was ready, with exit code 2; its log, " + options_.run_dir +
                            "/query.log:\nport taken\n");
}

TEST_F(ControllerTest, AnEarlyEndWithSuccessIsNone) {
  processes_.on_spawn = [&](const Command&, const ProcessId& id) { processes_.End(id.pid, 0); };
  EXPECT_EQ(Make().Start({"query"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("says nothing"));
}

TEST_F(ControllerTest, StartsAnewWhatHasEndedByItself) {
  EXPECT_EQ(Make().Start({"query"}), 0);
  processes_.End(1'001);
  processes_.Add(1'001);  // another process
  EXPECT_EQ(Make().Start({"query"}), 0);
  EXPECT_EQ(Running("query").pid, 1'002);
  EXPECT_THAT(out_.str(), HasSubstr("query: pid 1001 has ended without `odometer stop`"));
  EXPECT_THAT(processes_.signals, IsEmpty());
}

TEST_F(ControllerTest, WaitsForAnotherThatStartsOrStops) {
  ASSERT_TRUE(Folder().Create().ok());
  std::optional<FileLock> other = Folder().TryLock("query").value();
  on_pause_ = [&] {
    if (clock_.SteadyMs() >= 2'000) other.reset();
  };
  EXPECT_EQ(Make().Start({"query"}), 0);
  EXPECT_THAT(out_.str(), HasSubstr("query: another odometer starts or stops it, waiting\nquery: started"));
}

TEST_F(ControllerTest, GivesUpWhenAnotherNeverEnds) {
  ASSERT_TRUE(Folder().Create().ok());
  const std::optional<FileLock> other = Folder().TryLock("query").value();
  EXPECT_EQ(Make().Start({"query"}), 1);
  EXPECT_THAT(err_.str(), HasSubstr("another odometer has been starting or stopping it for 60 s"));
  EXPECT_THAT(processes_.spawned, IsEmpty());
}

TEST_F(ControllerTest, StopsAllAndForgetsThem) {
  EXPECT_EQ(Make().Start(kAll), 0);
  out_.str("");
  EXPECT_EQ(Make().Stop(kAll), 0);
  EXPECT_THAT(processes_.signals,
              ElementsAre(std::pair(1'003, SIGTERM), std::pair(1'002, SIGTERM), std::pair(1'001, SIGTERM)));
  EXPECT_EQ(out_.str(), "ingest: stopped, pid 1003\nquery: stopped, pid 1002\nprocessor: stopped, pid 1001\n");
  out_.str("");
  EXPECT_EQ(Make().Stop({"query"}), 0);
  EXPECT_EQ(out_.str(), "query: not running\n");
}

TEST_F(ControllerTest, NeverSignalsAnotherProcessThatHasGotThePid) {
  EXPECT_EQ(Make().Start({"query"}), 0);
  processes_.End(1'001);
  processes_.Add(1'001);
  EXPECT_EQ(Make().Stop({"query"}), 0);
  EXPECT_THAT(processes_.signals, IsEmpty());
  EXPECT_TRUE(processes_.Find(1'001));
  EXPECT_FALSE(Folder().HasPidFile("query"));
}

TEST_F(ControllerTest, KillsOnlyByForce) {
  processes_.on_signal = [&](const ProcessId& id, int signal) {
    if (signal == SIGKILL) processes_.End(id.pid);
  };
  EXPECT_EQ(Make().Start({"processor"}), 0);
  EXPECT_EQ(Make().Stop({"processor"}), 1);
  EXPECT_EQ(clock_.SteadyMs(), 30'000);
  EXPECT_THAT(err_.str(), HasSubstr("processor: pid 1001 has not stopped within 30 s; --force kills it"));
  EXPECT_EQ(Running("processor").pid, 1'001);

  options_.force = true;
  EXPECT_EQ(Make().Stop({"processor"}), 0);
  EXPECT_EQ(processes_.signals.back(), std::pair(1'001, SIGKILL));
  EXPECT_FALSE(Folder().HasPidFile("processor"));
}

TEST_F(ControllerTest, RestartsOneAfterTheOther) {
  EXPECT_EQ(Make().Start(kAll), 0);
  // The query process still runs when the processor starts anew.
  processes_.on_spawn = [&](const Command& command, const ProcessId&) {
    EXPECT_TRUE(command.arguments.front() != "processor" || processes_.Find(1'002));
  };
  EXPECT_EQ(Make().Restart(kAll), 0);
  EXPECT_THAT(Spawned(), ElementsAre("processor", "query", "ingest", "processor", "query", "ingest"));
  EXPECT_EQ(Running("processor").pid, 1'004);
}

TEST_F(ControllerTest, ARestartThatFailsLeavesTheOthers) {
  EXPECT_EQ(Make().Start(kAll), 0);
  probe_.not_ready["processor"] = {"restoring"};
  EXPECT_EQ(Make().Restart(kAll), 1);
  EXPECT_THAT(err_.str(), HasSubstr("odometer: left as they are: query, ingest"));
  EXPECT_EQ(Running("query").pid, 1'002);
  EXPECT_EQ(processes_.spawned.size(), 4u);
}

TEST_F(ControllerTest, ARestartStartsNothingBesideWhatDoesNotStop) {
  processes_.on_signal = nullptr;
  EXPECT_EQ(Make().Start({"processor"}), 0);
  EXPECT_EQ(Make().Restart({"processor"}), 1);
  EXPECT_EQ(processes_.spawned.size(), 1u);
}

TEST_F(ControllerTest, ARestartStartsWhatDoesNotRun) {
  EXPECT_EQ(Make().Restart({"query"}), 0);
  EXPECT_THAT(Spawned(), ElementsAre("query"));
}

TEST_F(ControllerTest, ReportsAndChangesNothing) {
  EXPECT_EQ(Make().Start(kAll), 0);
  probe_.not_ready["query"] = {"no state"};
  probe_.lag = 5;
  processes_.End(1'003);
  const Result<std::vector<ProcessReport>> reports = Make().Report(kAll);
  ASSERT_TRUE(reports.ok());
  EXPECT_EQ((*reports)[0].state, ProcessState::kReady);
  EXPECT_EQ((*reports)[0].pid, 1'001);
  EXPECT_EQ((*reports)[0].lag_records, 5);
  EXPECT_EQ((*reports)[0].started_ms, clock_.WallMs() - 90'000);
  EXPECT_EQ((*reports)[1].state, ProcessState::kNotReady);
  EXPECT_THAT((*reports)[1].reasons, ElementsAre("no state"));
  EXPECT_EQ((*reports)[2].state, ProcessState::kNotRunning);
  EXPECT_THAT((*reports)[2].reasons, ElementsAre(HasSubstr("pid 1003 has ended")));
  EXPECT_TRUE(Folder().HasPidFile("ingest"));
}

TEST_F(ControllerTest, AllAreThreeAndServeStandsInForTwo) {
  EXPECT_EQ(Make().Expand({}), kAll);
  EXPECT_EQ(Make().Expand({"all"}), kAll);
  EXPECT_EQ(Make().Expand({"ingest", "processor", "ingest"}), (Names{"processor", "ingest"}));
  EXPECT_EQ(Make().Start({"serve"}), 0);
  EXPECT_EQ(Make().Expand({}), (Names{"processor", "serve"}));
  EXPECT_EQ(Make().Start({"query"}), 0);
  EXPECT_EQ(Make().Expand({"all"}), (Names{"processor", "query", "serve"}));
  EXPECT_EQ(Make().Start({"webhook"}), 0);
  EXPECT_EQ(Make().Expand({"all"}), (Names{"processor", "query", "serve", "webhook"}));
  EXPECT_EQ(Make().Stop(Make().Expand({})), 0);
  EXPECT_EQ(Make().Expand({}), kAll);
}

TEST_F(ControllerTest, SaysThatItsFolderCannotBeMade) {
  options_.run_dir = "/dev/null/run";
  EXPECT_EQ(Make().Start({"query"}), 2);
  EXPECT_EQ(Make().Restart({"query"}), 2);
  EXPECT_EQ(Make().Stop({"query"}), 0);
  EXPECT_THAT(err_.str(), HasSubstr("set run.dir or state.dir to one that can"));
}

}  // namespace
}  // namespace odometer::cli
