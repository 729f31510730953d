// Every record of schemas/golden/events.json that is JSON, in every encoding that can say it: the decoder finds the
// same event, or the same reason.
#include <gtest/gtest.h>
#include <metric_event.pb.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/encoding/event_json.h"
#include "common/model/event_decoder.h"

namespace odometer {
namespace {

using nlohmann::json;

struct Golden {
  std::string record;
  int64_t record_ts_ms;
  json value;
};

// Without those whose numbers are not what they were once they have been read: over 64 bits, or as doubles.
std::vector<Golden> GoldenRecords() {
  std::ifstream file(ODOMETER_GOLDEN_DIR "/events.json");
  std::vector<Golden> records;
  for (const json& c : json::parse(file)) {
    Golden golden{c["record"], c["record_ts_ms"].get<int64_t>(), {}};
    golden.value = json::parse(golden.record, nullptr, /*allow_exceptions=*/false);
    if (!golden.value.is_discarded()) records.push_back(std::move(golden));
  }
  return records;
}

// The event, or the reason why there is none.
std::string Decoded(const std::string& record, int64_t record_ts_ms) {
  EventDecoder decoder;
  Event event;
  const RejectReason reason = decoder.Decode(record, record_ts_ms, &event);
  if (reason != RejectReason::kNone) return std::string(RejectReasonName(reason));
  json labels = json::object();
  for (const Label& label : event.labels) labels[std::string(label.name)] = label.value;
  return json{{"name", event.name}, {"type", MetricTypeName(event.type)}, {"value", event.value.ToJson()},
              {"member", event.member},
              {"ts", event.ts_ms},  {"labels", labels},                   {"org", event.org},
              {"id", event.id},     {"counted", event.counted}}.dump();
}

std::string Decoded(Encoding encoding, std::string_view bytes, int64_t record_ts_ms) {
  std::string text;
  const RejectReason reason = EventToJson(encoding, bytes, &text);
  return reason == RejectReason::kNone ? Decoded(text, record_ts_ms) : std::string(RejectReasonName(reason));
}

TEST(SameEvent, InCbor) {
  size_t compared = 0;
  for (const Golden& golden : GoldenRecords()) {
    const std::vector<uint8_t> bytes = json::to_cbor(golden.value);
    const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    EXPECT_EQ(Decoded(Encoding::kCbor, view, golden.record_ts_ms), Decoded(golden.value.dump(), golden.record_ts_ms))
        << golden.record.substr(0, 200);
    ++compared;
  }
  EXPECT_GT(compared, 100u);
}

TEST(SameEvent, InMessagePack) {
  for (const Golden& golden : GoldenRecords()) {
    const std::vector<uint8_t> bytes = json::to_msgpack(golden.value);
    const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    EXPECT_EQ(Decoded(Encoding::kMessagePack, view, golden.record_ts_ms),
              Decoded(golden.value.dump(), golden.record_ts_ms))
        << golden.record.substr(0, 200);
  }
}

TEST(SameEvent, AsTheDataOfACloudEvent) {
  for (const Golden& golden : GoldenRecords()) {
    if (!golden.value.is_object() || golden.record.size() > 1'000'000) continue;  // the envelope would be too large
    const std::string envelope = R"({"specversion":"1.0","id":"","data":)" + golden.record + "}";
    EXPECT_EQ(Decoded(Encoding::kCloudEvent, envelope, golden.record_ts_ms), Decoded(golden.record, golden.record_ts_ms))
        << golden.record.substr(0, 200);
  }
}

// Nothing when the message has no field for something of it.
std::optional<v1::MetricEvent> ToMessage(const json& value) {
  static const std::map<std::string, v1::MetricEvent::Type> kTypes = {
      {"counter", v1::MetricEvent::COUNTER}, {"gauge", v1::MetricEvent::GAUGE}, {"meter", v1::MetricEvent::METER},
      {"timer", v1::MetricEvent::TIMER},     {"event", v1::MetricEvent::EVENT},
      {"set", v1::MetricEvent::SET}};
  v1::MetricEvent message;
  for (const auto& [key, member] : value.items()) {
    if (member.is_null() && key != "name" && key != "value") continue;
    if (key == "name" && member.is_string() && member != "") {
      message.set_name(member.get<std::string>());
    } else if (key == "type" && member.is_string() && kTypes.contains(member.get<std::string>())) {
      message.set_type(kTypes.at(member.get<std::string>()));
    } else if (key == "value" && member.is_number_integer() && (!member.is_number_unsigned() || member.get<uint64_t>() <= INT64_MAX)) {
      message.set_whole(member.get<int64_t>());
    } else if (key == "value" && member.is_number_float()) {
      message.set_fraction(member.get<double>());
    } else if (key == "value" && member.is_string()) {
      message.set_text(member.get<std::string>());
    } else if (key == "ts" && member.is_number_integer()) {
      message.set_ts_ms(member.get<int64_t>());
    } else if ((key == "level" || key == "org" || key == "id") && member.is_string() && member != "") {
      const std::string text = member.get<std::string>();
      if (key == "level") message.set_level(text);
      if (key == "org") message.set_org(text);
      if (key == "id") message.set_id(text);
    } else if (key == "labels" && member.is_object()) {
      for (const auto& [name, text] : member.items()) {
        if (!text.is_string()) return std::nullopt;
        (*message.mutable_labels())[name] = text.get<std::string>();
      }
    } else {
      return std::nullopt;
    }
  }
  return message;
}

TEST(SameEvent, InProtobuf) {
  size_t compared = 0;
  for (const Golden& golden : GoldenRecords()) {
    if (!golden.value.is_object()) continue;
    const std::optional<v1::MetricEvent> message = ToMessage(golden.value);
    if (!message) continue;
    ++compared;
    EXPECT_EQ(Decoded(Encoding::kProtobuf, message->SerializeAsString(), golden.record_ts_ms),
              Decoded(golden.value.dump(), golden.record_ts_ms))
        << golden.record.substr(0, 200);
  }
  EXPECT_GT(compared, 50u);
}

}  // namespace
}  // namespace odometer
