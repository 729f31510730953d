#include "webhook/deliveries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fake_poster.h"
#include "webhook/signature.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr int64_t kHourMs = 3'600'000;
constexpr char kSlow[] = "http://h/slow";
constexpr char kGood[] = "http://h/good";
constexpr char kSecret[] = "a secret of some length";

class DeliveriesTest : public ::testing::Test {
 protected:
  static DeliveryOptions Options() {
    DeliveryOptions options;
    options.targets = {{"slow", kSlow, "h"}, {"good", kGood, "h"}};
    options.secret = kSecret;
    options.max_queued_alerts = 4;
    return options;
  }

  void Make(const DeliveryOptions& options = Options()) {
    deliveries_.emplace(options, &poster_, &clock_, [] { return 0.0; }, &webhook_metrics_);
    deliveries_->Assign(0, 0);
    deliveries_->Assign(1, 0);
  }

  // Its id is "<partition>-<offset>".
  void Alert(const std::string& org, int32_t partition, int64_t offset, size_t padding = 0,
             std::optional<int64_t> timestamp_ms = {}) {
    Record(R"({"id":")" + std::to_string(partition) + "-" + std::to_string(offset) + R"(","org":")" + org + R"(","name":")" +
               std::string(padding, 'x') + R"("})",
           partition, offset, timestamp_ms);
  }
  void Record(const std::string& body, int32_t partition, int64_t offset, std::optional<int64_t> timestamp_ms = {}) {
    RecordView record;
    record.partition = partition;
    record.offset = offset;
    record.timestamp_ms = timestamp_ms.value_or(clock_.WallMs());
    record.value = body;
    deliveries_->OnRecord(record);
  }
  void Step() { deliveries_->Step(0); }
  void Answer(const std::string& url, PostOutcome outcome) {
    poster_.Answer(url, outcome);
    Step();
  }
  double Metric(const std::string& name) {
    const std::string text = metrics_.Text();
    const size_t at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }
  double Ended(const std::string& outcome) { return Metric("odometer_webhook_alerts_total{outcome=\"" + outcome + "\"}"); }

  ManualClock clock_;
  Metrics metrics_;
  WebhookMetrics webhook_metrics_{&metrics_};
  FakePoster poster_;
  std::optional<Deliveries> deliveries_;
};

TEST_F(DeliveriesTest, PostsAnAlertAsItIsSigned) {
  Make();
  Alert("good", 0, 0);
  Step();
  ASSERT_EQ(poster_.open.size(), 1u);
  const FakePoster::Post& post = poster_.open.front();
  EXPECT_EQ(post.request.url, kGood);
  EXPECT_EQ(post.request.body, R"({"id":"0-0","org":"good","name":""})");
  EXPECT_EQ(post.id(), "0-0");
  EXPECT_EQ(post.Header("Content-Type"), "application/json");
  EXPECT_EQ(post.Header("Odometer-Timestamp"), "1700000000");
  EXPECT_EQ(post.Header("Odometer-Signature"), WebhookSignature(kSecret, 1'700'000'000, post.request.body));
}

TEST_F(DeliveriesTest, OneOfAnOrgAtATimeInOrderAndOrgsSideBySide) {
  Make();
  Alert("slow", 0, 0);
  Alert("slow", 0, 1);
  Alert("good", 0, 2);
  Step();
  EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("0-0"));
  EXPECT_THAT(poster_.OpenTo(kGood), ElementsAre("0-2"));
  Answer(kGood, PostOutcome::kDelivered);
  EXPECT_EQ(Ended("delivered"), 1);
  EXPECT_THAT(deliveries_->DeliveredTo(), ElementsAre(Pair(0, 0), Pair(1, 0))) << "the first is not delivered";
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("0-1"));
  EXPECT_THAT(deliveries_->DeliveredTo(), ElementsAre(Pair(0, 1), Pair(1, 0)));
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_THAT(deliveries_->DeliveredTo(), ElementsAre(Pair(0, 3), Pair(1, 0)));
  EXPECT_FALSE(deliveries_->posting());
}

