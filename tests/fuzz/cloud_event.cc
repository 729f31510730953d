// CloudEvents whose data is an event: structured ones, and the data of binary ones. The first byte says which.
#include "common/encoding/cloud_event.h"

#include <nlohmann/json.hpp>

#include "tests/fuzz/encoded_event.h"

namespace odometer {
namespace {

// Data that the decoder takes it also takes with what the envelope says, as the same event but for its time and id.
void TestData(std::string_view data) {
  static EventDecoder decoder, other_decoder;
  constexpr int64_t kRecordTsMs = 1'700'000'000'000;
  Event event;
  const RejectReason reason = decoder.Decode(data, kRecordTsMs, &event);
  std::string json;
  ODOMETER_FUZZ_REQUIRE(AddCloudAttributes({"1.0", "7", "/shop", "2023-11-14T22:13:19Z"}, data, &json) ==
                        RejectReason::kNone);
  Event with;
  const RejectReason reason_with = other_decoder.Decode(json, kRecordTsMs, &with);
  if (json.size() > kMaxEventBytes) return;
  ODOMETER_FUZZ_REQUIRE(reason_with == reason);
  if (reason != RejectReason::kNone) return;
  ODOMETER_FUZZ_REQUIRE(with.name == event.name && with.type == event.type && with.org == event.org);
  ODOMETER_FUZZ_REQUIRE(with.labels == event.labels && with.value == event.value);
  ODOMETER_FUZZ_REQUIRE(event.ts_ms == with.ts_ms || (event.ts_ms == kRecordTsMs && with.ts_ms == kRecordTsMs - 1000));
  ODOMETER_FUZZ_REQUIRE(event.id == with.id || (event.id.empty() && with.id == "/shop 7"));
}

}  // namespace

void TestInput(std::string_view input) {
  const bool structured = TakeByte(&input) % 2 == 0;
  if (structured) return TestEncodedEvent(Encoding::kCloudEvent, input);
  TestData(input);
}

}  // namespace odometer
