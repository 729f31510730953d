// Lines of statsd. What a line says, the decoder takes, or refuses for its limits.
#include "common/encoding/statsd_line.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/fuzz/encoded_event.h"

namespace odometer {

void TestInput(std::string_view input) {
  TestEncodedEvent(Encoding::kStatsd, input);
  size_t bytes = 0;
  for (std::string_view text = input; !text.empty();) {
    const size_t before = text.size();
    const std::string_view line = TakeStatsdLine(&text);
    ODOMETER_FUZZ_REQUIRE(text.size() < before && line.find('\n') == std::string_view::npos);
    bytes += before - text.size();
    StatsdLine parsed;
    if (ParseStatsdLine(line, &parsed) != RejectReason::kNone) continue;
    ODOMETER_FUZZ_REQUIRE(!parsed.name.empty() && !parsed.values.empty());
    for (const StatsdValue& value : parsed.values) {
      ODOMETER_FUZZ_REQUIRE(std::isfinite(value.number.AsDouble()));
      std::string json;
      StatsdEventToJson(parsed, value, &json);
      const nlohmann::json event = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
      // Discarded: text that is not UTF-8.
      ODOMETER_FUZZ_REQUIRE(event.is_discarded() || (event.is_object() && event["name"] == std::string(parsed.name)));
    }
  }
  ODOMETER_FUZZ_REQUIRE(bytes == input.size());
}

}  // namespace odometer
