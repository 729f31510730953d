// Events told live: followed, resumed, caught up, without threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/model/raw_event.h"
#include "query/live/catch_up.h"
#include "query/live/follower.h"
#include "query/live/live_hub.h"
#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/memory_tail.h"

namespace odometer {
namespace {

using http::LiveMessage;
using http::LiveProtocol;
using http::LiveStream;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kTopic[] = "events";

std::string EventJson(const std::string& name, int number) {
  return R"({"name":")" + name + R"(","value":)" + std::to_string(number) + "}";
}

LiveOffsets ParseId(const std::string& id) {
  const OffsetSet set = OffsetSet::Parse(id, kTopic).value();
  LiveOffsets offsets;
  for (const auto& [place, offset] : set.offsets()) offsets[place.partition] = offset;
  return offsets;
}

// Everything of one client, taken when the test says so.
struct Listener {
  explicit Listener(size_t max_queued_bytes = LiveStream::kMaxQueuedBytes)
      : stream(std::make_shared<LiveStream>(LiveProtocol::kServerSentEvents, max_queued_bytes)) {}

  // The texts of at most so many messages.
  std::vector<std::string> Take(int count = 1'000'000) {
    std::vector<std::string> texts;
    while (count-- > 0) {
      std::optional<LiveMessage> message = stream->Take();
      if (!message) break;
      if (!message->id.empty()) last_id = message->id;
      if (message->text) texts.push_back(message->event + *message->text);
    }
    return texts;
  }

  std::shared_ptr<LiveStream> stream;
  std::string last_id;
};

class LiveEventsTest : public testing::Test {
 protected:
  explicit LiveEventsTest(size_t kept_bytes = 1 << 20) : hub_(kTopic, kept_bytes) {
    broker_.CreateTopic({.name = kTopic, .partitions = 2});
  }

  int64_t Post(int32_t partition, const std::string& value) {
    return broker_.Append({kTopic, partition}, {.key = "", .value = value, .tombstone = false, .headers = {}});
  }
  // Joins at once; the follower must be able to begin.
  void Join(Listener* listener, const std::string& id = "", const std::string& name = "a") {
    LiveFilter filter;
    filter.name = name;
    std::optional<LiveOffsets> from;
    if (!id.empty()) from = ParseId(id);
    bool joined = false;
    follower_.Join(Follower::Of::kEvents, [&](const Status& status) {
      ASSERT_TRUE(status.ok()) << status.ToString();
      hub_.Join(listener->stream, filter, from);
      joined = true;
    });
    follower_.RunOnce(0);
    ASSERT_TRUE(joined);
  }
  void Follow() {
    for (int i = 0; i < 3; ++i) follower_.RunOnce(0);
  }
  void CatchUpAll() {
    for (int i = 0; i < 100; ++i) catch_up_.RunOnce();
  }

