// What must hold for whatever rules give.
#pragma once

#include "cli/rules/rules_text.h"
#include "common/model/event_decoder.h"
#include "rules/evaluator.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {

// An event of rules is one that the input topic takes: written as JSON it is accepted, and means the same.
inline void RequireEvent(const Event& event, int64_t record_ts_ms) {
  static EventDecoder decoder;
  Event again;
  ODOMETER_FUZZ_REQUIRE(decoder.Decode(cli::EventJson(event), record_ts_ms, &again) == RejectReason::kNone);
  ODOMETER_FUZZ_REQUIRE(again.org == event.org && again.name == event.name && again.type == event.type);
  ODOMETER_FUZZ_REQUIRE(again.value == event.value && again.ts_ms == event.ts_ms && again.labels == event.labels);
  ODOMETER_FUZZ_REQUIRE(event.counted && event.id.empty());
}

inline void RequireEvents(rules::Evaluator* evaluator, std::string_view record, size_t topic) {
  constexpr int64_t kRecordTsMs = 1'700'000'000'000;
  const RejectReason reason = evaluator->Evaluate(record, kRecordTsMs, topic);
  ODOMETER_FUZZ_REQUIRE(reason == evaluator->rejection().reason);
  ODOMETER_FUZZ_REQUIRE(reason == RejectReason::kNone || evaluator->events().empty());
  for (const Event& event : evaluator->events()) RequireEvent(event, kRecordTsMs);
}

}  // namespace odometer
