// Past a limit new series are folded into an overflow series: totals stay right, and the log alone decides.
#include <gtest/gtest.h>

#include <string>

#include "common/model/control.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

class Limited : public testing::Test {
 protected:
  explicit Limited() {
    odometer.limits = {.series = 5, .series_per_org = 3};
    Restart(false);
  }
  void Restart(bool disk_lost) {
    odometer.Crash();
    if (disk_lost) odometer.LoseStore();
    odometer.Start();
  }
  void Send(const std::string& name, const std::string& org = "default", const std::string& type = "counter") {
    odometer.Send(0, R"({"name":")" + name + R"(","org":")" + org + R"(","type":")" + type + R"(","ts":)" +
                         std::to_string(kT) + "}");
  }
  void Settle() {
    const Status status = odometer.Settle();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  Accounting Counted() { return odometer.Position().tasks.at(0).accounting; }
  uint64_t Count(const std::string& name, const std::string& org = "default", MetricType type = MetricType::kCounter) {
    return odometer.Total(name, type, org).count();
  }

  ProcessorUnderTest odometer{1};
};

TEST_F(Limited, ANewSeriesPastTheOrgsLimitIsFoldedIntoItsOverflowSeries) {
  for (const char* name : {"a", "b", "c", "d", "e", "d", "a"}) Send(name);
  Send("t", "default", "timer");
  Send("x", "other");
  Settle();
  EXPECT_EQ(Count("a"), 2u);
  EXPECT_EQ(Count("d"), 0u);
  EXPECT_EQ(Count("__overflow__"), 3u);
  EXPECT_EQ(Count("__overflow__", "default", MetricType::kTimer), 1u) << "one of each type";
  EXPECT_EQ(Count("x", "other"), 1u);
  const Accounting accounting = Counted();
  EXPECT_EQ(accounting.applied, 5u);
  EXPECT_EQ(accounting.overflowed, 4u);
  EXPECT_TRUE(accounting.Balanced());
  ASSERT_TRUE(odometer.Round().ok());
  EXPECT_EQ(odometer.Overflowed(0, "series_per_org"), 4);
  EXPECT_EQ(odometer.Overflowed(0, "series"), 0);
}

TEST_F(Limited, PastTheTasksLimitOrgsWithoutSeriesShareOne) {
  for (const char* name : {"a", "b", "c"}) Send(name);
  for (const char* name : {"a", "b", "c"}) Send(name, "other");
  Send("a", "third");
  Send("a", "fourth");
  Settle();
  EXPECT_EQ(Count("c", "other"), 0u);
  EXPECT_EQ(Count("__overflow__", "other"), 1u);
  EXPECT_EQ(Count("__overflow__", "third"), 0u);
  EXPECT_EQ(Count("__overflow__", "__overflow__"), 2u);
  ASSERT_TRUE(odometer.Round().ok());
  EXPECT_EQ(odometer.Overflowed(0, "series"), 3);
  EXPECT_EQ(odometer.Overflowed(0, "series_per_org"), 0);
}

TEST_F(Limited, TheSameIsDecidedAfterARestore) {
  for (bool disk_lost : {false, true}) {
    for (const char* name : {"a", "b"}) Send(name);
    Settle();
    Restart(disk_lost);
    for (const char* name : {"c", "d", "a"}) Send(name);
    Settle();
    Restart(disk_lost);
    for (const char* name : {"d", "c"}) Send(name);
    Settle();
  }
  EXPECT_EQ(Count("a"), 4u);
  EXPECT_EQ(Count("c"), 4u);
  EXPECT_EQ(Count("d"), 0u);
  EXPECT_EQ(Count("__overflow__"), 4u);
  EXPECT_EQ(Counted().overflowed, 4u);
}

TEST_F(Limited, AForgottenSeriesMakesRoom) {
  for (const char* name : {"a", "b", "c", "d"}) Send(name);
  odometer.Send(0, EncodeControl({.org = "default", .qualified_name = "b", .set = {}}), {{kControlHeader, "forget"}});
  for (const char* name : {"d", "e"}) Send(name);
  Settle();
  EXPECT_EQ(Count("d"), 1u);
  EXPECT_EQ(Count("__overflow__"), 2u);
}

TEST_F(Limited, WhatIsSetPastTheLimitIsFoldedToo) {
  for (const char* name : {"a", "b", "c"}) Send(name);
  Control control{.org = "default", .qualified_name = "d", .set = {}};
  control.set = Control::Set{};
  control.set->partition = 0;
  control.set->series = Series{"default", "d", MetricType::kCounter, {}};
  control.set->aggregate.count = 7;
  control.set->aggregate.first_ts_ms = control.set->aggregate.last_ts_ms = kT;
  odometer.Send(0, EncodeControl(control), {{kControlHeader, "set"}});
  Settle();
  EXPECT_EQ(Count("d"), 0u);
  EXPECT_EQ(Count("__overflow__"), 7u);
  EXPECT_EQ(Counted().overflowed, 1u);
  EXPECT_TRUE(Counted().Balanced());
}

TEST_F(Limited, AnOverflowedEventIsADuplicateToo) {
  for (const char* name : {"a", "b", "c"}) Send(name);
  for (int i = 0; i < 2; ++i) odometer.Send(0, EventWithId("1", "d", kT));
  Settle();
  EXPECT_EQ(Count("__overflow__"), 1u);
  EXPECT_EQ(Counted().duplicate, 1u);
}

TEST_F(Limited, TheOverflowSeriesNameAndOrgAreReserved) {
  Send("__overflow__");
  Send("a", "__overflow__");
  Settle();
  EXPECT_EQ(Counted().rejected_total(), 2u);
  EXPECT_EQ(Counted().rejected.at(static_cast<size_t>(RejectReason::kBadName)), 1u);
  EXPECT_EQ(Counted().rejected.at(static_cast<size_t>(RejectReason::kBadOrg)), 1u);
}

// One org's flood leaves the others' counts alone, and the state bounded.
TEST_F(Limited, AFloodOfOneOrgLeavesTheOthersAlone) {
  Send("mine", "quiet");
  for (int i = 0; i < 500; ++i) {
    Send("flood-" + std::to_string(i), "loud");
    if (i % 100 == 0) Send("mine", "quiet");
  }
  Settle();
  EXPECT_EQ(Count("mine", "quiet"), 6u);
  EXPECT_EQ(Count("__overflow__", "loud"), 497u);
  EXPECT_EQ(odometer.ChangelogRecords("series", 0), 5u);
}

}  // namespace
}  // namespace odometer