TEST_F(DeliveriesTest, TriesAgainUnderTheSameIdAfterAGrowingTime) {
  Make();
  Alert("slow", 0, 0);
  Alert("slow", 0, 1);
  Step();
  for (int64_t wait_ms : {500, 1'000, 2'000}) {
    Answer(kSlow, PostOutcome::kStatus);
    EXPECT_THAT(poster_.OpenTo(kSlow), IsEmpty());
    clock_.Advance(wait_ms - 1);
    Step();
    EXPECT_THAT(poster_.OpenTo(kSlow), IsEmpty()) << wait_ms;
    clock_.Advance(1);
    Step();
    EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("0-0")) << wait_ms;
  }
  EXPECT_EQ(poster_.open.front().Header("Odometer-Timestamp"), "1700000003") << "of this attempt";
  EXPECT_EQ(deliveries_->backlog().failing_orgs, 1u);
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("0-1")) << "no waiting after a success";
  Answer(kSlow, PostOutcome::kTimeout);
  clock_.Advance(500);
  Step();
  EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("0-1")) << "it begins with the shortest time again";
}

TEST_F(DeliveriesTest, AnOrgThatTakesNothingHoldsUpNobodyAndLosesNothing) {
  Make();
  std::vector<std::string> log;  // the orgs of partition 0
  for (int i = 0; i < 20; ++i) log.push_back(i % 2 == 0 ? "slow" : "good");
  int64_t position = 0;
  std::vector<std::string> delivered;
  bool slow_is_dead = true;
  poster_.answers_at_once = [&](const FakePoster::Post& post) -> std::optional<PostOutcome> {
    return post.request.url == kSlow && slow_is_dead ? PostOutcome::kConnection : PostOutcome::kDelivered;
  };
  auto run = [&] {
    for (int round = 0; round < 200; ++round) {
      for (const auto& [partition, from] : deliveries_->TakeRewinds()) position = from;
      if (position < static_cast<int64_t>(log.size())) {
        Alert(log[static_cast<size_t>(position)], 0, position);
        ++position;
      }
      Step();
      clock_.Advance(10'000);
    }
  };
  run();
  EXPECT_EQ(Ended("delivered"), 10) << "all of good's";
  EXPECT_EQ(deliveries_->backlog().alerts, 4u) << "bounded";
  EXPECT_EQ(deliveries_->DeliveredTo().at(0), 0);
  slow_is_dead = false;
  run();
  EXPECT_EQ(Ended("delivered"), 20) << "each once";
  EXPECT_EQ(deliveries_->DeliveredTo().at(0), 20);
  std::vector<std::string> slow_ids;
  for (const PostRequest& request : poster_.begun) {
    const std::string id = FakePoster::Post{0, request}.id();
    if (request.url == kSlow && (slow_ids.empty() || slow_ids.back() != id)) slow_ids.push_back(id);
  }
  EXPECT_THAT(slow_ids, ElementsAre("0-0", "0-2", "0-4", "0-6", "0-8", "0-10", "0-12", "0-14", "0-16", "0-18"));
}

TEST_F(DeliveriesTest, QueuesAreBoundedInBytesAndTakeOneAlertOfAnySize) {
  DeliveryOptions options = Options();
  options.max_queued_bytes = 1'000;
  Make(options);
  Alert("slow", 0, 0, 5'000);
  Alert("slow", 0, 1);
  EXPECT_EQ(deliveries_->backlog().alerts, 1u);
  EXPECT_THAT(deliveries_->TakeRewinds(), IsEmpty());
  Step();
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_THAT(deliveries_->TakeRewinds(), ElementsAre(Pair(0, 1)));
  Alert("slow", 0, 1);
  Alert("slow", 0, 2, 5'000);
  EXPECT_EQ(deliveries_->backlog().alerts, 1u);
  EXPECT_THAT(deliveries_->TakeRewinds(), IsEmpty()) << "there is some room, but not for that one";
  EXPECT_EQ(deliveries_->DeliveredTo().at(0), 1);
}

TEST_F(DeliveriesTest, GivesUpWhatIsOldOnceAttemptsFail) {
  Make();
  Alert("slow", 0, 0);
  clock_.Advance(kHourMs);
  Alert("slow", 0, 1);
  clock_.Advance(23 * kHourMs);
  Step();
  EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("0-0")) << "old, but nobody has tried yet";
  EXPECT_EQ(Ended("given_up"), 0);
  Answer(kSlow, PostOutcome::kAddress);
  EXPECT_EQ(Ended("given_up"), 1);
  EXPECT_EQ(deliveries_->DeliveredTo().at(0), 1);
  clock_.Advance(kHourMs - 1);
  Step();
  EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("0-1"));
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_EQ(Ended("given_up"), 1);
  EXPECT_EQ(Ended("delivered"), 1);
}

TEST_F(DeliveriesTest, WhatIsOldWhenItIsReadIsGivenUpOnlyWhileAttemptsFail) {
  Make();
  const int64_t long_ago = clock_.WallMs() - 25 * kHourMs;
  Alert("slow", 0, 0, 0, long_ago);
  Step();
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_EQ(Ended("delivered"), 1) << "as after a long time without this process";
  Alert("slow", 0, 1);
  Step();
  Answer(kSlow, PostOutcome::kStatus);
  Alert("slow", 0, 2, 0, long_ago);
  EXPECT_EQ(Ended("given_up"), 1);
  EXPECT_EQ(deliveries_->backlog().alerts, 1u);
}

TEST_F(DeliveriesTest, CountsOnceWhatIsOfNobody) {
  Make();
  Record("nonsense", 0, 0);
  Alert("other", 0, 1);
  for (int64_t offset = 2; offset < 7; ++offset) Alert("slow", 0, offset);
  deliveries_->OnPassed(0, 9);
  EXPECT_EQ(deliveries_->DeliveredTo().at(0), 2);
  for (int i = 0; i < 4; ++i) {
    Step();
    Answer(kSlow, PostOutcome::kDelivered);
  }
  EXPECT_THAT(deliveries_->TakeRewinds(), ElementsAre(Pair(0, 6)));
  EXPECT_EQ(deliveries_->DeliveredTo().at(0), 6);
  Record("nonsense", 0, 0);
  Alert("other", 0, 1);
  EXPECT_EQ(Ended("malformed"), 1);
  EXPECT_EQ(Ended("no_webhook"), 1);
}

TEST_F(DeliveriesTest, DropsARevokedPartitionAndWhatItsResultWouldSay) {
  Make();
  Alert("slow", 0, 0);
  Alert("slow", 1, 0);
  Step();
  deliveries_->Revoke(0);
  EXPECT_TRUE(deliveries_->posting());
  EXPECT_THAT(deliveries_->DeliveredTo(), ElementsAre(Pair(1, 0)));
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_EQ(deliveries_->DeliveredTo().at(1), 0) << "it was not the one that is first now";
  EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("1-0"));
  Alert("slow", 0, 1);
  EXPECT_EQ(deliveries_->backlog().alerts, 1u) << "no longer ours";
  deliveries_->Assign(0, 0);
  Alert("slow", 0, 0);
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_THAT(poster_.OpenTo(kSlow), ElementsAre("0-0")) << "once more";
}

TEST_F(DeliveriesTest, OrgsTakeTurnsWhereNotAllFit) {
  DeliveryOptions options = Options();
  options.max_posts = 1;
  Make(options);
  for (int64_t offset = 0; offset < 4; ++offset) Alert(offset % 2 == 0 ? "slow" : "good", 0, offset);
  Step();
  std::vector<std::string> ids;
  while (!poster_.open.empty()) {
    ASSERT_EQ(poster_.open.size(), 1u);
    ids.push_back(poster_.open.front().id());
    Answer(poster_.open.front().request.url, PostOutcome::kDelivered);
  }
  EXPECT_THAT(ids, ElementsAre("0-1", "0-0", "0-3", "0-2"));
}

TEST_F(DeliveriesTest, BeginsNoMoreWhenTold) {
  Make();
  Alert("slow", 0, 0);
  Alert("slow", 0, 1);
  Step();
  deliveries_->BeginNoMore();
  Answer(kSlow, PostOutcome::kDelivered);
  EXPECT_FALSE(deliveries_->posting());
  EXPECT_EQ(deliveries_->DeliveredTo().at(0), 1);
}

}  // namespace
}  // namespace odometer
