// Records of the input topic as events. An accepted event keeps the limits that event_decoder.h names, and means the
// same when it is written again as JSON.
#include "common/model/event_decoder.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "common/model/timestamp.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

constexpr int64_t kRecordTsMs = 1'700'000'000'000;

// Throws, and so fails, for text that is not UTF-8.
std::string Quoted(std::string_view text) { return nlohmann::json(text).dump(); }

bool IsLevel(const Label& label) { return label.name == kLevelLabel; }

std::string ToJson(const Event& event) {
  const std::string value = event.type == MetricType::kSet ? Quoted(event.member) : event.value.ToJson();
  std::string json = "{\"name\":" + Quoted(event.name) + ",\"type\":" + Quoted(MetricTypeName(event.type)) +
                     ",\"value\":" + value + ",\"ts\":" + std::to_string(event.ts_ms) +
                     ",\"org\":" + Quoted(event.org) + ",\"id\":" + Quoted(event.id);
  std::string labels;
  for (const Label& label : event.labels) {
    // Apart, because it does not count towards the limit on labels.
    if (IsLevel(label)) {
      json += ",\"level\":" + Quoted(label.value);
    } else {
      labels += (labels.empty() ? "" : ",") + Quoted(label.name) + ":" + Quoted(label.value);
    }
  }
  return json + ",\"labels\":{" + labels + "}}";
}

void RequireLimits(const Event& event) {
  ODOMETER_FUZZ_REQUIRE(event.counted || event.type == MetricType::kEvent);
  ODOMETER_FUZZ_REQUIRE(!event.counted || (!event.name.empty() && event.name.size() <= kMaxNameBytes));
  ODOMETER_FUZZ_REQUIRE(!event.org.empty() && event.org.size() <= kMaxNameBytes);
  ODOMETER_FUZZ_REQUIRE(event.id.size() <= kMaxNameBytes);
  ODOMETER_FUZZ_REQUIRE(event.type >= MetricType::kCounter && event.type <= kLastMetricType);
  const bool has_member = event.type == MetricType::kSet;
  ODOMETER_FUZZ_REQUIRE(event.member.empty() != has_member && event.member.size() <= kMaxNameBytes);
  ODOMETER_FUZZ_REQUIRE(std::isfinite(event.value.AsDouble()));
  ODOMETER_FUZZ_REQUIRE(event.ts_ms >= kMinTimestampMs && event.ts_ms <= kRecordTsMs + kMaxFutureMs);
  ODOMETER_FUZZ_REQUIRE(event.labels.size() <= kMaxLabels + 1);
  for (size_t i = 0; i < event.labels.size(); ++i) {
    const Label& label = event.labels[i];
    ODOMETER_FUZZ_REQUIRE(label.name.size() <= kMaxNameBytes && label.value.size() <= kMaxNameBytes);
    ODOMETER_FUZZ_REQUIRE(i == 0 || event.labels[i - 1].name < label.name);
  }
}

bool SameEvent(const Event& a, const Event& b) {
  return a.org == b.org && a.name == b.name && a.type == b.type && a.value == b.value && a.member == b.member && a.ts_ms == b.ts_ms &&
         a.labels == b.labels && a.id == b.id;
}

}  // namespace

void TestInput(std::string_view record) {
  EventDecoder decoder;
  Event event;
  const RejectReason reason = decoder.Decode(record, kRecordTsMs, &event);
  ODOMETER_FUZZ_REQUIRE(RejectReasonName(reason) != "");

  // A decoder that has seen other records finds the same.
  static EventDecoder used_decoder;
  Event again;
  ODOMETER_FUZZ_REQUIRE(used_decoder.Decode(record, kRecordTsMs, &again) == reason);
  if (reason != RejectReason::kNone) return;
  ODOMETER_FUZZ_REQUIRE(SameEvent(event, again));

  RequireLimits(event);
  if (!event.counted) return;  // its name and value are anything
  ODOMETER_FUZZ_REQUIRE(used_decoder.Decode(ToJson(event), kRecordTsMs, &again) == RejectReason::kNone);
  ODOMETER_FUZZ_REQUIRE(SameEvent(event, again));
}

}  // namespace odometer
