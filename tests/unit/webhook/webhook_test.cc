#include "webhook/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "common/kafka/memory_broker.h"
#include "fake_poster.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

constexpr char kTopic[] = "metrics.alerts";
constexpr char kGroup[] = "odometer-webhook";
constexpr char kUrl[] = "http://h/";

class WebhookTest : public ::testing::Test {
 protected:
  // Another process; the one before is gone as by kill -9.
  void StartProcess(const std::string& instance = "odometer-1") {
    webhook_.reset();
    consumer_ = broker_.NewConsumer({.group_id = kGroup, .instance_id = instance, .client_id = instance});
    poster_ = std::make_unique<FakePoster>();
    poster_->answers_at_once = [this](const FakePoster::Post& post) -> std::optional<PostOutcome> {
      if (held_) return std::nullopt;
      received_.push_back(post.id());
      return PostOutcome::kDelivered;
    };
    WebhookOptions options;
    options.delivery.targets = {{"acme", kUrl, "h"}};
    options.delivery.secret = "a secret of some length";
    options.delivery.max_queued_alerts = 10;
    webhook_ = std::make_unique<Webhook>(options, WebhookParts{consumer_.get(), admin_.get(), poster_.get(), &clock_,
                                                              [] { return 0.0; }, &webhook_metrics_});
    EXPECT_TRUE(webhook_->Start().ok());
  }
  Status Run(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      ODOMETER_RETURN_IF_ERROR(webhook_->RunOnce());
      clock_.Advance(100);
    }
    return Status::Ok();
  }
  void Append(int alerts, int32_t partition = 0) {
    for (int i = 0; i < alerts; ++i) {
      ids_.push_back("a" + std::to_string(ids_.size()));
      const std::string body = R"({"id":")" + ids_.back() + R"(","org":"acme"})";
      broker_.Append({kTopic, partition}, OutRecord{.key = "acme/X", .value = body});
    }
  }
  void CreateTopic() { broker_.CreateTopic({.name = kTopic, .partitions = 2}); }
  std::optional<int64_t> Committed(int32_t partition = 0) { return broker_.CommittedOffset(kGroup, {kTopic, partition}); }

  ManualClock clock_;
  Metrics metrics_;
  WebhookMetrics webhook_metrics_{&metrics_};
  MemoryBroker broker_{&clock_};
  std::unique_ptr<Admin> admin_ = broker_.NewAdmin();
  std::unique_ptr<Consumer> consumer_;
  std::unique_ptr<FakePoster> poster_;
  std::unique_ptr<Webhook> webhook_;
  std::vector<std::string> ids_;
  std::vector<std::string> received_;
  bool held_ = false;  // requests stay open
};

TEST_F(WebhookTest, DeliversFromTheOldestAlertOnAndCommits) {
  CreateTopic();
  Append(3);
  StartProcess();
  EXPECT_THAT(webhook_->NotReadyReasons(), ElementsAre("not in the group yet"));
  ASSERT_TRUE(Run(20).ok());
  EXPECT_EQ(received_, ids_);
  EXPECT_EQ(Committed(), 3);
  EXPECT_EQ(Committed(1), std::nullopt) << "nothing to commit";
  EXPECT_THAT(webhook_->NotReadyReasons(), IsEmpty());
  Append(1);
  ASSERT_TRUE(Run(10).ok());
  EXPECT_EQ(received_, ids_);
  webhook_->Shutdown();
  EXPECT_EQ(Committed(), 4);
}

TEST_F(WebhookTest, WaitsForTheTopic) {
  consumer_ = broker_.NewConsumer({.group_id = kGroup});
  FakePoster poster;
  Webhook webhook({}, {consumer_.get(), admin_.get(), &poster, &clock_, [] { return 0.0; }, &webhook_metrics_});
  const Status status = webhook.Start();
  EXPECT_TRUE(status.Is(ErrorKind::kRetry));
  EXPECT_THAT(status.message(), HasSubstr("metrics.alerts does not exist"));
}

