// Finding and replaying dead letters, over a broker in memory.
#include "cli/dead_letters/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/kafka/memory_broker.h"

namespace odometer::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kLetters[] = "metrics.dead-letters";
constexpr char kEvents[] = "metrics.events";

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() {
    broker_.CreateTopic({kEvents, 4, 1, {}});
    broker_.CreateTopic({kLetters, 2, 1, {}});
    broker_.CreateTopic({"repair", 3, 1, {}});
  }

  // A letter about the record with that value and these headers of its own, from the events' partition `from`.
  void AddLetter(int32_t partition, const std::string& reason, const std::string& value, int32_t from = 1,
                 std::vector<Header> headers = {}, int64_t max_bytes = 1'000'000) {
    MemoryRecord original{.offset = 9, .key = "k", .value = value};
    for (const Header& header : headers) original.headers.emplace_back(header.name, header.value);
    const MemoryHeaders source(&original);
    RecordView view{.topic = kEvents, .partition = from, .offset = 9, .timestamp_ms = 1, .key = "k", .value = original.value};
    view.header_source = &source;
    const DeadLetter letter = MakeDeadLetter(reason, view, max_bytes);
    broker_.Append({kLetters, partition}, ToRecord(letter));
  }

  LetterSelection Select(const LetterFilter& filter = {}) {
    Result<LetterSelection> selection = DeadLetterLog(kLetters, admin_.get(), reader_.get()).Select(filter);
    EXPECT_TRUE(selection.ok()) << selection.status().ToString();
    return selection.ok() ? *selection : LetterSelection{};
  }
  // One run of the command: its outcome; what it said is in reports_.
  Status Run(const LetterFilter& filter = {}, ReplayOptions options = {}) {
    options.dead_letter_topic = kLetters;
    auto producer = broker_.NewTransactionalProducer({.properties = {}, .client_id = "", .transactional_id = "replay"});
    ODOMETER_RETURN_IF_ERROR(producer->Init());
    DeadLetterLog log(kLetters, admin_.get(), reader_.get());
    Result<LetterSelection> selection = log.Select(filter);
    if (!selection.ok()) return selection.status();
    Replay replay(options, admin_.get(), producer.get(), [this](const std::string& what) { reports_.push_back(what); });
    Status status = log.Read(*selection, [&](const Letter& letter) { return replay.Add(letter); });
    if (status.ok()) status = replay.Finish();
    replayed_ = replay.replayed();
    refused_ = replay.refused();
    return status;
  }
  std::vector<std::string> Values(const std::string& topic, int32_t partition) {
    std::vector<std::string> values;
    for (const MemoryRecord& record : broker_.CommittedRecords({topic, partition})) values.push_back(record.value);
    return values;
  }

  ManualClock clock_;
  MemoryBroker broker_{&clock_};
  std::unique_ptr<Admin> admin_ = broker_.NewAdmin();
  std::unique_ptr<LogReader> reader_ = broker_.NewLogReader();
  std::vector<std::string> reports_;
  uint64_t replayed_ = 0;
  uint64_t refused_ = 0;
};

TEST_F(ReplayTest, TheRecordGoesWhereItWasAsItWas) {
  AddLetter(0, "bad_value", "{}", 3, {{"content-type", "application/json"}, {"odometer-control", "set"}});
  ASSERT_TRUE(Run().ok());
  const std::vector<MemoryRecord> records = broker_.CommittedRecords({kEvents, 3});
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].key, "k");
  EXPECT_EQ(records[0].value, "{}");
  EXPECT_THAT(records[0].headers, ElementsAre(testing::Pair("content-type", "application/json"),
                                              testing::Pair("odometer-control", "set")));
}

TEST_F(ReplayTest, ASecondRunReplaysNothingAgain) {
  for (const char* value : {"a", "b", "c"}) AddLetter(0, "malformed", value);
  ASSERT_TRUE(Run({.limit = 2}).ok());
  EXPECT_EQ(replayed_, 2u);
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(replayed_, 1u);
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(replayed_, 0u);
  EXPECT_THAT(Values(kEvents, 1), ElementsAre("a", "b", "c"));
  EXPECT_EQ(Select().replayed_before, 3u);
}

TEST_F(ReplayTest, WhatAFilterLeftOutIsReplayedLater) {
  AddLetter(0, "malformed", "a");
  AddLetter(0, "bad_type", "b");
  AddLetter(0, "malformed", "c");
  ASSERT_TRUE(Run({.reasons = {"bad_type", "bad_name"}}).ok());
  EXPECT_THAT(Values(kEvents, 1), ElementsAre("b"));
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(Values(kEvents, 1), ElementsAre("b", "a", "c"));
}

TEST_F(ReplayTest, OnRequestTheyAreReplayedAgain) {
  AddLetter(0, "malformed", "a");
  ASSERT_TRUE(Run().ok());
  ASSERT_TRUE(Run({.replayed_too = true}).ok());
  EXPECT_THAT(Values(kEvents, 1), ElementsAre("a", "a"));
}

