// Changes that records of the rules' sources make, told live: without threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "query/live/follower.h"
#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/memory_tail.h"

namespace odometer {
namespace {

using http::LiveProtocol;
using http::LiveStream;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kTopic[] = "events";
constexpr char kOrders[] = "shop.orders";

// A record's value is the name of the counter that it changes.
class FakeSources final : public SourceReader {
 public:
  std::vector<std::string> Topics() override { return topics; }
  void Read(const RecordView& record, std::vector<LiveChange>* changes) override {
    const std::string name(record.value);
    LiveChange change{record.partition, record.offset, std::string(kDefaultOrg), name, {}, std::string(record.topic)};
    change.point = LiveChange::Point{.name = name, .ts_ms = record.timestamp_ms};
    changes->push_back(change);
  }
  std::vector<std::string> topics{kOrders};
};

class LiveSourcesTest : public testing::Test {
 protected:
  LiveSourcesTest() { broker_.CreateTopic({.name = kTopic, .partitions = 1}); }

  std::shared_ptr<LiveStream> JoinRecords() {
    auto stream = std::make_shared<LiveStream>(LiveProtocol::kWebSocket);
    bool joined = false;
    follower_.Join(Follower::Of::kChanges, [&](const Status& status) {
      ASSERT_TRUE(status.ok()) << status.ToString();
      publisher_.JoinRecords(stream, std::string(kDefaultOrg));
      joined = true;
    });
    follower_.RunOnce(0);
    EXPECT_TRUE(joined);
    return stream;
  }
  // The team's producer writes, and the processor has counted it.
  void Order(const std::string& name) {
    broker_.Append({kOrders, 0}, {.key = "", .value = name, .tombstone = false, .headers = {}});
    state_.AddOfSource(kOrders, MakeSeries(name), 1, clock_.WallMs());
  }
  std::vector<std::string> Tell(LiveStream* stream) {
    for (int i = 0; i < 3; ++i) follower_.RunOnce(0);
    publisher_.PublishOnce();
    std::vector<std::string> texts;
    while (auto message = stream->Take()) texts.push_back(*message->text);
    return texts;
  }

  ManualClock clock_;
  MemoryBroker broker_{&clock_};
  std::unique_ptr<Admin> admin_ = broker_.NewAdmin();
  TailControl tails_;
  std::map<std::string, Status> failures_;  // by topic
  FakeStateReader state_;
  Metrics metrics_;
  LiveHub hub_{kTopic};
  ChangePublisher publisher_{&state_, {}, &clock_, &metrics_};
  FakeSources sources_;
  Follower follower_{kTopic,
                     [this](const std::string& topic) -> Result<std::unique_ptr<TopicTail>> {
                       if (!failures_[topic].ok()) return failures_[topic];
                       return std::unique_ptr<TopicTail>(std::make_unique<MemoryTail>(&broker_, topic, &tails_));
                     },
                     &sources_, admin_.get(), &clock_, &hub_, &publisher_};
};

TEST_F(LiveSourcesTest, TellsWhatASourceChangesFromThePresentOn) {
  broker_.CreateTopic({.name = kOrders, .partitions = 1});
  Order("before");
  auto stream = JoinRecords();
  Order("orders");
  Order("orders");
  EXPECT_THAT(Tell(stream.get()), ElementsAre(HasSubstr(R"("name":"orders","type":"COUNTER","value":2)")));
}

TEST_F(LiveSourcesTest, WaitsUntilTheSourceItselfIsCountedSoFar) {
  broker_.CreateTopic({.name = kOrders, .partitions = 1});
  auto stream = JoinRecords();
  Order("orders");
  state_.ChangePosition([](StatePosition* position) {
    position->tasks[0].next_input_offset = 9;  // the input topic is no measure
    position->sources[0].tasks[0].next_input_offset = 0;
  });
  EXPECT_THAT(Tell(stream.get()), IsEmpty());
  state_.ChangePosition([](StatePosition* position) { position->sources[0].tasks[0].next_input_offset = 1; });
  EXPECT_EQ(Tell(stream.get()).size(), 1u);
}

TEST_F(LiveSourcesTest, ASourceThatComesLaterIsReadFromItsBeginning) {
  auto stream = JoinRecords();  // does not wait for it
  EXPECT_THAT(Tell(stream.get()), IsEmpty());
  broker_.CreateTopic({.name = kOrders, .partitions = 1});
  Order("orders");
  clock_.Advance(5'000);
  Tell(stream.get());
  Order("orders");
  EXPECT_THAT(Tell(stream.get()), ElementsAre(HasSubstr(R"("value":2)")));
}

TEST_F(LiveSourcesTest, ASourceThatCannotBeReadHoldsNobodyUpAndIsTriedAgain) {
  broker_.CreateTopic({.name = kOrders, .partitions = 1});
  failures_[kOrders] = Status::Stop("no right");
  auto stream = JoinRecords();
  broker_.Append({kTopic, 0}, {.key = "", .value = R"({"name":"plain"})", .tombstone = false, .headers = {}});
  state_.Add(MakeSeries("plain"), 1, clock_.WallMs());
  EXPECT_EQ(Tell(stream.get()).size(), 1u);
  failures_[kOrders] = Status::Ok();
  clock_.Advance(5'000);
  Tell(stream.get());
  Order("orders");
  EXPECT_EQ(Tell(stream.get()).size(), 1u);
}

TEST_F(LiveSourcesTest, OtherRulesMeanOtherSources) {
  broker_.CreateTopic({.name = kOrders, .partitions = 1});
  sources_.topics.clear();
  auto stream = JoinRecords();
  Order("orders");
  EXPECT_THAT(Tell(stream.get()), IsEmpty());
  sources_.topics = {kOrders};
  clock_.Advance(5'000);
  Tell(stream.get());
  Order("orders");
  EXPECT_EQ(Tell(stream.get()).size(), 1u);
  sources_.topics.clear();
  clock_.Advance(5'000);
  Tell(stream.get());
  Order("orders");
  EXPECT_THAT(Tell(stream.get()), IsEmpty());
}

TEST_F(LiveSourcesTest, IsReadOnlyWhileSomebodyIsToldChanges) {
  broker_.CreateTopic({.name = kOrders, .partitions = 1});
  auto events = std::make_shared<LiveStream>(LiveProtocol::kServerSentEvents);
  follower_.Join(Follower::Of::kEvents, [&](const Status&) { hub_.Join(events, {}, std::nullopt); });
  follower_.RunOnce(0);
  EXPECT_EQ(tails_.made, 1) << "events come from the input topic alone";
  auto stream = JoinRecords();
  EXPECT_EQ(tails_.made, 2);
  stream->ClientEnd().reset();
  Tell(stream.get());
  clock_.Advance(10'000);
  Tell(stream.get());
  auto again = JoinRecords();
  EXPECT_EQ(tails_.made, 3) << "it was left when nobody was there";
  Order("orders");
  EXPECT_EQ(Tell(again.get()).size(), 1u);
}

}  // namespace
}  // namespace odometer
