// The decoder against schemas/golden/events.json, the table that also checks the JSON Schema
// (tests/schema/check_event_schema.py).
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "common/model/event_decoder.h"

namespace odometer {
namespace {

using nlohmann::json;

json ToJson(const Event& event) {
  json labels = json::object();
  for (const Label& label : event.labels) labels[std::string(label.name)] = label.value;
  const std::string value = event.type == MetricType::kSet ? std::string(event.member) : event.value.ToJson();
  return {{"name", event.name}, {"type", MetricTypeName(event.type)}, {"value", value}, {"ts", event.ts_ms},
          {"labels", labels},   {"org", event.org},                   {"id", event.id}};
}

TEST(EventGoldenTest, DecoderAgreesWithTheTable) {
  std::ifstream file(ODOMETER_GOLDEN_DIR "/events.json");
  json cases = json::parse(file);
  ASSERT_GT(cases.size(), 100u);
  EventDecoder decoder;
  for (const json& c : cases) {
    std::string record = c["record"];
    Event event;
    RejectReason reason = decoder.Decode(record, c["record_ts_ms"].get<int64_t>(), &event);
    std::string expected = c.value("reason", "none");
    EXPECT_EQ(RejectReasonName(reason), expected) << record.substr(0, 200);
    if (reason == RejectReason::kNone && c.contains("event")) {
      EXPECT_EQ(ToJson(event), c["event"]) << record.substr(0, 200);
    }
  }
}

}  // namespace
}  // namespace odometer
