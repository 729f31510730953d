// What holds of an event in any encoding.
#pragma once

#include <string>
#include <string_view>

#include "common/encoding/event_json.h"
#include "common/model/event_decoder.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {

// The same bytes give the same JSON whatever was read before, and of a bounded size; what the decoder takes of it, it
// takes again.
inline void TestEncodedEvent(Encoding encoding, std::string_view bytes) {
  std::string json, again;
  const RejectReason reason = EventToJson(encoding, bytes, &json);
  ODOMETER_FUZZ_REQUIRE(EventToJson(encoding, bytes, &again) == reason);
  if (reason != RejectReason::kNone) return;
  ODOMETER_FUZZ_REQUIRE(json == again);
  ODOMETER_FUZZ_REQUIRE(json.size() <= 1024 + 24 * bytes.size());

  static EventDecoder decoder;
  constexpr int64_t kRecordTsMs = 1'700'000'000'000;
  Event event;
  const RejectReason judged = decoder.Decode(json, kRecordTsMs, &event);
  ODOMETER_FUZZ_REQUIRE(decoder.Decode(again, kRecordTsMs, &event) == judged);
}

}  // namespace odometer
