// The reader of the query process while the processor comes and goes: a primary store and a state service in this
// process play the processor.
#include "common/state/instance_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "common/state/follower_reader.h"
#include "common/state/local_reader.h"
#include "common/state/state_paths.h"
#include "common/state/state_service.h"
#include "common/store/rocks_store.h"
#include "tests/unit/state/fake_state_reader.h"
#include "tests/unit/state/state_writer.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer {
namespace {

using testing::HasSubstr;

// What a processor shows: its store, and the service that answers from it.
class FakeProcessor {
 public:
  explicit FakeProcessor(const std::string& state_dir) {
    auto opened =
        OpenRocksStore({.path = StateDatabasePath(state_dir), .families = StateLayout(TestTiers()).families});
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = std::move(opened).value();
    state_ = std::make_unique<StateWriter>(store_.get());
    reader_ = NewLocalReader(store_.get(), state_->layout());
    // Only the service knows the log's end: it tells which of the two ways an answer came.
    service_ = NewStateService({.socket_path = StateSocketPath(state_dir)}, reader_.get(),
                               [](StatePosition* position) {
                                 for (TaskPosition& task : position->tasks) task.log_end_offset = 1'000;
                               });
  }
  StateWriter* state() { return state_.get(); }
  StateService* service() { return service_.get(); }

 private:
  std::unique_ptr<Store> store_;
  std::unique_ptr<StateWriter> state_;
  std::unique_ptr<StateReader> reader_;
  std::unique_ptr<StateService> service_;
};

class InstanceReaderTest : public testing::Test {
 protected:
  static constexpr int64_t kRetryMs = 200;
  static constexpr int64_t kCatchUpMs = 100;

