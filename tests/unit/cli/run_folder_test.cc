#include "cli/control/run_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/cli/fake_processes.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer::cli {
namespace {

class RunFolderTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) const { std::ofstream(Path(name)) << text; }
  std::string Path(const std::string& name) const { return temp_.path() + "/" + name; }

  const TempFolder temp_;
  FakeProcesses processes_;
  const RunFolder folder_{temp_.path(), &processes_};
};

TEST_F(RunFolderTest, FindsWhatWasRecorded) {
  const ProcessId id = processes_.Add(71);
  ASSERT_TRUE(folder_.Record("query", id).ok());
  const Result<RecordedProcess> found = folder_.Find("query");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->running, id);
  EXPECT_FALSE(found->ended);
  folder_.Forget("query");
  EXPECT_FALSE(folder_.HasPidFile("query"));
  EXPECT_FALSE(folder_.Find("query")->running);
  EXPECT_FALSE(folder_.Find("query")->ended);
}

TEST_F(RunFolderTest, KnowsThatAnotherProcessHasThePid) {
  const ProcessId id = processes_.Add(71);
  ASSERT_TRUE(folder_.Record("query", id).ok());
  processes_.End(71);
  EXPECT_EQ(folder_.Find("query")->ended_pid, 71);
  processes_.Add(71);  // started later
  const Result<RecordedProcess> found = folder_.Find("query");
  EXPECT_FALSE(found->running);
  EXPECT_TRUE(found->ended);
}

TEST_F(RunFolderTest, TakesAPidFileThatIsNotUnderstoodForNoProcess) {
  Write("query.pid", "71\n");
  processes_.Add(71);
  const Result<RecordedProcess> found = folder_.Find("query");
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->running);
  EXPECT_TRUE(found->ended);
  EXPECT_EQ(found->ended_pid, 0);
}

TEST_F(RunFolderTest, SaysThatItCannotBeMade) {
  Write("file", "");
  const Status status = RunFolder(Path("file"), &processes_).Create();
  EXPECT_TRUE(status.Is(ErrorKind::kInvalid));
  EXPECT_TRUE(RunFolder(Path("file/run"), &processes_).Create().Is(ErrorKind::kInvalid));
  EXPECT_TRUE(RunFolder(Path("a/b"), &processes_).Create().ok());
  EXPECT_TRUE(RunFolder(Path("a/b"), &processes_).Create().ok());
}

TEST_F(RunFolderTest, IsLockedByOneForEachName) {
  Result<std::optional<FileLock>> first = folder_.TryLock("query");
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_FALSE(folder_.TryLock("query")->has_value());
  EXPECT_TRUE(folder_.TryLock("ingest")->has_value());
  first->reset();
  EXPECT_TRUE(folder_.TryLock("query")->has_value());
  EXPECT_FALSE(RunFolder(Path("nonexistent"), &processes_).TryLock("query").ok());
}

TEST_F(RunFolderTest, GivesTheEndOfTheLog) {
  EXPECT_EQ(folder_.LogTail("query", 0, 2), "");
  Write("query.log", "one\ntwo\n\nfour");
  EXPECT_EQ(folder_.LogTail("query", 0, 2), "\nfour\n");
  EXPECT_EQ(folder_.LogTail("query", 0, 3), "two\n\nfour\n");
  EXPECT_EQ(folder_.LogTail("query", 0, 99), "one\ntwo\n\nfour\n");
  EXPECT_EQ(folder_.LogTail("query", 0, 0), "");
  EXPECT_EQ(folder_.LogTail("query", 4, 99), "two\n\nfour\n");
  EXPECT_EQ(folder_.LogTail("query", 13, 99), "");
}

TEST_F(RunFolderTest, SetsALargeLogAside) {
  Write("query.log", "small");
  folder_.RotateLog("query");
  EXPECT_EQ(folder_.LogSize("query"), 5u);
  std::filesystem::resize_file(Path("query.log"), 11 << 20);
  folder_.RotateLog("query");
  EXPECT_EQ(folder_.LogSize("query"), 0u);
  EXPECT_TRUE(std::filesystem::exists(Path("query.log.1")));
}

}  // namespace
}  // namespace odometer::cli
