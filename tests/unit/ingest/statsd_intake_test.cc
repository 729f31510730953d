#include "ingest/statsd_intake.h"

#include <gmock/gmock.h>

#include "tests/unit/ingest/ingest_fixture.h"

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StatsdIntakeTest : public IngestFixture {
 protected:
  std::vector<std::string> Written(StatsdIntake* intake, std::string_view lines) {
    producer_.produced.clear();
    intake->Take(lines);
    std::vector<std::string> values;
    for (const auto& record : producer_.produced) values.push_back(record.value);
    return values;
  }
  std::vector<std::string> Written(std::string_view lines) { return Written(&intake_, lines); }

  StatsdIntake intake_{StatsdOptions{.org = "acme"}, "metrics.events", &producer_, &clock_, &metrics_};
};

TEST_F(StatsdIntakeTest, WritesTheEventsOfAPacket) {
  EXPECT_THAT(Written("a:3|c|@0.1\n\nb:1:2.5|ms|#level:web,k:v\r\n"),
              ElementsAre(R"({"name":"a","type":"counter","value":30,"org":"acme"})",
                          R"({"name":"b","type":"timer","value":1,"level":"web","labels":{"k":"v"},"org":"acme"})",
                          R"({"name":"b","type":"timer","value":2.5,"level":"web","labels":{"k":"v"},"org":"acme"})"));
  EXPECT_EQ(producer_.produced[0].key, "a");
  EXPECT_EQ(producer_.produced[1].key, "web.b");
  EXPECT_EQ(producer_.produced[0].topic, "metrics.events");
  for (size_t i = 0; i < 3; ++i) producer_.Acknowledge(i, 0, static_cast<int64_t>(i));
  EXPECT_EQ(Accepted("statsd"), 3);
}

TEST_F(StatsdIntakeTest, AChangeOfAGaugeIsAppliedToItsLastValue) {
  EXPECT_THAT(Written("g:10|g\ng:+5|g\ng:-1.5|g"), ElementsAre(HasSubstr(":10,"), HasSubstr(":15,"), HasSubstr(":13.5,")));
  EXPECT_THAT(Written("g:+1|g|#k:v,a:b\ng:+1|g|#a:b,k:v"), ElementsAre(HasSubstr(":1,"), HasSubstr(":2,")))
      << "other tags, another gauge; in any order the same";
  EXPECT_THAT(Written("g:+1|g"), ElementsAre(HasSubstr(":14.5,")));
}

TEST_F(StatsdIntakeTest, WhatCannotBeWrittenChangesNoGauge) {
  const std::string too_long = "|#" + std::string(600, 'k');
  EXPECT_THAT(Written("g:5|g" + too_long), ElementsAre());
  EXPECT_THAT(Written("g:1.7e308|g\ng:+1.7e308|g\ng:-1e308|g"), ElementsAre(HasSubstr(":1.7e"), HasSubstr(":6.9")));
  EXPECT_EQ(Rejected("statsd", "bad_labels"), 1);
  EXPECT_EQ(Rejected("statsd", "bad_value"), 1);
}

TEST_F(StatsdIntakeTest, WritesAllOfManyLines) {
  producer_.capacity = 10'000;
  std::string lines;
  for (int i = 0; i < 3'001; ++i) lines += "a:" + std::to_string(i) + "|c\n";
  const std::vector<std::string> written = Written(lines);
  ASSERT_EQ(written.size(), 3'001u);
  EXPECT_THAT(written.back(), HasSubstr(R"("value":3000,)"));
}

TEST_F(StatsdIntakeTest, CountsWhatIsRefused) {
  EXPECT_THAT(Written("_e{1,1}:a|b\n_sc|redis|0\nnonsense\na:1|c\n\xff:1|c\n__overflow__:1|c"),
              ElementsAre(HasSubstr(R"("name":"a")")));
  intake_.Refuse(RejectReason::kTooLarge, "a");
  EXPECT_EQ(Rejected("statsd", "unsupported"), 2);
  EXPECT_EQ(Rejected("statsd", "malformed"), 2);
  EXPECT_EQ(Rejected("statsd", "bad_name"), 1);
  EXPECT_EQ(Rejected("statsd", "too_large"), 1);
}

TEST_F(StatsdIntakeTest, CountsWhatCouldNotBeDelivered) {
  producer_.capacity = 1;
  EXPECT_EQ(Written("a:1|c\nb:1|c\nc:1|c").size(), 1u);
  producer_.Fail(0, Status::Recover("gone"));
  EXPECT_EQ(Rejected("statsd", "busy"), 2);
  EXPECT_EQ(Rejected("statsd", "maybe_written"), 1);
  EXPECT_EQ(Accepted("statsd"), 0);
}

TEST_F(StatsdIntakeTest, ReportsMayComeWhenItIsGone) {
  {
    StatsdIntake gone({}, "metrics.events", &producer_, &clock_, &metrics_);
    EXPECT_THAT(Written(&gone, "a:1|c"), ElementsAre(R"({"name":"a","type":"counter","value":1})"));
  }
  producer_.Acknowledge(0, 0, 0);
  EXPECT_EQ(Accepted("statsd"), 1);
}

TEST_F(StatsdIntakeTest, ForgetsGaugesPastItsBound) {
  StatsdIntake small({.gauge_bytes = 1000}, "metrics.events", &producer_, &clock_, &metrics_);
  producer_.capacity = 1000;
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "g" + std::to_string(i) + ":5|g\n";
  EXPECT_EQ(Written(&small, lines).size(), 100u);
  EXPECT_THAT(Written(&small, "g0:+1|g"), ElementsAre(HasSubstr(":1}")));
  EXPECT_GT(metrics_.Counter("odometer_statsd_forgotten_gauges_total",
                             "Gauges whose last value made room for others: a change of one begins at 0.").Value(), 90);
}

}  // namespace
}  // namespace odometer