  ManualClock clock_;
  MemoryBroker broker_{&clock_};
  std::unique_ptr<Admin> admin_ = broker_.NewAdmin();
  TailControl tails_;
  FakeStateReader state_;
  Metrics metrics_;
  LiveHub hub_;
  ChangePublisher publisher_{&state_, {}, &clock_, &metrics_};
  Follower follower_{kTopic,
                     [this](const std::string& topic) -> Result<std::unique_ptr<TopicTail>> {
                       if (!tails_.failure.ok()) return tails_.failure;
                       return std::unique_ptr<TopicTail>(std::make_unique<MemoryTail>(&broker_, topic, &tails_));
                     },
                     /*sources=*/nullptr, admin_.get(), &clock_, &hub_, &publisher_};
  CatchUp catch_up_{kTopic, [this] { return Result<std::unique_ptr<LogReader>>(broker_.NewLogReader()); }, admin_.get(),
                    &hub_};
};

TEST_F(LiveEventsTest, TellsRawEventsOnlyOfTheOrg) {
  Listener listener;
  follower_.Join(Follower::Of::kEvents, [&](const Status& status) {
    ASSERT_TRUE(status.ok()) << status.ToString();
    hub_.Join(listener.stream, {.org = "acme", .raw_only = true}, std::nullopt);
  });
  follower_.RunOnce(0);
  const auto post_raw = [&](const char* org, const char* body) {
    broker_.Append({kTopic, 0}, {.value = body, .headers = {{kKindHeader, kRawKind}, {kOrgHeader, org}}});
  };
  post_raw("acme", R"({ "name":"a", "value":null })");
  post_raw("globex", R"({"name":"a","value":1})");
  post_raw("acme", R"({"name":"no value"})");
  Post(0, R"({"name":"a","value":2,"org":"acme"})");
  Post(1, R"({"name":"b","type":"event","value":"x","org":"acme","more":[1]})");
  Follow();
  EXPECT_THAT(listener.Take(), ElementsAre(R"({ "name":"a", "value":null })",
                                           R"({"name":"b","type":"event","value":"x","org":"acme","more":[1]})"));
}

TEST_F(LiveEventsTest, TellsWhatIsPostedAfterJoiningAsItWasPosted) {
  Post(0, EventJson("a", 1));
  Listener a, b;
  Join(&a);
  Join(&b, "", "b");
  EXPECT_THAT(a.Take(), IsEmpty());
  EXPECT_EQ(a.last_id, "events/0@1,events/1@0");
  Post(0, "{ \"value\":2,\n \"name\":\"a\", \"unknown\":[1e3] }");
  Post(1, EventJson("b", 3));
  Post(1, "not an event");
  Follow();
  EXPECT_THAT(a.Take(), ElementsAre("{ \"value\":2,\n \"name\":\"a\", \"unknown\":[1e3] }"));
  EXPECT_EQ(a.last_id, "events/0@2,events/1@0");
  EXPECT_THAT(b.Take(), ElementsAre(EventJson("b", 3)));
  EXPECT_EQ(b.last_id, "events/0@2,events/1@1");
}

TEST_F(LiveEventsTest, AbortedAndUndecidedOnesAreNotTold) {
  Listener a;
  Join(&a);
  const std::string aborted = EventJson("a", 1), committed = EventJson("a", 2);
  broker_.AppendTransaction({kTopic, 0}, {{.key = "", .value = aborted, .tombstone = false, .headers = {}}}, false);
  broker_.AppendTransaction({kTopic, 0}, {{.key = "", .value = committed, .tombstone = false, .headers = {}}}, true);
  Follow();
  EXPECT_THAT(a.Take(), ElementsAre(committed));
}

TEST_F(LiveEventsTest, EventsOfOtherOrgsAreNotTold) {
  Listener a;
  Join(&a);
  Post(0, R"({"name":"a","org":"other"})");
  Post(0, R"({"name":"a","org":"default"})");
  Follow();
  EXPECT_THAT(a.Take(), ElementsAre(R"({"name":"a","org":"default"})"));
}

TEST_F(LiveEventsTest, ResumesFromWhatIsKept) {
  Listener first, other;
  Join(&first);
  Join(&other);
  for (int i = 0; i < 4; ++i) Post(i % 2, EventJson("a", i));
  Follow();
  EXPECT_EQ(first.Take(3).size(), 2u);  // the place, and two events
  Listener second;
  Join(&second, first.last_id);
  CatchUpAll();
  Post(0, EventJson("a", 4));
  Follow();
  EXPECT_EQ(second.Take().size(), 3u);
}

TEST_F(LiveEventsTest, ResumesFromTheLogAfterNobodyListened) {
  Listener first;
  Join(&first);
  Post(0, EventJson("a", 0));
  Follow();
  EXPECT_THAT(first.Take(), ElementsAre(EventJson("a", 0)));
  first.stream->ClientEnd().reset();
  clock_.Advance(1);
  Follow();
  clock_.Advance(20'000);
  Follow();
  EXPECT_FALSE(follower_.RunOnce(0)) << "it still follows, and nobody listens";
  for (int i = 1; i < 9; ++i) Post(i % 2, EventJson("a", i));
  Listener second;
  Join(&second, first.last_id);
  EXPECT_THAT(second.Take(), IsEmpty());
  CatchUpAll();
  Post(0, EventJson("a", 9));
  Follow();
  EXPECT_EQ(second.Take().size(), 9u);
  EXPECT_EQ(tails_.made, 2);
}

TEST_F(LiveEventsTest, GoesOnFromWhereItWasWhenTheTailFails) {
  Listener a;
  Join(&a);
  tails_.failure = Status::Recover("gone");
  Post(0, EventJson("a", 1));
  Follow();
  EXPECT_THAT(a.Take(), IsEmpty());
  Post(1, EventJson("a", 2));
  tails_.failure = Status::Ok();
  Follow();
  EXPECT_THAT(a.Take(), ElementsAre(EventJson("a", 1), EventJson("a", 2)));
}

TEST_F(LiveEventsTest, JoiningEndsInAnErrorWhenTheBrokerStaysAway) {
  tails_.failure = Status::Retry("no broker");
  std::optional<Status> outcome;
  follower_.Join(Follower::Of::kEvents, [&](const Status& status) { outcome = status; });
  follower_.RunOnce(0);
  EXPECT_FALSE(outcome);
  clock_.Advance(10'001);
  follower_.RunOnce(0);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->message(), "no broker");
}

TEST_F(LiveEventsTest, NewPartitionsAreNoticed) {
  Listener a;
  Join(&a);
  Follow();
  ASSERT_TRUE(admin_->GrowPartitions(kTopic, 3).ok());
  Post(2, EventJson("a", 1));
  clock_.Advance(5'001);
  Follow();
  EXPECT_THAT(a.Take(), ElementsAre(EventJson("a", 1)));
  EXPECT_EQ(a.last_id, "events/0@0,events/1@0,events/2@1");
}

TEST_F(LiveEventsTest, WhatTheLogNoLongerHasIsToldAsAGap) {
  for (int i = 0; i < 5; ++i) Post(0, EventJson("a", i));
  broker_.Log({kTopic, 0}).DeleteBefore(3);
  Listener a;
  Join(&a, "events/0@1,events/1@0");
  CatchUpAll();
  EXPECT_THAT(a.Take(), ElementsAre(R"(gap{"partition":0,"from":1,"to":3})", EventJson("a", 3), EventJson("a", 4)));

  Post(0, EventJson("a", 5));
  Post(0, EventJson("a", 6));
  broker_.Log({kTopic, 0}).DeleteBefore(6);
  Follow();
  EXPECT_THAT(a.Take(), ElementsAre(R"(gap{"partition":0,"from":5,"to":6})", EventJson("a", 6)));
}

// As after a visit to another instance, which had already read more.
TEST_F(LiveEventsTest, APlaceAheadOfOursIsNotToldTwice) {
  Listener first;
  Join(&first);
  Post(0, EventJson("a", 0));
  Post(0, EventJson("a", 1));
  Listener second;
  Join(&second, "events/0@1,events/1@0");
  Follow();
  Post(1, EventJson("a", 2));
  Follow();
  EXPECT_THAT(second.Take(), ElementsAre(EventJson("a", 1), EventJson("a", 2)));
  EXPECT_EQ(second.last_id, "events/0@2,events/1@1");
}

TEST_F(LiveEventsTest, AQuietClientIsToldItsPlace) {
  Listener a;
  Join(&a);
  Post(0, EventJson("b", 0));
  Follow();
  a.Take();
  clock_.Advance(15'001);
  Follow();
  EXPECT_THAT(a.Take(), IsEmpty());
  EXPECT_EQ(a.last_id, "events/0@1,events/1@0");
}

// Clients that come, are slow, leave and resume at random, with next to nothing kept.
class LiveEventsRandomTest : public LiveEventsTest, public testing::WithParamInterface<int> {
 protected:
  static constexpr int kPartitions = 2;
  // One who listens, through all connections.
  struct Reader {
    std::unique_ptr<Listener> now;
    std::string id;
    std::map<int32_t, std::vector<int>> got;
    std::map<int32_t, size_t> before;  // how many were posted before the first time
  };

  LiveEventsRandomTest() : LiveEventsTest(/*kept_bytes=*/1'500) {}

  int Below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  void PostSome() {
    const int32_t partition = Below(kPartitions);
    for (int count = Below(4); count > 0; --count) {
      const int number = static_cast<int>(partition_of_.size());
      const bool wanted = Below(4) > 0;
      if (wanted) posted_[partition].push_back(number);
      partition_of_.push_back(partition);
      Post(partition, EventJson(wanted ? "a" : "b", number));
      ++not_followed_;
    }
  }
  void TakeSome(Reader* reader, int count) {
    for (const std::string& text : reader->now->Take(count)) {
      ASSERT_FALSE(text.starts_with("gap")) << text;
      const int number = std::stoi(text.substr(text.rfind(':') + 1));
      reader->got[partition_of_.at(static_cast<size_t>(number))].push_back(number);
    }
    if (!reader->now->last_id.empty()) reader->id = reader->now->last_id;
  }
  // Live clients must not be pushed over their limit.
  void FollowWithRoom() {
    for (Reader& reader : readers_) {
      if (reader.now && !reader.now->stream->HasRoom()) TakeSome(&reader, 1'000);
    }
    follower_.RunOnce(0);
    not_followed_ = 0;
  }
  void JoinAgain(Reader* reader) {
    reader->now = std::make_unique<Listener>(/*max_queued_bytes=*/8'000);
    if (reader->id.empty()) {
      FollowWithRoom();
      for (int32_t p = 0; p < kPartitions; ++p) reader->before[p] = posted_[p].size();
    }
    Join(reader->now.get(), reader->id);
    TakeSome(reader, 1);
  }
  void ComeOrLeave(Reader* reader) {
    if (!reader->now) {
      JoinAgain(reader);
    } else if (Below(3) == 0) {
      reader->now->stream->ClientEnd().reset();
      reader->now.reset();
    }
  }
  void Step() {
    Reader& reader = readers_[static_cast<size_t>(Below(static_cast<int>(readers_.size())))];
    const int what = Below(8);
    if (what == 0) {
      ComeOrLeave(&reader);
    } else if (what <= 2) {
      catch_up_.RunOnce();
    } else if (what <= 4) {
      PostSome();
    } else if (what == 5) {
      FollowWithRoom();
    } else if (reader.now) {
      TakeSome(&reader, Below(10));
    }
    if (not_followed_ > 20) FollowWithRoom();
    clock_.Advance(10);
  }

  std::mt19937 random_{static_cast<unsigned>(GetParam())};
  std::vector<int32_t> partition_of_;  // by number
  std::map<int32_t, std::vector<int>> posted_;
  int not_followed_ = 0;
  std::vector<Reader> readers_ = std::vector<Reader>(5);
};

TEST_P(LiveEventsRandomTest, EveryClientGetsEverythingOnceAndInOrder) {
  for (int step = 0; step < 2'000; ++step) {
    Step();
    for (Reader& reader : readers_) {
      if (reader.now) {
        ASSERT_EQ(reader.now->stream->state(), LiveStream::State::kOpen) << "step " << step;
      }
    }
    ASSERT_FALSE(HasFatalFailure());
  }
  for (Reader& reader : readers_) {
    if (!reader.now) JoinAgain(&reader);
  }
  for (int i = 0; i < 2'000; ++i) {
    FollowWithRoom();
    catch_up_.RunOnce();
    for (Reader& reader : readers_) TakeSome(&reader, 100);
  }
  for (Reader& reader : readers_) {
    for (int32_t p = 0; p < kPartitions; ++p) {
      const std::vector<int>& all = posted_[p];
      EXPECT_EQ(reader.got[p], std::vector<int>(all.begin() + static_cast<ptrdiff_t>(reader.before[p]), all.end()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LiveEventsRandomTest, testing::Range(1, 21));

}  // namespace
}  // namespace odometer
