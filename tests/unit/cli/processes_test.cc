// With real, short-lived processes.
#include "cli/control/processes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "common/base/text_file.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer::cli {
namespace {

Status Accept(const ProcessId&) { return Status::Ok(); }

class ProcessesTest : public testing::Test {
 protected:
  Command Shell(const std::string& script) const { return {"/bin/sh", {"-c", script}, log_}; }

  // Blocks until the process has ended, as no other wait does.
  int End(const ProcessId& id) {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(id.pid), &info, WEXITED | WNOWAIT);
    EXPECT_FALSE(processes_->Lives(id));  // a zombie is none
    return processes_->ExitCode(id).value_or(-1);
  }

  std::string Log() const { return ReadTextFile(log_).value(); }

  const TempFolder folder_;
  const std::string log_ = folder_.path() + "/log";
  const std::unique_ptr<Processes> processes_ = NewLinuxProcesses();
};

TEST_F(ProcessesTest, RunsACommandAndTellsItsEnd) {
  std::ofstream(log_) << "before\n";
  const Result<ProcessId> id = processes_->Spawn(Shell("echo out; echo err >&2; cat; exit 7"), Accept);
  ASSERT_TRUE(id.ok()) << id.status().message();
  EXPECT_EQ(End(*id), 7);
  EXPECT_EQ(processes_->ExitCode(*id), 7);  // still known
  EXPECT_EQ(Log(), "before\nout\nerr\n");
}

TEST_F(ProcessesTest, RunsNothingBeforeItIsRecorded) {
  ProcessId recorded;
  const Result<ProcessId> id = processes_->Spawn(Shell("echo ran"), [&](const ProcessId& spawned) {
    recorded = spawned;
    EXPECT_TRUE(processes_->Lives(spawned));
    EXPECT_EQ(Log(), "");
    return Status::Ok();
  });
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, recorded);
  EXPECT_EQ(End(*id), 0);
  EXPECT_EQ(Log(), "ran\n");
}

TEST_F(ProcessesTest, RunsNothingWhenItCannotBeRecorded) {
  ProcessId spawned;
  const Result<ProcessId> id = processes_->Spawn(Shell("echo ran"), [&](const ProcessId& it) {
    spawned = it;
    return Status::Stop("disk full");
  });
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.status().message(), "disk full");
  EXPECT_FALSE(processes_->Lives(spawned));
  EXPECT_EQ(Log(), "");
}

TEST_F(ProcessesTest, GivesAProcessASessionOfItsOwnAndNothingThatIsOpen) {
  const int open_here = dup(STDERR_FILENO);
  ASSERT_GE(open_here, 0);
  const Result<ProcessId> id = processes_->Spawn(
      Shell("test -e /proc/self/fd/" + std::to_string(open_here) + " && exit 1; "
            // Field 6: the session, that of the shell itself.
            "set -- $(cat /proc/$$/stat); test \"$6\" = $$"),
      Accept);
  close(open_here);
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(End(*id), 0);
}

TEST_F(ProcessesTest, SaysThatABinaryCannotBeRun) {
  const Result<ProcessId> id = processes_->Spawn({"/dev/null/odometer", {}, log_}, Accept);
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(End(*id), 127);
  EXPECT_EQ(Log(), "odometer: /dev/null/odometer cannot be run\n");
}

TEST_F(ProcessesTest, RefusesALogThatCannotBeWritten) {
  const std::string log = folder_.path() + "/missing/log";
  const Result<ProcessId> id = processes_->Spawn({"/bin/true", {}, log}, Accept);
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.status().message(), log + " cannot be written: No such file or directory");
}

TEST_F(ProcessesTest, SignalsAProcess) {
  const Result<ProcessId> id = processes_->Spawn(Shell("exec sleep 600"), Accept);
  ASSERT_TRUE(id.ok());
  EXPECT_TRUE(processes_->Lives(*id));
  EXPECT_EQ(processes_->ExitCode(*id), std::nullopt);
  EXPECT_TRUE(processes_->Signal(*id, SIGTERM).ok());
  EXPECT_EQ(End(*id), 128 + SIGTERM);
  EXPECT_TRUE(processes_->Signal(*id, SIGTERM).Is(ErrorKind::kNotFound));
}

TEST_F(ProcessesTest, NeverSignalsAnotherProcessThatHasThePid) {
  const Result<ProcessId> id = processes_->Spawn(Shell("exec sleep 600"), Accept);
  ASSERT_TRUE(id.ok());
  ProcessId earlier = *id;
  earlier.start_ticks -= 1;
  ProcessId of_another_boot = *id;
  of_another_boot.boot = "da6102ae-0000-0000-0000-000000000000";
  for (const ProcessId& other : {earlier, of_another_boot}) {
    EXPECT_FALSE(processes_->Lives(other));
    EXPECT_TRUE(processes_->Signal(other, SIGKILL).Is(ErrorKind::kNotFound));
  }
  EXPECT_TRUE(processes_->Lives(*id));
  EXPECT_TRUE(processes_->Signal(*id, SIGTERM).ok());
  EXPECT_EQ(End(*id), 128 + SIGTERM);  // by this signal, not by the others
}

}  // namespace
}  // namespace odometer::cli
