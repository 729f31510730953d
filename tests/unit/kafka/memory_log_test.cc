#include "common/kafka/memory_log.h"

#include <gmock/gmock.h>

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MemoryRecord Record(const std::string& key, const std::string& value = "") {
  MemoryRecord record;
  record.key = key;
  record.value = value;
  return record;
}

std::vector<std::string> Committed(const MemoryLog& log, int64_t from = 0) {
  std::vector<std::string> seen;
  for (const MemoryRecord* r = log.NextCommitted(from); r != nullptr; r = log.NextCommitted(r->offset + 1)) {
    seen.push_back(r->key + "@" + std::to_string(r->offset));
  }
  return seen;
}

TEST(MemoryLogTest, ReadsNothingPastAnOpenTransaction) {
  MemoryLog log;
  log.Append(Record("a"));
  log.Append(Record("b"), 1);
  log.Append(Record("c"));
  EXPECT_EQ(log.LastStableOffset(), 1);
  EXPECT_EQ(log.end(), 3);
  EXPECT_THAT(Committed(log), ElementsAre("a@0"));
}

TEST(MemoryLogTest, ACommitShowsTheRecordsAndTakesAnOffset) {
  MemoryLog log;
  log.Append(Record("a"), 1);
  log.EndTransaction(1, true);
  log.Append(Record("b"));
  EXPECT_THAT(Committed(log), ElementsAre("a@0", "b@2"));
  EXPECT_EQ(log.LastStableOffset(), 3);
}

TEST(MemoryLogTest, AnAbortHidesTheRecordsOfThatTransactionOnly) {
  MemoryLog log;
  log.Append(Record("a"), 1);
  log.Append(Record("b"), 2);
  log.Append(Record("c"), 1);
  log.EndTransaction(1, false);
  EXPECT_EQ(log.LastStableOffset(), 1);
  log.EndTransaction(2, true);
  EXPECT_THAT(Committed(log), ElementsAre("b@1"));
  EXPECT_EQ(log.end(), 5);
}

TEST(MemoryLogTest, EndingATransactionWithoutRecordsHereChangesNothing) {
  MemoryLog log;
  log.EndTransaction(7, true);
  EXPECT_EQ(log.end(), 0);
}

TEST(MemoryLogTest, CompactionKeepsTheLastOfEachKeyAndItsOffset) {
  MemoryLog log;
  log.Append(Record("a"));
  log.Append(Record("b"));
  log.Append(Record("a"));
  log.Append(Record("b"), 1);  // aborted: it supersedes nothing
  log.EndTransaction(1, false);
  log.Append(Record("a"), 2);  // still open: nothing is decided yet
  log.Compact();
  EXPECT_THAT(Committed(log), ElementsAre("b@1", "a@2"));
  log.EndTransaction(2, true);
  EXPECT_THAT(Committed(log), ElementsAre("b@1", "a@2", "a@5"));
  EXPECT_EQ(log.end(), 7);
}

TEST(MemoryLogTest, DeletionMovesTheBeginning) {
  MemoryLog log;
  log.Append(Record("a"));
  log.Append(Record("b"));
  log.DeleteBefore(1);
  EXPECT_EQ(log.begin(), 1);
  EXPECT_THAT(Committed(log), ElementsAre("b@1"));
  log.DeleteBefore(100);
  EXPECT_EQ(log.begin(), 2);
}

TEST(MemoryLogTest, TruncationGivesOffsetsAnew) {
  MemoryLog log;
  log.Append(Record("a"));
  log.Append(Record("b"), 1);
  log.TruncateTo(1);
  EXPECT_EQ(log.end(), 1);
  EXPECT_EQ(log.Append(Record("c")), 1);
  EXPECT_THAT(Committed(log), ElementsAre("a@0", "c@1"));
  log.TruncateTo(0);
  EXPECT_THAT(Committed(log), IsEmpty());
}

}  // namespace
}  // namespace odometer
