#include "processor/instruments.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/model/event_decoder.h"

namespace odometer {
namespace {

class InstrumentsTest : public testing::Test {
 protected:
  // How much of that kind is counted; -1 when the metric is not there.
  double Events(const std::string& kind, const std::string& labels = R"({partition="7"})") {
    const std::string text = "\n" + metrics_.Text();
    const std::string line = "\nodometer_events_" + kind + "_total" + labels + " ";
    const size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
  }
  double Rejected(RejectReason reason) {
    return Events("rejected", R"({partition="7",reason=")" + std::string(RejectReasonName(reason)) + R"("})");
  }
  double Overflowed(const std::string& reason) {
    return Events("overflowed", R"({partition="7",reason=")" + reason + R"("})");
  }

  Metrics metrics_;
  Inputs inputs_{Input{"metrics.events", {}}};
  Instruments instruments_{&metrics_, &inputs_};
};

TEST_F(InstrumentsTest, EveryKindIsThereFromTheOpeningOfATaskOn) {
  instruments_.TaskOpened(7, {.accounting = {.consumed = 9, .applied = 9}}, 0, false);
  for (const char* kind : {"consumed", "applied", "duplicate", "late"}) EXPECT_EQ(Events(kind), 0) << kind;
  for (const char* reason : {"series_per_org", "series"}) EXPECT_EQ(Overflowed(reason), 0) << reason;
  for (int reason = 1; reason < kRejectReasons; ++reason) EXPECT_EQ(Rejected(static_cast<RejectReason>(reason)), 0);
}

TEST_F(InstrumentsTest, TellsHowFarRestoresAreWhileTheyAreUnderWay) {
  using Restoring = std::map<int32_t, int32_t>;
  instruments_.RestoreProgress(7, 0, 1);
  instruments_.RestoreProgress(8, 250, 1'000);
  EXPECT_EQ(instruments_.Restoring(), (Restoring{{7, 0}, {8, 250}}));
  instruments_.RestoreProgress(8, 1'001, 1'000);  // written meanwhile
  EXPECT_EQ(instruments_.Restoring(), (Restoring{{7, 0}, {8, 1'000}}));
  EXPECT_NE(metrics_.Text().find("\nodometer_restore_progress_ratio{partition=\"7\"} 0\n"), std::string::npos);
  instruments_.RestoreEnded(7);
  EXPECT_EQ(instruments_.Restoring(), (Restoring{{8, 1'000}}));
  EXPECT_NE(metrics_.Text().find("\nodometer_restore_progress_ratio{partition=\"7\"} 1\n"), std::string::npos);
}

TEST_F(InstrumentsTest, WhatACommitAddedIsCountedByKindAndReason) {
  instruments_.TaskOpened(7, {.accounting = {.consumed = 10, .applied = 10}}, 0, false);
  Epoch epoch;
  epoch.task = 7;
  epoch.ids = {{.slot = 0, .id = {}, .forgot = true}, {.slot = 1, .id = {}, .forgot = false}};
  epoch.meta.accounting = {.consumed = 31, .applied = 11, .duplicate = 2, .late = 3, .overflowed = 4};
  epoch.meta.accounting.rejected[static_cast<size_t>(RejectReason::kBadType)] = 5;
  epoch.meta.accounting.rejected[static_cast<size_t>(RejectReason::kBadControl)] = 6;
  epoch.overflowed[static_cast<size_t>(SeriesLimit::kOrg)] = 3;
  epoch.overflowed[static_cast<size_t>(SeriesLimit::kTask)] = 1;
  instruments_.TaskCommitted(epoch, 1);
  EXPECT_NE(metrics_.Text().find("\nodometer_ids_forgotten_total{partition=\"7\"} 1\n"), std::string::npos);
  epoch.ids.clear();
  epoch.overflowed = {};
  instruments_.TaskCommitted(epoch, 1);
  EXPECT_EQ(Events("consumed"), 21);
  EXPECT_EQ(Events("applied"), 1);
  EXPECT_EQ(Events("duplicate"), 2);
  EXPECT_EQ(Events("late"), 3);
  EXPECT_EQ(Overflowed("series_per_org"), 3);
  EXPECT_EQ(Overflowed("series"), 1);
  EXPECT_EQ(Rejected(RejectReason::kBadType), 5);
  EXPECT_EQ(Rejected(RejectReason::kBadControl), 6);
  EXPECT_EQ(Rejected(RejectReason::kMalformed), 0);
}

}  // namespace
}  // namespace odometer
