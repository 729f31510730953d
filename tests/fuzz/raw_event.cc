// Bodies of raw events, as the topic has them and as they are posted.
#include "common/model/raw_event.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "common/model/event_decoder.h"
#include "common/model/timestamp.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {

void TestInput(std::string_view body) {
  static EventDecoder decoder;
  Event event;
  const RejectReason reason = decoder.DecodeRaw(body, &event);
  Event posted_event;
  EventDecoder::Post post;
  static EventDecoder other_decoder;
  const RejectReason posted = other_decoder.DecodeRaw(body, &posted_event, &post);
  // A post is judged by more.
  ODOMETER_FUZZ_REQUIRE(posted == reason || reason == RejectReason::kNone);
  if (std::optional<int64_t> ts_ms = ParseRawTs(body)) ODOMETER_FUZZ_REQUIRE(ParseRawTs(std::to_string(*ts_ms)) == ts_ms);
  if (reason != RejectReason::kNone) return;

  // What is let through is an object for others too.
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  ODOMETER_FUZZ_REQUIRE(json.is_object() && json.contains("name") && json.contains("value"));
  ODOMETER_FUZZ_REQUIRE(event.type == MetricType::kEvent);
  ODOMETER_FUZZ_REQUIRE(!event.counted || (!event.name.empty() && event.name.size() <= kMaxNameBytes));
  ODOMETER_FUZZ_REQUIRE(std::isfinite(event.value.AsDouble()));
  if (posted != RejectReason::kNone) return;
  ODOMETER_FUZZ_REQUIRE(posted_event.name == event.name && posted_event.counted == event.counted);
  ODOMETER_FUZZ_REQUIRE(!post.ts_ms || (*post.ts_ms >= kMinTimestampMs && *post.ts_ms <= kMaxTimestampMs));
}

}  // namespace odometer
