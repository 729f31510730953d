// Records of the alerts' topic: an id that is let through can be an HTTP header.
#include "webhook/alert.h"

#include <algorithm>

#include "tests/fuzz/fuzz_target.h"

namespace odometer {

void TestInput(std::string_view body) {
  const std::optional<AlertHead> alert = ReadAlertHead(body);
  if (!alert) return;
  ODOMETER_FUZZ_REQUIRE(!alert->id.empty() && alert->id.size() <= 200);
  ODOMETER_FUZZ_REQUIRE(std::all_of(alert->id.begin(), alert->id.end(), [](char c) { return c > ' ' && c <= '~'; }));
}

}  // namespace odometer