TEST_F(ReplayTest, OnlyLettersSinceThen) {
  AddLetter(0, "malformed", "old");
  clock_.Advance(1'000);
  AddLetter(0, "malformed", "new");
  ASSERT_TRUE(Run({.since_ms = clock_.WallMs()}).ok());
  EXPECT_THAT(Values(kEvents, 1), ElementsAre("new"));
}

TEST_F(ReplayTest, BatchesKeepTheOrderOverAllPartitions) {
  for (int i = 0; i < 7; ++i) AddLetter(i % 2, "malformed", std::to_string(i), i % 2);
  ASSERT_TRUE(Run({}, {.batch_letters = 2}).ok());
  EXPECT_EQ(replayed_, 7u);
  EXPECT_THAT(Values(kEvents, 0), ElementsAre("0", "2", "4", "6"));
  EXPECT_THAT(Values(kEvents, 1), ElementsAre("1", "3", "5"));
}

TEST_F(ReplayTest, ALargeBatchIsSentBeforeItIsComplete) {
  AddLetter(0, "malformed", std::string(100, 'a'));
  AddLetter(0, "malformed", std::string(100, 'b'));
  ASSERT_TRUE(Run({}, {.batch_bytes = 50}).ok());
  EXPECT_EQ(broker_.CommittedRecords({kLetters, 0}).size(), 4u) << "a mark each";
}

TEST_F(ReplayTest, AnotherTopicMayHaveFewerPartitions) {
  AddLetter(0, "malformed", "a", 2);
  AddLetter(0, "malformed", "b", 3);
  ASSERT_TRUE(Run({}, {.to = "repair"}).ok());
  EXPECT_THAT(Values("repair", 2), ElementsAre("a"));
  EXPECT_THAT(Values("repair", 0), ElementsAre("b"));
  EXPECT_THAT(Values(kEvents, 2), IsEmpty());
}

TEST_F(ReplayTest, LettersThatWereCutAreRefusedAndNamed) {
  AddLetter(0, "too_large", std::string(5'000, 'v'), 1, {}, 2'000);
  AddLetter(0, "malformed", "whole");
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(Values(kEvents, 1), ElementsAre("whole"));
  EXPECT_EQ(refused_, 1u);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_THAT(reports_[0], HasSubstr("0/0: not replayed, because it was cut (key=1 value=5000 headers=0)"));
  EXPECT_THAT(reports_[0], HasSubstr("metrics.events/1@9"));
}

TEST_F(ReplayTest, RecordsThatAreNoLettersAreLeftAlone) {
  broker_.Append({kLetters, 0}, OutRecord{"", "somebody else's", false, {}});
  ASSERT_TRUE(Run().ok());
  EXPECT_EQ(replayed_, 0u);
}

TEST_F(ReplayTest, TopicsThatDoNotFitAreRefused) {
  AddLetter(0, "malformed", "a");
  EXPECT_THAT(Run({}, {.to = "none"}).message(), HasSubstr("topic none does not exist"));
  EXPECT_THAT(Run({}, {.to = kLetters}).message(), HasSubstr("the topic of dead letters itself"));
  EXPECT_EQ(Select().letters, 1u);
}

TEST_F(ReplayTest, AMarkThatCannotBeReadStopsIt) {
  AddLetter(0, "malformed", "a");
  broker_.Append({kLetters, 0}, OutRecord{"", "", true, {{"odometer-replayed", "all"}}});
  Result<LetterSelection> selection = DeadLetterLog(kLetters, admin_.get(), reader_.get()).Select({});
  EXPECT_TRUE(selection.status().Is(ErrorKind::kStop));
}

// Dies, or gets an error, at every call that a replay makes; then it is run again until it succeeds.
TEST_F(ReplayTest, WhateverFailsEachRecordIsThereOnce) {
  const BrokerCall calls[] = {BrokerCall::kBegin, BrokerCall::kProduce, BrokerCall::kFlush, BrokerCall::kCommit};
  int faults = 0;
  for (BrokerCall call : calls) {
    for (ErrorKind kind : {ErrorKind::kRetry, ErrorKind::kAbort, ErrorKind::kRecover}) {
      for (bool effect : {false, true}) {
        if (effect && kind == ErrorKind::kAbort && call == BrokerCall::kCommit) continue;  // a promise that it has none
        const std::string value = "v" + std::to_string(faults++);
        for (int i = 0; i < 3; ++i) AddLetter(0, "malformed", value + "-" + std::to_string(i), 2);
        broker_.InjectFault(call, {.kind = kind, .effect = effect}, 1);
        for (int run = 0; run < 5 && !Run({}, {.batch_letters = 1}).ok();) ++run;
      }
    }
  }
  std::vector<std::string> expected;
  for (int i = 0; i < faults; ++i) {
    for (int j = 0; j < 3; ++j) expected.push_back("v" + std::to_string(i) + "-" + std::to_string(j));
  }
  EXPECT_GT(faults, 20);
  EXPECT_EQ(Values(kEvents, 2), expected);
}

TEST_F(ReplayTest, AProcessThatDiesAtAnyCallLosesAndRepeatsNothing) {
  int deaths = 0;
  for (int death = 0;; ++death) {
    const std::string value = std::to_string(death);
    AddLetter(0, "malformed", value, 2);
    AddLetter(0, "malformed", value + "'", 2);
    int calls = 0;
    broker_.SetObserver([&](BrokerCall, CallMoment) {
      if (calls++ == death) broker_.set_cut_off(true);
    });
    const Status first = Run();
    broker_.SetObserver({});
    broker_.set_cut_off(false);
    if (!first.ok()) ++deaths;
    ASSERT_TRUE(Run().ok());
    ASSERT_THAT(Values(kEvents, 2), testing::SizeIs(2 * static_cast<size_t>(death + 1))) << "died at call " << death;
    if (first.ok() && calls <= death) break;
  }
  EXPECT_GT(deaths, 10);
}

}  // namespace
}  // namespace odometer::cli