TEST_F(WebhookTest, AfterAKillEveryAlertIsDeliveredAtLeastOnce) {
  CreateTopic();
  Append(25);
  StartProcess();
  for (int killed = 0; killed < 20; ++killed) {
    ASSERT_TRUE(Run(killed).ok());
    held_ = true;
    ASSERT_TRUE(Run(1).ok());
    held_ = false;
    broker_.ExpireMember(kGroup, "odometer-1");
    Append(1);
    StartProcess();
  }
  ASSERT_TRUE(Run(60).ok());
  EXPECT_THAT(received_, IsSupersetOf(ids_));
  EXPECT_EQ(Committed(), 45);
}

TEST_F(WebhookTest, WhatIsUnderWayIsWaitedForWhenItStops) {
  CreateTopic();
  Append(2);
  StartProcess();
  held_ = true;
  ASSERT_TRUE(Run(5).ok());
  poster_->Answer(kUrl, PostOutcome::kDelivered);
  webhook_->Shutdown();
  EXPECT_EQ(Committed(), 1) << "and nothing else begins";
  EXPECT_FALSE(webhook_->NotReadyReasons().empty());
}

TEST_F(WebhookTest, GivesUpPartitionsToAnotherMember) {
  CreateTopic();
  Append(4, 0);
  Append(4, 1);
  StartProcess();
  ASSERT_TRUE(Run(20).ok());
  std::unique_ptr<Consumer> other = broker_.NewConsumer({.group_id = kGroup, .client_id = "other"});
  ASSERT_TRUE(other->Subscribe({kTopic}).ok());
  struct Events : ConsumerEvents {
    void OnRecord(const RecordView&) override {}
    void OnAssigned(const std::vector<TopicPartition>& partitions) override { assigned = partitions; }
    void OnRevoked(const std::vector<TopicPartition>&) override {}
    void OnLost(const std::vector<TopicPartition>&) override {}
    std::vector<TopicPartition> assigned;
  } events;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(other->Poll(0, &events).ok());
    ASSERT_TRUE(Run(1).ok());
  }
  ASSERT_EQ(events.assigned.size(), 1u);
  const int32_t given = events.assigned.front().partition;
  Append(1, given);
  Append(1, 1 - given);
  ASSERT_TRUE(Run(20).ok());
  EXPECT_EQ(Committed(given), 4);
  EXPECT_EQ(Committed(1 - given), 5);
}

TEST_F(WebhookTest, GoesOnAfterPassingTrouble) {
  CreateTopic();
  Append(3);
  for (BrokerCall call : {BrokerCall::kCommitted, BrokerCall::kOffsets, BrokerCall::kCommitOffsets}) {
    broker_.InjectFault(call, {.kind = ErrorKind::kRetry});
  }
  StartProcess();
  ASSERT_TRUE(Run(60).ok());
  EXPECT_EQ(received_, ids_);
  EXPECT_EQ(Committed(), 3);
}

TEST_F(WebhookTest, SaysWhenItCannotGoOn) {
  CreateTopic();
  Append(3);
  StartProcess();
  broker_.InjectFault(BrokerCall::kCommitOffsets, {.kind = ErrorKind::kRecover});
  EXPECT_TRUE(Run(60).Is(ErrorKind::kRecover));
}

TEST_F(WebhookTest, ACommittedOffsetThatIsNotInTheLogBeginsAtTheOldest) {
  CreateTopic();
  Append(3);
  StartProcess();
  ASSERT_TRUE(Run(20).ok());
  CreateTopic();  // again: empty
  Append(2);
  broker_.ExpireMember(kGroup, "odometer-1");
  StartProcess();
  ASSERT_TRUE(Run(20).ok());
  EXPECT_EQ(received_, ids_);
}

}  // namespace
}  // namespace odometer
