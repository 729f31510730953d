#include <gmock/gmock.h>

#include "kafka_test_support.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;

class LogReaderTest : public KafkaTest {
 protected:
  void SetUp() override {
    KafkaTest::SetUp();
    if (HasFatalFailure()) return;
    tp_ = {NewTopic(1, "changelog"), 0};
    producer_ = NewProducer(Unique("tx"));
  }
  void Transaction(int first, int count, bool commit) {
    ASSERT_TRUE(producer_->Begin().ok());
    ASSERT_TRUE(ProduceNumbers(producer_.get(), tp_, first, count).ok());
    Status ended = commit ? producer_->Commit() : producer_->Abort();
    ASSERT_TRUE(ended.ok()) << ended.ToString();
  }
  int64_t End() {
    Result<OffsetRange> range = admin_->Offsets(tp_);
    EXPECT_TRUE(range.ok()) << range.status().ToString();
    return range->end;
  }
  // What was read, and how it ended.
  std::pair<std::vector<std::string>, Status> Read(LogReader* reader, int64_t from, int64_t end) {
    std::vector<std::string> values;
    Status status = reader->Read(tp_, from, end, [&](const RecordView& record) {
      values.emplace_back(record.value);
      return Status::Ok();
    });
    return {values, status};
  }

  TopicPartition tp_;
  std::unique_ptr<TransactionalProducer> producer_;
};

TEST_F(LogReaderTest, PassesAbortedTailsAndControlRecords) {
  Transaction(0, 10, true);
  Transaction(100, 5, false);
  ASSERT_TRUE(EndReaches(tp_, 17));
  auto reader = NewReader();
  auto [values, status] = Read(reader.get(), 0, End());
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(values, Numbers(0, 10));
  // From inside the aborted tail.
  auto [nothing, tail] = Read(reader.get(), 12, End());
  EXPECT_TRUE(tail.ok()) << tail.ToString();
  EXPECT_THAT(nothing, ElementsAre());
}

TEST_F(LogReaderTest, ReadsTheGivenRangeOnlyAndCanBeUsedAgain) {
  Transaction(0, 10, true);
  Transaction(10, 10, true);
  ASSERT_TRUE(EndReaches(tp_, 22));
  auto reader = NewReader();
  EXPECT_EQ(Read(reader.get(), 3, 6).first, Numbers(3, 3));
  EXPECT_EQ(Read(reader.get(), 3, 3).first, Numbers(3, 0));
  EXPECT_EQ(Read(reader.get(), 0, 12).first, Numbers(0, 11));
  EXPECT_EQ(Read(reader.get(), 11, End()).first, Numbers(10, 10));
}

TEST_F(LogReaderTest, WaitsForATransactionThatIsStillOpen) {
  Transaction(0, 3, true);
  ASSERT_TRUE(producer_->Begin().ok());
  ASSERT_TRUE(ProduceNumbers(producer_.get(), tp_, 3, 2).ok());
  int64_t end = End();
  auto [values, status] = Read(NewReader(500).get(), 0, end);
  EXPECT_EQ(values, Numbers(0, 3));
  EXPECT_TRUE(status.Is(ErrorKind::kRetry)) << status.ToString();
  ASSERT_TRUE(producer_->Commit().ok());
  EXPECT_EQ(Read(NewReader().get(), 0, end).first, Numbers(0, 5));
}

TEST_F(LogReaderTest, StopsWhenTheOffsetIsNotInTheLog) {
  Transaction(0, 3, true);
  auto [values, status] = Read(NewReader().get(), 50, 60);
  EXPECT_TRUE(status.Is(ErrorKind::kStop)) << status.ToString();
}

TEST_F(LogReaderTest, EndsWithTheErrorOfItsCaller) {
  Transaction(0, 10, true);
  int seen = 0;
  Status status = NewReader()->Read(tp_, 0, End(), [&](const RecordView&) {
    return ++seen == 4 ? Status::Recover("enough") : Status::Ok();
  });
  EXPECT_EQ(seen, 4);
  EXPECT_TRUE(status.Is(ErrorKind::kRecover)) << status.ToString();
}

TEST_F(LogReaderTest, ReadsMoreThanItsQueueHolds) {
  Transaction(0, 600'000, true);
  int64_t next = 0;
  Status status = NewReader()->Read(tp_, 0, End(), [&](const RecordView& record) {
    return record.offset == next++ ? Status::Ok() : Status::Stop("gap at " + std::to_string(record.offset));
  });
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(next, 600'000);
}

}  // namespace
}  // namespace odometer
