// Events in MessagePack. What JSON the bytes become is the value that the library itself would read.
#include <nlohmann/json.hpp>

#include "tests/fuzz/encoded_event.h"

namespace odometer {

void TestInput(std::string_view input) {
  TestEncodedEvent(Encoding::kMessagePack, input);
  std::string text;
  if (EventToJson(Encoding::kMessagePack, input, &text) != RejectReason::kNone) return;
  const nlohmann::json value = nlohmann::json::from_msgpack(input, /*strict=*/true, /*allow_exceptions=*/false);
  const nlohmann::json read = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  // Text that is not UTF-8 is none as JSON.
  if (!read.is_discarded()) ODOMETER_FUZZ_REQUIRE(read == value);
}

}  // namespace odometer