  // "<answer> from service", "<answer> from database", or the error.
  std::string Ask() {
    auto view = reader_->View({});
    if (!view.ok()) return view.status().ToString();
    const bool from_service = (*view)->position().tasks.at(0).log_end_offset == 1'000;
    auto answer = (*view)->ReadWindows({.name = "hits"}, {.size_ms = 10'000, .bucket_ms = 10'000});
    return Text(answer) + (from_service ? " from service" : " from database");
  }

  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<StateReader> reader_ = NewInstanceReader({.state_dir = folder_.path(),
                                                            .tiers = TestTiers(),
                                                            .service_timeout_ms = 60'000,
                                                            .service_retry_ms = kRetryMs,
                                                            .catch_up_ms = kCatchUpMs},
                                                           &clock_);
};

TEST_F(InstanceReaderTest, WithoutProcessorAndDatabaseItSaysBothWithoutPaths) {
  EXPECT_EQ(Ask(), "retry: the processor does not answer, and its database cannot be read yet");
}

TEST_F(InstanceReaderTest, AsksTheServiceWhileItIsThere) {
  FakeProcessor processor(folder_.path());
  ASSERT_TRUE(processor.service()->Start().ok());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  EXPECT_EQ(Ask(), "0:1/1 from service");
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  EXPECT_EQ(Ask(), "0:2/2 from service");
  EXPECT_FALSE(std::filesystem::exists(StateFollowerPath(folder_.path())));
}

TEST_F(InstanceReaderTest, AnswersTheSameFromTheDatabaseOnceTheServiceIsGone) {
  auto processor = std::make_unique<FakeProcessor>(folder_.path());
  ASSERT_TRUE(processor->service()->Start().ok());
  for (int i = 0; i < 50; ++i) processor->state()->Add(i % 3, MakeSeries("hits"), i * 1'000, i);
  const std::string answer = "0:10/45 10000:10/145 20000:10/245 30000:10/345 40000:10/445";
  EXPECT_EQ(Ask(), answer + " from service");
  auto position = reader_->Position().value();
  auto page = Text(reader_->ReadTotals({}, "", 10));
  auto cardinality = reader_->View({}).value()->ReadCardinality(std::nullopt, 10).value();
  EXPECT_EQ(cardinality.series_by_task.size(), 3u);

  processor->service()->Stop();
  EXPECT_EQ(Ask(), answer + " from database");
  EXPECT_EQ(Text(reader_->Position().value()), Text(position));
  EXPECT_EQ(Text(reader_->ReadTotals({}, "", 10)), page);
  EXPECT_EQ(reader_->View({}).value()->ReadCardinality(std::nullopt, 10).value(), cardinality);
  processor.reset();  // the whole processor, not only its service
  for (int i = 0; i < 1'000; ++i) {
    clock_.Advance(7);
    EXPECT_EQ(Ask(), answer + " from database");
  }
}

TEST_F(InstanceReaderTest, FollowsTheDatabaseWhileTheServiceIsAway) {
  FakeProcessor processor(folder_.path());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  EXPECT_EQ(Ask(), "0:1/1 from database");
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  clock_.Advance(kCatchUpMs - 1);
  EXPECT_EQ(Ask(), "0:1/1 from database");
  clock_.Advance(1);
  EXPECT_EQ(Ask(), "0:2/2 from database");
}

TEST_F(InstanceReaderTest, GoesBackToTheServiceAsSoonAsItMayTryAgain) {
  FakeProcessor processor(folder_.path());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  EXPECT_EQ(Ask(), "0:1/1 from database");
  ASSERT_TRUE(processor.service()->Start().ok());
  clock_.Advance(kRetryMs - 1);
  EXPECT_EQ(Ask(), "0:1/1 from database");
  clock_.Advance(1);
  EXPECT_EQ(Ask(), "0:1/1 from service");
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  EXPECT_EQ(Ask(), "0:2/2 from service");
}

TEST_F(InstanceReaderTest, AProcessorThatComesAndGoesIsNeverAGap) {
  std::string expected = "retry";
  for (int life = 1; life <= 3; ++life) {
    FakeProcessor processor(folder_.path());
    processor.state()->Add(life, MakeSeries("hits"), 1'000);
    expected = "0:" + std::to_string(life) + "/" + std::to_string(life);
    clock_.Advance(kRetryMs);
    EXPECT_EQ(Ask(), expected + " from database");
    ASSERT_TRUE(processor.service()->Start().ok());
    clock_.Advance(kRetryMs);
    EXPECT_EQ(Ask(), expected + " from service");
  }
  EXPECT_EQ(Ask(), expected + " from database");
}

TEST_F(InstanceReaderTest, ErrorsOfTheServiceAreNotAReasonToOpenTheDatabase) {
  FakeProcessor processor(folder_.path());
  ASSERT_TRUE(processor.service()->Start().ok());
  auto answer = reader_->ReadWindows({}, {.size_ms = 12'345});
  EXPECT_TRUE(answer.status().Is(ErrorKind::kInvalid));
  EXPECT_FALSE(std::filesystem::exists(StateFollowerPath(folder_.path())));
}

// Readers in several threads while the service comes and goes and events are counted: there is always a view, and
// what it answers is what its position says.
TEST_F(InstanceReaderTest, AnswersThroughoutFromManyThreads) {
  FakeProcessor processor(folder_.path());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!done) {
        auto view = reader_->View({});
        ASSERT_TRUE(view.ok()) << view.status().ToString();
        auto answer = (*view)->ReadWindows({.name = "hits"}, {});
        if (answer.status().Is(ErrorKind::kRetry)) continue;  // lost with the service
        ASSERT_TRUE(answer.ok()) << answer.status().ToString();
        EXPECT_EQ((*view)->position().tasks.at(0).next_input_offset,
                  static_cast<int64_t>(answer->buckets.at(0).aggregate.count()));
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(processor.service()->Start().ok());
    clock_.Advance(kRetryMs);
    for (int j = 0; j < 20; ++j) processor.state()->Add(0, MakeSeries("hits"), 1'000);
    processor.service()->Stop();
    for (int j = 0; j < 20; ++j) {
      processor.state()->Add(0, MakeSeries("hits"), 1'000);
      clock_.Advance(10);
    }
  }
  done = true;
  for (std::thread& thread : threads) thread.join();
  clock_.Advance(kCatchUpMs);
  EXPECT_EQ(Ask(), "0:801/801 from database");
}

// A read that takes too long is no reason to have it done again on the database.
TEST_F(InstanceReaderTest, AServiceThatIsSlowerThanTheDeadlineIsNotAway) {
  FakeStateReader slow;
  std::promise<void> go_on;
  auto released = go_on.get_future().share();
  slow.before_read = [&] { released.wait(); };
  auto service = NewStateService({.socket_path = StateSocketPath(folder_.path())}, &slow);
  ASSERT_TRUE(service->Start().ok());
  SystemClock clock;
  auto view = reader_->View(Deadline(&clock, clock.SteadyMs() + 20));
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  EXPECT_TRUE((*view)->ReadWindows({}, {}).status().Is(ErrorKind::kRetry));
  EXPECT_TRUE(reader_->View(Deadline(&clock, clock.SteadyMs())).status().Is(ErrorKind::kRetry));
  EXPECT_TRUE(reader_->Position().ok());  // by the service still
  go_on.set_value();
  EXPECT_FALSE(std::filesystem::exists(StateFollowerPath(folder_.path())));
}

class FollowerReaderTest : public testing::Test {
 protected:
  std::unique_ptr<FollowerReader> NewFollower(TierSet tiers = TestTiers()) {
    return NewFollowerReader({.database_path = StateDatabasePath(folder_.path()),
                              .log_path = StateFollowerPath(folder_.path()),
                              .tiers = std::move(tiers),
                              .catch_up_ms = 100,
                              .max_stale_ms = 2'000},
                             &clock_);
  }

  TempFolder folder_;
  ManualClock clock_;
};

TEST_F(FollowerReaderTest, ALongReadHoldsUpTheOthersOnlyOnceTheyWouldReadOldNews) {
  FakeProcessor processor(folder_.path());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  auto follower = NewFollower();
  auto long_read = follower->View({}).value();
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  clock_.Advance(1'999);
  EXPECT_EQ(Text(follower->Position().value()), "of 1: 0@1");
  clock_.Advance(1);
  EXPECT_TRUE(follower->View(Deadline(&clock_, clock_.SteadyMs())).status().Is(ErrorKind::kRetry));
  auto waiting = std::async(std::launch::async, [&] { return Text(follower->Position().value()); });
  EXPECT_EQ(Text(long_read->ReadWindows({.name = "hits"}, {})), "0:1/1");
  long_read.reset();
  EXPECT_EQ(waiting.get(), "of 1: 0@2");
}

TEST_F(FollowerReaderTest, ADatabaseWithOtherTiersIsRefused) {
  FakeProcessor processor(folder_.path());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  processor.state()->PutRaw(StateLayout::kMeta, std::string(kFormatKey), EncodeStateFormat({.tiers = TestTiers()}));
  EXPECT_TRUE(NewFollower()->Position().ok());
  TierSet other_retention = TestTiers(), other_size = TestTiers();
  other_retention.windows[0].retention_ms *= 2;
  other_size.windows[1].size_ms *= 2;
  for (const TierSet& tiers : {other_retention, other_size}) {
    Status refused = NewFollower(tiers)->Position().status();
    EXPECT_TRUE(refused.Is(ErrorKind::kStop)) << refused.ToString();
    EXPECT_THAT(refused.message(), HasSubstr("the same `tiers`"));
  }
}

TEST_F(FollowerReaderTest, WhatLooksDamagedIsOpenedAnewBeforeItIsCalledDamaged) {
  FakeProcessor processor(folder_.path());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  auto follower = NewFollower();
  std::string key;
  AppendSeriesKey(0, 1, &key);
  processor.state()->PutRaw(StateLayout::kTotals, key, "garbage");
  EXPECT_TRUE(follower->ReadWindows({.name = "hits"}, {}).status().Is(ErrorKind::kRetry));
  EXPECT_TRUE(follower->ReadWindows({.name = "hits"}, {}).status().Is(ErrorKind::kStop));
  processor.state()->PutRaw(StateLayout::kMeta, MetaKey(0), "garbage");
  clock_.Advance(100);
  EXPECT_TRUE(follower->Position().status().Is(ErrorKind::kStop));  // tried a second time by itself
}

TEST(FollowerReader, OpensWhenAskedAndClosesWhenToldTo) {
  TempFolder folder;
  ManualClock clock;
  auto follower = NewFollowerReader({.database_path = StateDatabasePath(folder.path()),
                                     .log_path = StateFollowerPath(folder.path()),
                                     .tiers = TestTiers(),
                                     .catch_up_ms = 100},
                                    &clock);
  EXPECT_TRUE(follower->Position().status().Is(ErrorKind::kRetry));
  EXPECT_FALSE(follower->IsOpen());

  FakeProcessor processor(folder.path());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  EXPECT_TRUE(follower->Position().status().Is(ErrorKind::kRetry));  // remembered, until it is time to look again
  clock.Advance(100);
  EXPECT_EQ(Text(follower->Position().value()), "of 1: 0@1");
  EXPECT_TRUE(follower->IsOpen());
  follower->CloseIfIdle();
  EXPECT_FALSE(follower->IsOpen());
  processor.state()->Add(0, MakeSeries("hits"), 1'000);
  EXPECT_EQ(Text(follower->Position().value()), "of 1: 0@2");
}

}  // namespace
}  // namespace odometer
