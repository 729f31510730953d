#include "cli/control/process_report.h"

#include <gtest/gtest.h>

#include "cli/control/readiness.h"

namespace odometer::cli {
namespace {

ProcessReport Running(ProcessState state) {
  return {.name = "processor",
          .state = state,
          .pid = 71,
          .started_ms = 1'451'703'845'678,
          .age_ms = 7'523'000,
          .address = "127.0.0.1:8001",
          .lag_records = 12};
}

TEST(ProcessReport, IsALineForPeople) {
  EXPECT_EQ(ReportLine(Running(ProcessState::kReady)),
            "processor  ready, running since 2016-01-02T03:04:05Z (2 h 5 min), pid 71, http://127.0.0.1:8001, "
            "12 records behind");
  ProcessReport report = Running(ProcessState::kNotReady);
  report.address = "";
  report.lag_records.reset();
  report.age_ms = 61'000;
  report.reasons = {"restoring partition 1", "restoring partition 2"};
  EXPECT_EQ(ReportLine(report),
            "processor  not ready, running since 2016-01-02T03:04:05Z (1 min 1 s), pid 71: restoring partition 1; "
            "restoring partition 2");
  EXPECT_EQ(ReportLine({.name = "query"}), "query      not running");
  EXPECT_EQ(ReportLine({.name = "query", .reasons = {"why"}}), "query      not running: why");
}

TEST(ProcessReport, IsAnObjectForPrograms) {
  EXPECT_EQ(ReportJson(Running(ProcessState::kReady)),
            R"({"name":"processor","running":true,"ready":true,"pid":71,"started_ms":1451703845000,)"
            R"("address":"127.0.0.1:8001","lag_records":12,"reasons":[]})");
  EXPECT_EQ(ReportJson({.name = "query", .reasons = {"bad \xff byte"}}),
            "{\"name\":\"query\",\"running\":false,\"ready\":false,\"reasons\":[\"bad \uFFFD byte\"]}");
}

TEST(ProcessReport, SumsUpInTheExitCode) {
  const ProcessReport ready{.state = ProcessState::kReady};
  const ProcessReport not_ready{.state = ProcessState::kNotReady};
  const ProcessReport not_running;
  EXPECT_EQ(ReportsCode({ready, ready}), 0);
  EXPECT_EQ(ReportsCode({ready, not_ready}), 1);
  EXPECT_EQ(ReportsCode({not_running, not_ready, ready}), 3);
}

TEST(Readyz, TellsItsReasons) {
  EXPECT_EQ(ReadyzReasons(503, R"({"status":"not ready","reasons":["a","b"]})"), (std::vector<std::string>{"a", "b"}));
  for (const char* body : {"", "busy", "[]", R"({"reasons":[]})", R"({"reasons":[1]})", R"({"reasons":"a"})"}) {
    EXPECT_EQ(ReadyzReasons(503, body), std::vector<std::string>{"/readyz answers 503"}) << body;
  }
}

TEST(SumOfLag, AddsAllPartitions) {
  EXPECT_EQ(SumOfLag("# TYPE odometer_lag_records gauge\nodometer_lag_records{partition=\"0\"} 1000003\n"
                     "odometer_lag_records{partition=\"1\"} 2e+06\nodometer_lag_seconds{partition=\"0\"} 7\n"),
            3'000'003);
  EXPECT_EQ(SumOfLag("odometer_lag_records{partition=\"0\"} 0"), 0);
  EXPECT_EQ(SumOfLag(""), std::nullopt);
  EXPECT_EQ(SumOfLag("other 1\n"), std::nullopt);
}

}  // namespace
}  // namespace odometer::cli
