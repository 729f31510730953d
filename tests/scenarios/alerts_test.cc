// Events that are judged by definitions, through the processor as it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/model/raw_event.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

using nlohmann::json;

class AlertsTest : public ::testing::Test {
 protected:
  AlertsTest() {
    odometer_.CreateCommandTopics();
    odometer_.definitions = &table_;
    odometer_.Crash();
    odometer_.Start();
  }

  void Define(const std::string& org, const std::string& code, int64_t min, int64_t max, uint64_t version = 1,
              bool active = true) {
    CommandOutcome outcome;
    outcome.kind = version == 1 ? Command::Kind::kCreate : Command::Kind::kChange;
    outcome.org = org;
    outcome.code = code;
    outcome.offset = ++offset_;
    outcome.definition = Definition{.id = 7, .org = org, .code = code, .name = "Name", .min_reading = min,
                                    .max_reading = max, .active = active, .version = version, .revision = offset_};
    table_.Apply(outcome);
  }
  void Send(const std::string& value, const std::string& more = R"(,"type":"gauge")", const std::string& name = "TEMP",
            std::vector<Header> headers = {}) {
    odometer_.Send(0, R"({"name":")" + name + R"(","org":"acme","value":)" + value + R"(,"ts":)" + std::to_string(kT) + more + "}",
                   std::move(headers));
  }
  std::vector<json> Alerts() {
    std::vector<json> alerts;
    for (const MemoryRecord& record : odometer_.broker.CommittedRecords({kAlerts, 0})) {
      alerts.push_back(json::parse(record.value));
    }
    return alerts;
  }
  std::vector<std::string> Values() {
    std::vector<std::string> values;
    for (const json& alert : Alerts()) values.push_back(alert["event"]["value"].dump());
    return values;
  }

  DefinitionTable table_;
  ProcessorUnderTest odometer_{1};
  int64_t offset_ = 0;
};

TEST_F(AlertsTest, AnEventOutsideTheLimitsIsOne) {
  table_.SetReady(1);
  Define("acme", "TEMP", 0, 100, 2);
  Send("100");
  Send("100.5", R"(,"type":"timer","level":"kitchen","labels":{"a":"ä"})");
  ASSERT_TRUE(odometer_.Settle().ok());
  ASSERT_EQ(Alerts().size(), 1u);
  EXPECT_EQ(Alerts()[0], json::parse(R"({"id":"event-0-1","org":"acme","code":"TEMP","name":"Name","metric_id":7,"version":2,
      "min_reading":0,"max_reading":100,"event":{"partition":0,"offset":1,"type":"timer","value":100.5,"ts":)" +
                                     std::to_string(kT) + R"(,"labels":{"a":"ä","level":"kitchen"}}})"));
  EXPECT_EQ(odometer_.broker.CommittedRecords({kAlerts, 0})[0].key, "acme/TEMP");
  EXPECT_EQ(odometer_.Total("TEMP", MetricType::kTimer, "acme").count(), 1u) << "and it is counted";
}

TEST_F(AlertsTest, ValuesAreComparedExactly) {
  table_.SetReady(1);
  Define("acme", "TEMP", -5, 9'007'199'254'740'993);
  for (const char* value : {"-5", "-5.000001", "-6", "0", "9007199254740993", "9007199254740994", "18446744073709551615",
                            "1e300", "-1e300"}) {
    Send(value);
  }
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_THAT(Values(), testing::ElementsAre("-5.000001", "-6", "9007199254740994", "18446744073709551615", "1e+300",
                                             "-1e+300"));
}

TEST_F(AlertsTest, OnlyWhatIsCountedAndHasAnActiveDefinitionIsJudged) {
  table_.SetReady(1);
  Define("acme", "TEMP", 0, 100);
  Define("acme", "OFF", 0, 100, 1, /*active=*/false);
  Define("other", "ELSE", 0, 100);
  Send("101", "", "OFF");
  Send("101", "", "ELSE");
  Send("101", "", "temp");
  Send("101", R"(,"type":"event")");
  Send("101", R"(,"type":"gauge")", "TEMP", {{kKindHeader, kReadingKind}});
  Send("101", R"(,"id":"1")");
  Send("101", R"(,"id":"1")");
  Send("\"101\"");
  ASSERT_TRUE(odometer_.Settle().ok());
  ASSERT_EQ(Alerts().size(), 1u);
  EXPECT_EQ(Alerts()[0]["event"]["offset"], 5);
  EXPECT_EQ(odometer_.Total("TEMP", MetricType::kGauge, "acme").count(), 1u) << "a reading's event is counted";
}

TEST_F(AlertsTest, AChangeHoldsFromThenOn) {
  table_.SetReady(1);
  Define("acme", "TEMP", 0, 100);
  Send("50");
  ASSERT_TRUE(odometer_.Settle().ok());
  Define("acme", "TEMP", 0, 40, 2);
  Send("50");
  ASSERT_TRUE(odometer_.Settle().ok());
  ASSERT_EQ(Alerts().size(), 1u);
  EXPECT_EQ(Alerts()[0]["version"], 2);
}

TEST_F(AlertsTest, EventsWaitUntilTheDefinitionsAreKnown) {
  Send("101");
  EXPECT_FALSE(odometer_.Settle().ok());
  EXPECT_THAT(odometer_.NotReadyReasons(), testing::Contains(testing::HasSubstr("wait for the definitions")));
  Define("acme", "TEMP", 0, 100);
  table_.SetReady(1);
  ASSERT_TRUE(odometer_.Settle().ok());
  EXPECT_EQ(Alerts().size(), 1u);
}

// Killed, or failing, at each call that it makes to the broker: one alert for each event, whatever happens.
TEST_F(AlertsTest, EachIsWrittenOnceWhateverDies) {
  table_.SetReady(1);
  Define("acme", "TEMP", 0, 100);
  int sent = 0;
  for (BrokerCall call : {BrokerCall::kBegin, BrokerCall::kProduce, BrokerCall::kFlush, BrokerCall::kSendOffsets,
                          BrokerCall::kCommit}) {
    for (ErrorKind kind : {ErrorKind::kAbort, ErrorKind::kRecover}) {
      odometer_.broker.InjectFault(call, {.kind = kind, .effect = kind == ErrorKind::kRecover});
      Send("101");
      ++sent;
      for (int round = 0; round < 7; ++round) {
        if (!odometer_.Round().ok()) break;
      }
      odometer_.Crash();
      odometer_.Start();
      ASSERT_TRUE(odometer_.Settle().ok());
    }
  }
  std::set<std::string> ids;
  for (const json& alert : Alerts()) EXPECT_TRUE(ids.insert(alert["id"]).second) << alert["id"];
  EXPECT_EQ(ids.size(), static_cast<size_t>(sent));
}

}  // namespace
}  // namespace odometer
