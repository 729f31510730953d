// Records and points told live once the state reflects them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/kilometric.h"
#include "query/live/change_publisher.h"
#include "tests/unit/query/fake_state_reader.h"

namespace odometer {
namespace {

using http::LiveProtocol;
using http::LiveStream;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kMinute = 60'000;

class ChangePublisherTest : public testing::Test {
 protected:
  // The state gets the event, and the publisher hears of it: the offset is the state's next one.
  LiveChange Change(const Series& series, int64_t offset, int64_t ts_ms, int32_t partition = 0) {
    LiveChange::Point point{series.name, series.type, ts_ms, series.labels};
    return {partition, offset, series.org, series.QualifiedName(), point};
  }
  std::shared_ptr<LiveStream> NewStream() { return std::make_shared<LiveStream>(LiveProtocol::kWebSocket); }
  static std::vector<std::string> Take(LiveStream* stream) {
    std::vector<std::string> texts;
    while (auto message = stream->Take()) texts.push_back(*message->text);
    return texts;
  }
  double Missed() { return metrics_.Counter("odometer_live_changes_missed_total",
      "Changes that live clients were not told of: the state did not reflect them in time, or there were too many at once.")
      .Value(); }

  ManualClock clock_{1'700'000'000'000 / kMinute * kMinute};
  FakeStateReader state_;
  Metrics metrics_;
  Kilometric kilometric_{TierSet::Default(), &clock_};
  ChangePublisher publisher_{
      &state_, [this](const http::Request& request, StateView* view) { return kilometric_.Read(request, view); }, &clock_,
      &metrics_};
  const Series stock_ = MakeSeries("stock", MetricType::kCounter, {{"level", "shop"}});
};

TEST_F(ChangePublisherTest, TellsARecordOnceTheStateReflectsItAndOnceForManyChanges) {
  auto stream = NewStream();
  publisher_.JoinRecords(stream, std::string(kDefaultOrg));
  publisher_.Take(Change(stock_, 0, 1'000));
  publisher_.Take(Change(stock_, 1, 2'000));
  state_.Add(stock_, 3, 1'000);
  publisher_.PublishOnce();
  EXPECT_THAT(Take(stream.get()), IsEmpty());
  state_.Add(stock_, 4, 2'000);
  publisher_.PublishOnce();
  publisher_.PublishOnce();
  EXPECT_THAT(Take(stream.get()),
              ElementsAre(R"({"level":"shop","name":"stock","type":"COUNTER","value":7,"startTime":1000,)"
                          R"("updateTime":2000,"count":2})"));
}

TEST_F(ChangePublisherTest, TellsWhatWasForgotten) {
  auto stream = NewStream();
  publisher_.JoinRecords(stream, std::string(kDefaultOrg));
  LiveChange forget{0, 0, std::string(kDefaultOrg), "shop.stock", {}};
  publisher_.Take(forget);
  state_.ChangePosition([](StatePosition* position) { position->tasks[0].next_input_offset = 1; });
  publisher_.PublishOnce();
  EXPECT_THAT(Take(stream.get()), ElementsAre(R"({"name":"shop.stock","deleted":true})"));
}

TEST_F(ChangePublisherTest, KeepsToTheOrgAndForgetsWhoIsGone) {
  auto ours = NewStream(), theirs = NewStream();
  publisher_.JoinRecords(ours, std::string(kDefaultOrg));
  publisher_.JoinRecords(theirs, "other");
  publisher_.Take(Change(stock_, 0, 1'000));
  state_.Add(stock_, 1, 1'000);
  publisher_.PublishOnce();
  EXPECT_EQ(Take(ours.get()).size(), 1u);
  EXPECT_THAT(Take(theirs.get()), IsEmpty());
  EXPECT_EQ(publisher_.Sweep(), 2u);
  ours->ClientEnd().reset();
  EXPECT_EQ(publisher_.Sweep(), 1u);
}

TEST_F(ChangePublisherTest, WaitsForAStateThatIsAwayAndGivesUpOnWhatItNeverShows) {
  auto stream = NewStream();
  publisher_.JoinRecords(stream, std::string(kDefaultOrg));
  publisher_.Take(Change(stock_, 0, 1'000));
  state_.FailWith(Status::Retry("no processor"));
  clock_.Advance(60'000);
  publisher_.PublishOnce();
  state_.FailWith(Status::Ok());
  state_.Add(stock_, 1, 1'000);
  state_.LoseViews(1);
  publisher_.PublishOnce();
  EXPECT_THAT(Take(stream.get()), IsEmpty());
  publisher_.PublishOnce();
  EXPECT_EQ(Take(stream.get()).size(), 1u);

  publisher_.Take(Change(stock_, 5, 1'000, /*partition=*/7));  // another instance has that partition
  publisher_.PublishOnce();
  EXPECT_EQ(Missed(), 0);
  clock_.Advance(30'000);
  publisher_.PublishOnce();
  EXPECT_EQ(Missed(), 1);
  EXPECT_THAT(Take(stream.get()), IsEmpty());
}

TEST_F(ChangePublisherTest, TellsThePresentBucketThenThoseThatChanged) {
  const int64_t now = clock_.WallMs();
  const Series home = MakeSeries("clicks", MetricType::kCounter, {{"page", "home"}});
  const Series about = MakeSeries("clicks", MetricType::kCounter, {{"page", "about"}});
  auto all = NewStream(), home_only = NewStream();
  ChangePublisher::PointsQuery query{.name = "clicks"};
  publisher_.JoinPoints(all, query);
  query.labels = {{"page", "home"}};
  publisher_.JoinPoints(home_only, query);
  publisher_.PublishOnce();
  EXPECT_THAT(Take(all.get()), ElementsAre(R"({"name":"clicks","values":[]})"));
  EXPECT_THAT(Take(home_only.get()), ElementsAre(R"({"name":"clicks","values":[]})"));

  publisher_.Take(Change(home, 0, now - kMinute));
  publisher_.Take(Change(about, 1, now));
  state_.Add(home, 2, now - kMinute);
  state_.Add(about, 3, now);
  publisher_.PublishOnce();
  const std::string before = std::to_string(now - kMinute), present = std::to_string(now);
  EXPECT_THAT(Take(all.get()), ElementsAre(R"({"name":"clicks","values":[{"from":)" + before + R"(,"value":2},{"from":)" +
                                           present + R"(,"value":3}]})"));
  EXPECT_THAT(Take(home_only.get()), ElementsAre(R"({"name":"clicks","values":[{"from":)" + before + R"(,"value":2}]})"));
}

TEST_F(ChangePublisherTest, PointsAreOfCountersOfThatName) {
  auto stream = NewStream();
  publisher_.JoinPoints(stream, {.name = "clicks"});
  publisher_.PublishOnce();
  Take(stream.get());
  const Series gauge = MakeSeries("clicks", MetricType::kGauge), other = MakeSeries("click");
  publisher_.Take(Change(gauge, 0, clock_.WallMs()));
  publisher_.Take(Change(other, 1, clock_.WallMs()));
  state_.Add(gauge, 1, clock_.WallMs());
  state_.Add(other, 1, clock_.WallMs());
  publisher_.PublishOnce();
  EXPECT_THAT(Take(stream.get()), IsEmpty());
}

// The clock is at 2023-11-14T22:13Z, in Berlin's 14th.
TEST_F(ChangePublisherTest, TellsTheDaysOfATimeZone) {
  auto stream = NewStream();
  const Period days = Period::Calendar(CalendarUnit::kDay, TimeZone::Find("Europe/Berlin").value());
  publisher_.JoinPoints(stream, {.name = "clicks", .period = days});
  publisher_.PublishOnce();
  Take(stream.get());
  const Series clicks = MakeSeries("clicks");
  const int64_t today = days.StartOf(clock_.WallMs()), before = days.StartOf(today - 1);
  for (const auto& [offset, ts_ms] : {std::pair(0, today - 1), {1, clock_.WallMs()}}) {
    publisher_.Take(Change(clicks, offset, ts_ms));
    state_.Add(clicks, 1, ts_ms);
  }
  publisher_.PublishOnce();
  EXPECT_THAT(Take(stream.get()), ElementsAre(R"({"name":"clicks","values":[{"from":)" + std::to_string(before) +
                                              R"(,"value":1},{"from":)" + std::to_string(today) + R"(,"value":1}]})"));
}

TEST_F(ChangePublisherTest, OfManyBucketsTheNewest) {
  auto stream = NewStream();
  publisher_.JoinPoints(stream, {.name = "clicks"});
  publisher_.PublishOnce();
  Take(stream.get());
  const Series clicks = MakeSeries("clicks");
  for (int i = 0; i < 150; ++i) {
    publisher_.Take(Change(clicks, i, clock_.WallMs() - i * kMinute));
    state_.Add(clicks, 1, clock_.WallMs() - i * kMinute);
  }
  publisher_.PublishOnce();
  std::vector<std::string> texts = Take(stream.get());
  ASSERT_EQ(texts.size(), 1u);
  EXPECT_THAT(texts[0], HasSubstr("\"from\":" + std::to_string(clock_.WallMs() - 99 * kMinute)));
  EXPECT_THAT(texts[0], testing::Not(HasSubstr("\"from\":" + std::to_string(clock_.WallMs() - 100 * kMinute))));
}

}  // namespace
}  // namespace odometer
